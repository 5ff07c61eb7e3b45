"""The sections of a Markdown document, by byte.

A real parser finds the headings, so that a `#` in a code fence or an HTML comment is none; the
text between them is never rendered again. A section is its heading line to before the next
heading of the same or a higher level, and replacing one leaves every other byte as it is. What
was asked for is parsed once more before it is handed on: an edit that would swallow or make up
headings outside of itself (a fence left open, a comment) is refused. The marks of the block that
`init` adds belong to no section that the block does not lie in whole.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from claudetask_core.errors import Invalid, NotFound
from claudetask_core.services.claude_md.head import without_head
from claudetask_core.services.claude_md.marks import Block, blocks_of
from claudetask_core.services.wording import listed

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

SEPARATOR = " > "
OUTLINE_SHOWN = 30
_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")


class SectionNotFound(NotFound):
    code = "section_not_found"

    def __init__(self, path: str, known: list[str]) -> None:
        has = f"It has: {listed(known)}." if known else "It has no headings."
        super().__init__(
            f"CLAUDE.md has no section {path[:80]!r}. {has}",
            next_step="Name one of these, or append a new one with its heading line.",
            outline=known[:OUTLINE_SHOWN],
        )


class SectionAmbiguous(Invalid):
    code = "section_ambiguous"

    def __init__(self, path: str, candidates: list[str]) -> None:
        super().__init__(
            f"CLAUDE.md has {len(candidates)} sections {path[:80]!r}: {listed(candidates)}.",
            next_step="Give the whole heading path of the one you mean.",
            candidates=candidates[:OUTLINE_SHOWN],
        )


class HeadingMissing(Invalid):
    code = "heading_missing"

    def __init__(self, heading: str) -> None:
        super().__init__(
            "The content replaces the section whole, so its first line must be a heading.",
            next_step=f"Start it with the line {heading[:120]!r}, or send nothing to remove it.",
            heading=heading[:200],
        )


class HeadingTooHigh(Invalid):
    code = "heading_too_high"

    def __init__(self, heading: str, level: int) -> None:
        super().__init__(
            f"What is added below {heading[:80]!r} must not end that section, so its headings "
            f"must be deeper than {'#' * level}.",
            next_step="Use deeper headings, or append to the section above or to the file.",
            heading=heading[:200],
        )


class SectionWouldSpill(Invalid):
    code = "section_would_spill"

    def __init__(self) -> None:
        super().__init__(
            "With this content the headings around the section would no longer be what they are.",
            next_step="Close every code fence and HTML comment in it, and try again.",
        )


class NotText(Invalid):
    code = "not_utf8"

    def __init__(self) -> None:
        super().__init__(
            "CLAUDE.md is not UTF-8, so its sections cannot be told apart without harm.",
            next_step="Convert the file to UTF-8, or replace it whole.",
        )


@dataclass(frozen=True)
class Section:
    """A heading with all below it: `start` to `end` in bytes, `path` as the outline shows it.

    What is added to it goes before `grows_at`: after our block, where it is a section of that.
    """

    titles: tuple[str, ...]
    level: int
    heading: str
    start: int
    end: int
    grows_at: int
    path: str = ""

    @property
    def joined(self) -> str:
        return SEPARATOR.join(self.titles)


def sections_of(data: bytes) -> list[Section]:
    """Every section of a document, in order.

    Raises:
        NotText: The document is not UTF-8.
    """
    headings = _headings(data)
    ends = _ends(headings, len(data))
    blocks = list(blocks_of(data))
    found: list[Section] = []
    above: list[tuple[int, str]] = []
    for (level, title, heading, start), end in zip(headings, ends, strict=True):
        above = [*(pair for pair in above if pair[0] < level), (level, title)]
        titles = tuple(name for _, name in above)
        ours = next((block for block in blocks if block.first <= start < block.end), None)
        until = min(end, ours.last) if ours else _before_a_block(blocks, start, end)
        found.append(Section(titles, level, heading, start, until, end if ours else until))
    return _numbered(found)


def outline_of(sections: list[Section]) -> list[str]:
    """The heading paths by which a section can be asked for."""
    return [section.path for section in sections if section.titles[-1]]


def find_section(sections: list[Section], path: str) -> Section:
    """The one section that `path` names: a whole heading path, or a unique end of one.

    Raises:
        SectionNotFound: No heading path ends so.
        SectionAmbiguous: More than one does.
    """
    wanted = _plain(path)
    named = [section for section in sections if section.titles[-1]]
    for matches in (
        [s for s in named if _plain(s.path) == wanted],
        [s for s in named if _plain(s.joined) == wanted],
        [s for s in named if _plain(s.joined).endswith(SEPARATOR + wanted)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise SectionAmbiguous(path, [match.path for match in matches])
    raise SectionNotFound(path, outline_of(sections))


def replace_section(data: bytes, section: Section, content: str) -> bytes:
    """The document with `content` in place of `section`; empty content removes it.

    Raises:
        HeadingMissing: The content does not begin with a heading.
        SectionWouldSpill: The content would change what stands outside of it.
    """
    before, after = data[: section.start], data[section.end :]
    middle = _fitted(data, section, content)
    present = _headings(data)
    wanted = [
        *(h[:2] for h in present if h[3] < section.start),
        *(h[:2] for h in _headings(middle)),
        *(h[:2] for h in present if h[3] >= section.end),
    ]
    # With a blank line where an underlined heading would take the last paragraph for its own.
    for ending in (b"", end_of_line(data).encode()):
        result = before + middle + ending + after
        if [h[:2] for h in _headings(result)] == wanted:
            return result
    raise SectionWouldSpill


def append_to_section(data: bytes, section: Section | None, content: str) -> bytes:
    """The document with `content` at the end of `section`, or of the document; nothing else moves.

    A blank line parts it from what stands before it.

    Raises:
        HeadingTooHigh: The content begins a section that would not be within this one.
        SectionWouldSpill: The content would change what stands outside of it.
    """
    text = content.replace("\r\n", "\n").removeprefix("\ufeff").strip("\n")
    if not text.strip():
        return data
    first, last = (section.start, section.grows_at) if section else (0, len(data))
    at = first + len(data[first:last].rstrip(b"\r\n"))
    end = end_of_line(data)
    gap = "\n\n" if data[:at].removeprefix(_BOM) else ""
    added = _headings(text.encode(), is_whole=not gap)
    if section and any(level <= section.level for level, *_ in added):
        raise HeadingTooHigh(section.heading, section.level)
    tail = "" if data[at:].startswith((b"\n", b"\r")) else "\n"
    result = data[:at] + f"{gap}{text}{tail}".replace("\n", end).encode() + data[at:]
    present = _headings(data)
    wanted = [
        *(heading[:2] for heading in present if heading[3] < at),
        *(heading[:2] for heading in added),
        *(heading[:2] for heading in present if heading[3] >= at),
    ]
    if [heading[:2] for heading in _headings(result)] != wanted:
        raise SectionWouldSpill
    return result


def open_fence(data: bytes) -> int | None:
    """The line, from 1, of a code fence that nothing closes."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = _LINE_END.split(text.encode().rstrip())
    for token in _parser().parse(without_head(text)):
        if token.type == "fence" and token.map and token.map[1] >= len(lines):
            closing = lines[-1].strip().decode()
            is_open = token.map[0] + 1 == len(lines) or set(closing) != set(token.markup[0])
            if is_open or len(closing) < len(token.markup):
                return token.map[0] + 1
    return None


