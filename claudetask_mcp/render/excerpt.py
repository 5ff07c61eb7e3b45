"""The text of a hit in a given room: whole, its beginning, or its most telling lines."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from claudetask_core.printable import fenced, on_one_line, printable
from claudetask_core.schemas.search import SearchHit
from claudetask_mcp.render.text import clip, length

FRAME = 60
GAP = "…"


@dataclass(frozen=True, slots=True)
class Block:
    """Fenced lines, and whether they are all the hit's."""

    text: str
    is_whole: bool


def beginning(hit: SearchHit, room: int) -> Block | None:
    """The text from its first line on, in whole lines; None where not one of them fits."""
    lines = _lines(hit)
    shown = list[str]()
    for line in lines:
        room -= length(line) + 1
        if room < FRAME:
            break
        shown.append(line)
    if not shown:
        return None
    is_whole = len(shown) == len(lines) and not hit.truncated
    more = "" if is_whole else f"\n(goes on to line {hit.end_line})"
    return Block(_fenced(hit, shown) + more, is_whole)


def telling(hit: SearchHit, room: int) -> Block | None:
    """The whole text where it fits, else numbered: the head of the definition and the lines with
    most of the question's words, with their neighbours; None where none fits.
    """
    lines = _lines(hit)
    if not hit.truncated and sum(length(line) + 1 for line in lines) + FRAME <= room:
        return Block(_fenced(hit, lines), is_whole=True)
    width = len(str(hit.start_line + len(lines)))
    room -= FRAME
    chosen = set[int]()
    for index in _by_worth(hit, lines):
        cost = length(lines[index]) + width + len(GAP) + 4
        if index not in chosen and cost <= room:
            chosen.add(index)
            room -= cost
    if not chosen:
        return None
    return Block(_fenced(hit, list(_numbered(hit, lines, sorted(chosen), width))), is_whole=False)


def _lines(hit: SearchHit) -> list[str]:
    return printable(hit.text.rstrip("\n")).split("\n")


def _fenced(hit: SearchHit, lines: list[str]) -> str:
    return fenced("\n".join(lines), clip(on_one_line(hit.language or ""), 20))


def _by_worth(hit: SearchHit, lines: list[str]) -> Iterator[int]:
    """Numbers of lines, the most telling first; some come twice."""
    marks = Counter(mark.line - hit.start_line for mark in hit.highlights)
    head = _head(hit, lines)
    marked = sorted(
        (index for index in marks if 0 <= index < len(lines)),
        key=lambda index: (-marks[index], index),
    )
    yield head
    for index in marked:
        yield index
    for index in (head, *marked):
        for neighbour in (index + 1, index - 1):
            if 0 <= neighbour < len(lines) and lines[neighbour].strip():
                yield neighbour


def _head(hit: SearchHit, lines: list[str]) -> int:
    """The first line that has the symbol's name, else the first that is not blank."""
    name = (hit.symbol or "").rpartition(".")[2]
    for index, line in enumerate(lines):
        if name and name in line:
            return index
    return next((index for index, line in enumerate(lines) if line.strip()), 0)


def _numbered(hit: SearchHit, lines: list[str], chosen: list[int], width: int) -> Iterator[str]:
    last = -1
    for index in chosen:
        if index > last + 1:
            yield GAP
        yield f"{hit.start_line + index:>{width}} {lines[index]}".rstrip()
        last = index
    if last < len(lines) - 1 or hit.truncated:
        yield GAP
