"""Finds the headings of documents that are not in Markdown, as definitions that nest by level."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from claudetask_core.search.tree.families import Family

Heading = tuple[int, int, str]
"""The line of a heading, its level (from 0) and its text."""

_LONGEST: Final = 100
_UNDERLINE: Final = re.compile(r"([=\-`:'\"~^_*+#<>.])\1{2,}[ \t]*$")
_STARRED: Final = re.compile(r"(\*{1,8})[ \t]+(?:TODO[ \t]+|DONE[ \t]+)?(\S.*)")
_EQUALS: Final = re.compile(r"(={1,6})[ \t]+(\S.*)")
_COMMAND: Final = re.compile(
    r"[ \t]*\\(part|chapter|section|subsection|subsubsection|paragraph)\*?(?:\[[^\]]{0,80}\])?"
    r"\{([^{}]{1,100})"
)
_LEVELS: Final = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph")


def headings(lines: list[str], family: Family) -> Iterator[Heading]:
    """The headings of a document, in the order of their lines."""
    return _FINDERS[family](lines)


def _underlined(lines: list[str]) -> Iterator[Heading]:
    """Those of reStructuredText: the kind of line below one is its level, by first appearance."""
    levels: dict[str, int] = {}
    for number in range(len(lines) - 1):
        title = lines[number].rstrip()
        if not title or len(title) > _LONGEST or _UNDERLINE.match(title):
            continue
        below = _UNDERLINE.match(lines[number + 1])
        if below is None or len(lines[number + 1].rstrip()) < len(title.strip()):
            continue
        over = number > 0 and lines[number - 1].rstrip() == lines[number + 1].rstrip()
        if title[0].isspace() and not over:
            continue
        if number and not over and lines[number - 1].strip():
            continue
        style = below[1] + ("above" if over else "")
        yield number, levels.setdefault(style, len(levels)), title.strip()


def _marked(pattern: re.Pattern[str]) -> Callable[[list[str]], Iterator[Heading]]:
    def find(lines: list[str]) -> Iterator[Heading]:
        for number, line in enumerate(lines):
            match = pattern.match(line) if line and line[0] in "=*" else None
            if match:
                yield number, len(match[1]) - 1, match[2].rstrip(" =*")[:_LONGEST]

    return find


def _commanded(lines: list[str]) -> Iterator[Heading]:
    for number, line in enumerate(lines):
        match = _COMMAND.match(line) if "\\" in line else None
        if match:
            yield number, _LEVELS.index(match[1]), match[2].strip()


_FINDERS: Final[dict[Family, Callable[[list[str]], Iterator[Heading]]]] = {
    Family.RST: _underlined,
    Family.ASCIIDOC: _marked(_EQUALS),
    Family.ORG: _marked(_STARRED),
    Family.LATEX: _commanded,
}
OUTLINED: Final = frozenset(_FINDERS)
"""The families that `headings` reads."""
DOCUMENTS: Final = OUTLINED | {Family.MARKDOWN}
"""Those whose definitions are headings, which reach to the next one of their level."""