def end_of_line(data: bytes) -> str:
    """The line ending that most lines of a document have."""
    if b"\r" in data and b"\n" not in data:
        return "\r"
    return "\r\n" if data.count(b"\r\n") * 2 > data.count(b"\n") else "\n"


def _ends(headings: list[tuple[int, str, str, int]], size: int) -> list[int]:
    following = [size] * 7  # where the next heading of each level, or of a higher one, begins
    ends: list[int] = []
    for level, _, _, start in reversed(headings):
        ends.append(following[level])
        following[level:] = [start] * (7 - level)
    return ends[::-1]


def _before_a_block(blocks: list[Block], start: int, end: int) -> int:
    """The end of a section, or the start of the block of ours that it would end within."""
    return next((max(b.start, start) for b in blocks if start < b.first < end < b.end), end)


def _fitted(data: bytes, section: Section, content: str) -> bytes:
    text = content.replace("\r\n", "\n").removeprefix("\ufeff").lstrip("\n")
    if not text.strip():
        return b""
    old = data[section.start : section.end]
    if text == old.decode().replace("\r\n", "\n"):
        return old
    headings = _headings(text.encode())
    if not headings or headings[0][3] != 0:
        raise HeadingMissing(section.heading)
    if not text.endswith("\n") and (section.end < len(data) or old.endswith((b"\n", b"\r"))):
        text += "\n"
    return text.replace("\n", end_of_line(data)).encode()


def _headings(data: bytes, *, is_whole: bool = True) -> list[tuple[int, str, str, int]]:
    """Level, title, source and first byte of every heading of the document itself."""
    skipped = len(_BOM) if data.startswith(_BOM) else 0
    try:
        text = data[skipped:].decode()
    except UnicodeDecodeError:
        raise NotText from None
    starts = [skipped, *(end.end() for end in _LINE_END.finditer(data, skipped)), len(data)]
    tokens = _parser().parse(without_head(text) if is_whole else text)
    found: list[tuple[int, str, str, int]] = []
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map:
            first, last = token.map
            source = data[starts[first] : starts[min(last, len(starts) - 1)]].decode().rstrip()
            title = " ".join(inline.content.split())
            found.append((int(token.tag[1:]), title, source, starts[first]))
    return found


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 — a start that reads nothing skips it

    return MarkdownIt("commonmark").disable("inline")


def _numbered(sections: list[Section]) -> list[Section]:
    total = Counter(_plain(section.joined) for section in sections)
    seen: Counter[str] = Counter()
    named: list[Section] = []
    for section in sections:
        key = _plain(section.joined)
        seen[key] += 1
        number = f" ({seen[key]})" if total[key] > 1 else ""
        named.append(replace(section, path=f"{section.joined}{number}"))
    return named


def _plain(path: str) -> str:
    parts = (re.sub(r"^#{1,6}\s+", "", part.strip()) for part in path.split(">"))
    return SEPARATOR.join(" ".join(part.split()).casefold() for part in parts)
