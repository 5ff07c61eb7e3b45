"""Where a block of ours stands in a CLAUDE.md: its marks, and the line endings before them.

The first mark says how many line endings before it are ours as well, and whether there was a file
at all before. Claude Code shows the model no HTML comments, so the marks cost no context.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LAST_MARK = b"<!-- claudetask:end -->"
_END = rb"\r\n|\n|\r"
_LATER = rb"(?!<!-- claudetask:begin (?:\d|new) -->(?:" + _END + rb"))"
"""What stands between the marks holds no first mark: one whose last mark is gone begins nothing."""
_BLOCK = re.compile(
    rb"<!-- claudetask:begin (?P<own>\d|new) -->(?P<end>" + _END + rb")"
    rb"(?:(?:"
    + _LATER
    + rb".)*?(?:"
    + _END
    + rb"))??"
    + LAST_MARK
    + rb"(?:(?P=end)|"
    + _END
    + rb"|\Z)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A block in bytes: where what is ours begins, its first and last mark, and its end."""

    start: int
    first: int
    last: int
    end: int
    own: str
    line_end: bytes


def blocks_of(data: bytes) -> Iterator[Block]:
    """Every block, in order."""
    for found in _BLOCK.finditer(data):
        yield Block(
            start=_with_gap(data, found),
            first=found.start(),
            last=found.start() + found[0].rindex(LAST_MARK),
            end=found.end(),
            own=found["own"].decode(),
            line_end=found["end"],
        )


def first_block(data: bytes) -> Block | None:
    return next(blocks_of(data), None)


def _with_gap(data: bytes, found: re.Match[bytes]) -> int:
    start = found.start()
    for _ in range(int(found["own"]) if found["own"].isdigit() else 0):
        for ending in (found["end"], b"\r\n", b"\n", b"\r"):
            if data[:start].endswith(ending):
                start -= len(ending)
                break
    return start
