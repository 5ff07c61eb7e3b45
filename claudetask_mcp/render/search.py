"""Search results: the best with their code, the rest by path and lines once the room is used."""

import re

from claudetask_core.schemas.search import SearchHit, SearchResults
from claudetask_mcp.render.text import ANSWER, clip

CODE = 16_000
PER_HIT = 2_400
NOTICES = 300
PATH = 100
FENCE = re.compile(r"`{3,}")


def found(answer: SearchResults) -> str:
    """The hits, best first, and how much of the tree the index knows when that is not all."""
    heads = [_head(hit) for hit in answer.results]
    room = min(CODE, ANSWER - NOTICES - sum(len(head) + 3 for head in heads))
    parts, bare = list[str](), 0
    for hit, head in zip(answer.results, heads, strict=True):
        code = _code(hit, min(PER_HIT, room))
        room -= len(code)
        bare += not code
        parts.append(f"{head}\n{code}".rstrip())
    if not parts:
        parts.append("Nothing found.")
    if bare:
        parts.append(f"({bare} without code for want of room: read the file, or lower top_k.)")
    if answer.complete < 1:
        parts.append(
            f"(The index is {int(answer.complete * 100)} % complete: better hits may be missing; "
            "ask again in a moment.)"
        )
    return "\n\n".join(parts)


def _head(hit: SearchHit) -> str:
    symbol = f" {clip(hit.symbol, 60)}" if hit.symbol else ""
    path = hit.path if len(hit.path) <= PATH else "…" + hit.path[-PATH:]
    where = f"{path}:{hit.start_line}-{hit.end_line}{symbol} ({clip(hit.kind, 20)})"
    return f"{where} {hit.score:.2f} {clip(hit.why, 60)}"


def _code(hit: SearchHit, room: int) -> str:
    """The hit's text between fences, in whole lines; empty where not one of them fits."""
    lines = hit.text.rstrip("\n").split("\n")
    fence = "`" * (max((len(run) for run in FENCE.findall(hit.text)), default=2) + 1)
    language = clip(hit.language or "", 20)
    room -= 2 * len(fence) + len(language) + 40
    shown = list[str]()
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        shown.append(line)
    if not shown:
        return ""
    is_cut = hit.truncated or len(shown) < len(lines)
    more = f"\n(goes on to line {hit.end_line})" if is_cut else ""
    return f"{fence}{language}\n" + "\n".join(shown) + f"\n{fence}{more}"
