"""What the query of a grammar captures in one file."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from tree_sitter import Node, Point, QueryCursor, Tree

from claudetask_core.search.chunks.syntax_grammars import Grammar

_LONGEST_NAME: Final = 200
_PIECE: Final = 1 << 16
_FREE_CHECKS: Final = 500
_BYTES_PER_CHECK: Final = 30
_DEEPEST: Final = 500
_MATCHES_AT_ONCE: Final = 1024
_BRACKETS: Final = b"([{)]}"
_OTHERS: Final = bytes(set(range(256)) - set(_BRACKETS))
_STEPS: Final = bytes.maketrans(_BRACKETS, b"\1\1\1\xff\xff\xff")


class Span(NamedTuple):
    """A part of a file in bytes and in lines, from 0, each to before its end."""

    start: int
    end: int
    first: int
    last: int


Captures = dict[str, list[Node]]


@dataclass(slots=True)
class Finding:
    """A definition on the lines `start` to before `end`, from 0, named on `line`.

    Of several patterns that capture one name, the first of the query gives the kind.
    """

    pattern: int
    kind: str
    start: int
    end: int
    line: int
    name: str
    owner: str

    def widen(self, node: Node) -> None:
        """Counts in what stands around the definition (its decorators, its `export`)."""
        self.start = min(self.start, node.start_point.row)
        self.end = max(self.end, end_line(node))


class Findings:
    """The definitions of a file by the place of their names.

    `comments` are the lines of comments of several lines, and of attributes, docstrings and
    signatures that stand before a definition.

    `wrong` says how many bytes of the file the grammar did not understand; a definition that it
    did understand within such a part is none of it.
    """

    def __init__(self, grammar: Grammar, tree: Tree, data: bytes) -> None:
        self.by_place: dict[int, Finding] = {}
        self.comments: set[int] = set()
        self.wrong = 0
        self._wrong_lines: set[int] = set()
        self._errors: list[Span] = []
        self._right: list[Span] = []
        self._data = data
        wider: list[Captures] = []
        cursor = QueryCursor(grammar.query, match_limit=_MATCHES_AT_ONCE)
        for pattern, captures in cursor.matches(tree.root_node):
            if "_m" in captures and not grammar.admits(pattern, self._text(captures["_m"][0])):
                continue
            kind = grammar.kind(pattern, captures)
            if kind == "comment":
                self._comment(captures[kind], 2)
            elif kind == "leading":
                self._comment(captures[kind], 1)
            elif kind == "error":
                self._errors.append(_span(captures[kind][0]))
            elif kind == "wider":
                wider.append(captures)
            else:
                self._add(pattern, kind, captures)
        for captures in wider:
            for name in captures["name"]:
                found = self.by_place.get(name.start_byte)
                if found:
                    found.widen(captures["wider"][0])
        self._weigh()

    def _weigh(self) -> None:
        """Counts what is wrong, of which no byte is counted twice, and notes its lines."""
        if not self._errors:
            return
        steps = sorted(
            (at, step * (not right), step * right)
            for right, spans in ((False, self._errors), (True, self._right))
            for one in spans
            for at, step in ((one.start, 1), (one.end, -1))
        )
        errors = right = before = 0
        for at, in_errors, in_right in steps:
            if errors and not right:
                self.wrong += at - before
            errors, right, before = errors + in_errors, right + in_right, at
        self._wrong_lines = _lines(self._errors) - _lines(self._right)

    def is_wrong(self, line: int) -> bool:
        """Whether a line, from 0, lies in a part that the grammar did not understand."""
        return line in self._wrong_lines

    def _text(self, node: Node) -> bytes:
        return self._data[node.start_byte : node.end_byte]

    def _spelled(self, node: Node) -> str:
        return self._text(node)[:_LONGEST_NAME].decode("utf-8", "replace")

    def _comment(self, nodes: list[Node], least: int) -> None:
        for node in nodes:
            first = node.start_point.row
            last = end_line(node)
            if last - first >= least:
                self.comments.update(range(first, last))

    def _add(self, pattern: int, kind: str, captures: Captures) -> None:
        node = captures[kind][0]
        if not node.has_error:
            self._right.append(_span(node))
        owner = captures.get("owner")
        for name in captures.get("name", ()):
            known = self.by_place.get(name.start_byte)
            if known is None:
                text = self._spelled(name)
                start, line = node.start_point.row, name.start_point.row
                self.by_place[name.start_byte] = Finding(
                    pattern, kind, start, end_line(node), line, text,
                    self._spelled(owner[0]) if owner else "",
                )  # fmt: skip
                continue
            known.widen(node)
            if pattern < known.pattern:
                known.pattern, known.kind = pattern, kind
                known.owner = self._spelled(owner[0]) if owner else known.owner


def parsed(grammar: Grammar, data: bytes) -> Tree | None:
    """The syntax tree of a file, or None where it takes far more steps than source does.

    The steps are counted, so that the same file always gives the same answer. The more brackets
    are open, the longer one takes, so a file that is nested very deep is not tried. The last line
    is ended for the grammar, as files end theirs: that of Perl looks for a letter behind a comment
    and, where the text is over, looks on forever and counts nothing.
    """
    if _depth(data) > _DEEPEST:
        return None
    left = _FREE_CHECKS + len(data) // _BYTES_PER_CHECK
    if not data.endswith(b"\n"):
        data += b"\n"

    def read(offset: int, _point: Point) -> bytes:
        return data[offset : offset + _PIECE]

    def is_exhausted(_offset: int, _error: bool) -> bool:
        nonlocal left
        left -= 1
        return left < 0

    try:
        return grammar.parser.parse(read, progress_callback=is_exhausted)
    except ValueError:  # how the binding says that a parse was stopped
        grammar.parser.reset()
        return None


def _span(node: Node) -> Span:
    return Span(node.start_byte, node.end_byte, node.start_point.row, end_line(node))


def _lines(spans: list[Span]) -> set[int]:
    """The lines that any of some parts has, each of which is gone through once."""
    found: set[int] = set()
    reached = 0
    for one in sorted(spans, key=lambda one: one.first):
        found.update(range(max(one.first, reached), one.last))
        reached = max(reached, one.last)
    return found


def end_line(node: Node) -> int:
    """The line, from 0, before which a node ends."""
    row, column = node.end_point
    return max(row + (column > 0), node.start_point.row + 1)


def _depth(data: bytes) -> int:
    """How many brackets are open at most, those in strings and comments among them."""
    steps = np.frombuffer(data.translate(_STEPS, _OTHERS), np.int8)
    return int(np.cumsum(steps, dtype=np.int32).max(initial=0))
