"""Cuts a file into chunks: every line is in exactly one of them.

The lines are first cut into *atoms*: a definition that fits with its leading comments and
decorators is one atom, what stands between definitions is cut at blank lines, and what is too
long still is cut where the indentation is least. Neighbouring atoms are then packed until they
hold about `TARGET` characters, so that small functions share a chunk and a whole one is kept.
"""

from dataclasses import dataclass
from typing import Final

from claudetask_core.search.definitions import Definition, find, indentation
from claudetask_core.search.languages import Family

TARGET: Final = 750
LONGEST: Final = 1500
_LEADING: Final = (
    "#",
    "//",
    "/*",
    "*",
    "@",
    "--",
    "///",
    "[",
    '"""',
    "%%",
    ";;",
    "<!--",
    "template",
)
_CLOSING: Final = (
    "}",
    ")",
    "]",
    "end",
    "{",
    "*/",
    "else",
    "fi",
    "done",
    "#endif",
    "#else",
    "where",
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines `start` to `end` of a file, counted from 1, both included.

    `symbol` is the chain of definitions it belongs to (`Class.method`), `names` are all the
    names that its lines define.
    """

    start: int
    end: int
    symbol: str | None
    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Scope:
    """A definition with the lines it covers: `first` counts its leading comments in."""

    definition: Definition
    first: int
    end: int


def cut(lines: list[str], family: Family) -> list[Chunk]:
    """The chunks of a file whose lines are given without their line ends."""
    if not lines:
        return []
    indents = [indentation(line) if line.strip() else -1 for line in lines]
    scopes = _scopes(lines, indents, family)
    sizes = [0]
    for line in lines:
        sizes.append(sizes[-1] + len(line) + 1)
    cutter = _Cutter(indents, scopes, sizes)
    return _described(cutter.packed(), scopes, family)


def _scopes(lines: list[str], indents: list[int], family: Family) -> list[_Scope]:
    definitions = find(lines, family)
    scopes: list[_Scope] = []
    previous = -1
    for position, definition in enumerate(definitions):
        first = definition.line
        while first - 1 > previous and _leads(
            lines[first - 1], indents[first - 1], indents[definition.line]
        ):
            first -= 1
        end = _end(lines, indents, definition, definitions, position, family)
        scopes.append(_Scope(definition, first, end))
        previous = definition.line
    return scopes


def _leads(line: str, indent: int, wanted: int) -> bool:
    return indent >= wanted >= 0 and line.lstrip().startswith(_LEADING)


def _end(
    lines: list[str],
    indents: list[int],
    definition: Definition,
    definitions: list[Definition],
    position: int,
    family: Family,
) -> int:
    if family is Family.MARKDOWN:
        for later in definitions[position + 1 :]:
            if later.indent <= definition.indent:
                return later.line
        return len(lines)
    number = definition.line + 1
    own = definition.indent
    while number < len(lines):
        if 0 <= indents[number] <= own and not lines[number].lstrip().startswith(_CLOSING):
            break
        number += 1
    while number > definition.line + 1 and indents[number - 1] < 0:
        number -= 1
    return number


class _Cutter:
    def __init__(self, indents: list[int], scopes: list[_Scope], sizes: list[int]) -> None:
        self._indents = indents
        self._scopes = scopes
        self._sizes = sizes
        self._starts = {scope.first: scope for scope in reversed(scopes)}

    def packed(self) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        for start, end in self._atoms(0, len(self._indents)):
            if spans and self._fits(spans[-1][0], end, self._size(start, end)):
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        return spans

    def _fits(self, start: int, end: int, added: int) -> bool:
        together = self._size(start, end)
        blank = added <= end - start
        return together <= TARGET or (added < TARGET // 6 and together <= LONGEST) or blank

    def _size(self, start: int, end: int) -> int:
        return self._sizes[end] - self._sizes[start]

    def _atoms(self, start: int, end: int) -> list[tuple[int, int]]:
        """Lines `start` to before `end` in pieces of at most `LONGEST`, where lines allow."""
        atoms: list[tuple[int, int]] = []
        loose = number = start
        while number < end:
            scope = self._starts.get(number)
            if scope is None or scope.end <= number or scope.end > end:
                number += 1
                continue
            atoms.extend(self._loose(loose, number))
            if self._size(number, scope.end) <= LONGEST:
                atoms.append((number, scope.end))
            else:
                head = scope.definition.line + 1
                atoms.extend(self._joined(number, head, self._atoms(head, scope.end)))
            loose = number = scope.end
        atoms.extend(self._loose(loose, end))
        return atoms

    @staticmethod
    def _joined(start: int, head: int, inner: list[tuple[int, int]]) -> list[tuple[int, int]]:
        if not inner:
            return [(start, head)]
        return [(start, inner[0][1]), *inner[1:]]

    def _loose(self, start: int, end: int) -> list[tuple[int, int]]:
        """Lines outside of definitions: as they are where short, else cut at the best places."""
        pieces: list[tuple[int, int]] = []
        while start < end and self._size(start, end) > TARGET:
            cut = self._best_cut(start, end)
            pieces.append((start, cut))
            start = cut
        if start < end:
            pieces.append((start, end))
        return pieces

    def _best_cut(self, start: int, end: int) -> int:
        """The line before which to cut: the least indented after a blank near the target."""
        best, best_cost = start + 1, float("inf")
        number = start + 1
        while number < end and self._size(start, number) <= TARGET * 4 // 3:
            size = self._size(start, number)
            if size >= TARGET // 3 and self._indents[number] >= 0:
                blank = self._indents[number - 1] < 0
                cost = self._indents[number] - 6 * blank + 8 * abs(size - TARGET) / TARGET
                if cost <= best_cost:
                    best, best_cost = number, cost
            number += 1
        return best if best_cost < float("inf") else max(start + 1, number - 1)


def _described(spans: list[tuple[int, int]], scopes: list[_Scope], family: Family) -> list[Chunk]:
    chunks: list[Chunk] = []
    around: list[_Scope] = []
    position = 0
    for start, end in spans:
        around = [scope for scope in around if scope.end > start]
        first = position
        while position < len(scopes) and scopes[position].definition.line < end:
            position += 1
        inside = scopes[first:position]
        chunks.append(_chunk(start, end, around, inside, family))
        around.extend(scope for scope in inside if scope.end > end)
    return chunks


def _chunk(
    start: int, end: int, around: list[_Scope], inside: list[_Scope], family: Family
) -> Chunk:
    chain = [scope.definition for scope in around]
    if inside:
        least = min(scope.definition.indent for scope in inside)
        outer = [scope.definition for scope in inside if scope.definition.indent == least]
        if not chain or len(outer) == 1:
            chain.append(outer[0])
    kind = chain[-1].kind if chain else _plain_kind(family)
    symbol = ".".join(definition.name for definition in chain[-4:])[:200] if chain else None
    return Chunk(start + 1, end, symbol, kind, tuple(s.definition.name for s in inside))


def _plain_kind(family: Family) -> str:
    if family is Family.CONFIG:
        return "config"
    return "text" if family in {Family.MARKDOWN, Family.TEXT} else "code"
