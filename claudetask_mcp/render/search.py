"""Search results by file, best first: the best with their code, the rest by path and lines once
the room is used.
"""

from collections import defaultdict
from typing import Literal

from claudetask_core.printable import on_one_line, printable
from claudetask_core.schemas.search import SearchHit, SearchResults
from claudetask_mcp.render import excerpt
from claudetask_mcp.render.legibly import legibly
from claudetask_mcp.render.text import ANSWER, clip, count, length

Detail = Literal["paths", "concise", "full"]

CODE = {"paths": 0, "concise": 8_000, "full": 26_000}
FIRST = 3
PER_FIRST = {"paths": 0, "concise": 1_200, "full": 4_200}
PER_HIT = {"paths": 0, "concise": 500, "full": 4_200}
NOTICES = 900
MESSAGE = 600
WEAK_SHOWN = 3
PATH, PATHS = 100, 8_000
"""So much of each path is shown at least, and so much of all of them where they are few."""


@legibly
def found(answer: SearchResults, detail: Detail = "concise") -> str:
    """The hits, best first, and what is to be known of them.

    Args:
        answer: What was found.
        detail: `paths` for no code, `concise` for the most telling lines of each hit within
            8,000 characters in all, `full` for as much text as an answer may hold.
    """
    hits = answer.results[:WEAK_SHOWN] if answer.weak else answer.results
    message = _message(answer)
    parts = _groups(hits, detail)
    if answer.weak:
        weak = [f"The nearest, all weak ({len(hits)} of {len(answer.results)}):"] if hits else []
        return "\n\n".join([message, *weak, *parts])
    if message:
        parts.append(f"({message})")
    return "\n\n".join(parts)


def _message(answer: SearchResults) -> str:
    if answer.message is not None:
        return clip(printable(answer.message), MESSAGE)
    if not answer.results:
        return "Nothing found."
    if answer.weak:
        return "No good match."
    if answer.complete < 1:
        return f"The index is {int(answer.complete * 100)} % complete: better hits may be missing."
    return ""


def _groups(hits: list[SearchHit], detail: Detail) -> list[str]:
    """A part for each file, and one that says what was left out."""
    by_path = defaultdict[str, list[int]](list)
    for rank, hit in enumerate(hits):
        by_path[hit.path].append(rank)
    most = max(PATH, PATHS // max(len(by_path), 1))
    heads = {
        path: _head(path, [hits[rank] for rank in ranks], most) for path, ranks in by_path.items()
    }
    used = sum(len(line) + 2 for lines in heads.values() for line in lines)
    blocks = _blocks(hits, detail, min(CODE[detail], ANSWER - NOTICES - used))
    parts = list[str]()
    for path, ranks in by_path.items():
        lines = heads[path]
        title = lines[: len(lines) - len(ranks)]
        for head, rank in zip(lines[len(title) :], ranks, strict=True):
            title.append(head)
            block = blocks[rank]
            if block is not None:
                title.append(block.text)
        parts.append("\n".join(title))
    parts.extend(_left_out(blocks, detail))
    return parts


def _head(path: str, hits: list[SearchHit], most: int) -> list[str]:
    """The lines that name one hit of a file, or a file and several."""
    name = on_one_line(path)
    name = name if len(name) <= most else "…" + name[-most:]
    if len(hits) == 1:
        return [name + _about(hits[0])]
    return [f"{name} ({count(len(hits), 'hit')})", *(_about(hit) for hit in hits)]


def _about(hit: SearchHit) -> str:
    symbol = f" {clip(printable(hit.symbol), 60)}" if hit.symbol else ""
    where = f":{hit.start_line}-{hit.end_line}{symbol} ({clip(printable(hit.kind), 20)})"
    return f"{where} {hit.score:.2f} {clip(printable(hit.why), 60)}"


def _blocks(hits: list[SearchHit], detail: Detail, room: int) -> list[excerpt.Block | None]:
    """The code of each hit, in the order of the hits, as far as the room goes."""
    choose = excerpt.beginning if detail == "full" else excerpt.telling
    blocks = list[excerpt.Block | None]()
    for rank, hit in enumerate(hits):
        most = PER_FIRST[detail] if rank < FIRST else PER_HIT[detail]
        block = choose(hit, min(most, room)) if detail != "paths" else None
        room -= length(block.text) + 1 if block is not None else 0
        blocks.append(block)
    return blocks


def _left_out(blocks: list[excerpt.Block | None], detail: Detail) -> list[str]:
    if detail == "paths":
        return []
    bare = sum(block is None for block in blocks)
    notes = list[str]()
    if bare:
        notes.append(f"({bare} without code for want of room: read the file, or lower top_k.)")
    if detail == "concise" and any(block is not None and not block.is_whole for block in blocks):
        notes.append("(Numbered lines are excerpts: detail=full shows more, or read the file.)")
    return notes
