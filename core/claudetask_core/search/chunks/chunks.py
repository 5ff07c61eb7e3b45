"""Cuts a file into chunks: every line is in exactly one of them.

The lines are first cut into *atoms*: a definition that fits with its leading comments and
decorators is one atom, what stands between definitions is cut at blank lines, and what is too
long still is cut where the indentation is least. Neighbouring atoms are then packed until they
hold about `TARGET` characters, so that small functions share a chunk and a whole one is kept.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from claudetask_core.search.chunks.headings import DOCUMENTS
from claudetask_core.search.chunks.keys import SETTING, key_scopes
from claudetask_core.search.chunks.scopes import Scope, indentations, scopes_by_lines
from claudetask_core.search.chunks.syntax import scopes_by_tree
from claudetask_core.search.chunks.templates import template_scopes
from claudetask_core.search.tree.families import Family

TARGET: Final = 750
LONGEST: Final = 1500
_DEEPEST: Final = 100
_TESTS: Final = frozenset({"test", "tests"})
_SETTINGS: Final = frozenset({Family.NESTED, Family.SECTIONS, Family.ELEMENTS})


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines `start` to `end` of a file, counted from 1, both included.

    `symbol` is the chain of definitions it belongs to (`Class.method`), `names` are those that
    its lines define or add to, `declared` those of them that begin there, `members` the lesser
    ones (fields, constants, prototypes, re-exports). It `tests` where it is one, beside its code,
    and is `generated` where it is the first of a file that says so.
    """

    start: int
    end: int
    symbol: str | None
    kind: str
    names: tuple[str, ...]
    members: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    tests: bool = False
    generated: bool = False


def cut(
    lines: list[str], family: Family, *, language: str | None = None, data: bytes | None = None
) -> list[Chunk]:
    """The chunks of a file.

    Args:
        lines: Its lines without their line ends.
        family: How its definitions look where no grammar reads it.
        language: Its language as `languages.detect` names it.
        data: The lines joined by line feeds in UTF-8, where the caller has them.
    """
    if not lines:
        return []
    indents = indentations(lines)
    scopes = scopes_of(lines, indents, family, language, data)
    sizes = list(accumulate([len(line) + 1 for line in lines], initial=0))
    cutter = _Cutter(indents, scopes, sizes)
    return _described(cutter.packed(), scopes, family)


def scopes_of(
    lines: list[str],
    indents: list[int],
    family: Family,
    language: str | None = None,
    data: bytes | None = None,
) -> list[Scope]:
    """The definitions of a file, in the order of their lines; arguments as for `cut`."""
    if family in _SETTINGS:
        return key_scopes(lines, indents, family)
    if family is Family.TEMPLATE:
        return template_scopes(lines)
    scopes = None
    if language is not None:
        data = "\n".join(lines).encode("utf-8", "replace") if data is None else data
        scopes = scopes_by_tree(data, language, lines, indents, family)
    return scopes_by_lines(lines, indents, family) if scopes is None else scopes


class _Cutter:
    def __init__(self, indents: list[int], scopes: list[Scope], sizes: list[int]) -> None:
        self._indents = indents
        self._scopes = scopes
        self._sizes = sizes
        self._starts = {scope.first: scope for scope in reversed(scopes)}

    def packed(self) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        for start, end in self._atoms(0, len(self._indents)):
            if spans and self._fits(spans[-1][0], start, end):
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        return spans

    def _fits(self, start: int, added: int, end: int) -> bool:
        """Whether lines `added` to before `end` go with those from `start` on before them."""
        together, size = self._size(start, end), self._size(added, end)
        blank = size == end - added
        return together <= TARGET or (size < TARGET // 6 and together <= LONGEST) or blank

    def _size(self, start: int, end: int) -> int:
        return self._sizes[end] - self._sizes[start]

    def _atoms(self, start: int, end: int, depth: int = 0) -> list[tuple[int, int]]:
        """Lines `start` to before `end` in pieces of at most `LONGEST`, where lines allow.

        Definitions that stand within very many others are cut as lines outside of them are.
        """
        if depth > _DEEPEST:
            return self._loose(start, end)
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
                atoms.extend(self._divided(number, scope, depth))
            loose = number = scope.end
        atoms.extend(self._loose(loose, end))
        return atoms

    def _divided(self, start: int, scope: Scope, depth: int) -> list[tuple[int, int]]:
        """A definition that is too long: the line that names it goes with what follows."""
        before: list[tuple[int, int]] = []
        if self._size(start, scope.line + 1) > TARGET:
            before, start = self._loose(start, scope.line), scope.line
        inner = self._atoms(scope.line + 1, scope.end, depth + 1)
        if not inner or self._size(start, inner[0][1]) > LONGEST:
            return [*before, (start, scope.line + 1), *inner]
        return [*before, (start, inner[0][1]), *inner[1:]]

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
        sizes, indents, before = self._sizes, self._indents, self._sizes[start]
        first = bisect_left(sizes, before + TARGET // 3, start + 1, end)
        last = bisect_right(sizes, before + TARGET * 4 // 3, start + 1, end)
        for number in range(first, last):
            if indents[number] >= 0:
                blank = indents[number - 1] < 0
                off = abs(sizes[number] - before - TARGET) / TARGET
                cost = indents[number] - 6 * blank + 8 * off
                if cost <= best_cost:
                    best, best_cost = number, cost
        return best if best_cost < float("inf") else max(start + 1, last - 1)


def _described(spans: list[tuple[int, int]], scopes: list[Scope], family: Family) -> list[Chunk]:
    chunks: list[Chunk] = []
    around: list[Scope] = []
    position = 0
    for start, end in spans:
        around = [scope for scope in around if scope.end > start]
        first = position
        while position < len(scopes) and scopes[position].line < end:
            position += 1
        inside = scopes[first:position]
        chain = [*around, *_main(inside, around)]
        kind = chain[-1].kind if chain else _plain_kind(family)
        symbol = ".".join(_shown(scope) for scope in chain[-4:])[:200] if chain else None
        names = _names(scope for scope in inside if not scope.minor)
        members = _names(scope for scope in inside if scope.minor)
        begun = (scope.name for scope in inside if scope.declares and not scope.minor)
        declared = tuple(dict.fromkeys(name for name in begun if name))
        tests = bool(chain) and any(_tests(scope) for scope in chain)
        chunks.append(Chunk(start + 1, end, symbol, kind, names, members, declared, tests))
        around.extend(scope for scope in inside if scope.end > end and not scope.minor)
    return chunks


def _tests(scope: Scope) -> bool:
    """Whether a definition is a test beside the code it tests, as those of Rust and Zig are."""
    return scope.kind == "test" or (scope.kind == "module" and scope.name in _TESTS)


def _names(scopes: Iterable[Scope]) -> tuple[str, ...]:
    names = (name for scope in scopes for name in _names_of(scope) if name)
    return tuple(dict.fromkeys(names))


def _names_of(scope: Scope) -> tuple[str, str]:
    """A setting is asked for by its name or with all around it, a method by it or its class."""
    if scope.kind != SETTING:
        return scope.name, scope.owner
    shown = _shown(scope)
    return "" if " " in scope.name else scope.name, "" if " " in shown else shown


def _shown(scope: Scope) -> str:
    return f"{scope.owner}.{scope.name}" if scope.owner else scope.name


def _main(inside: list[Scope], around: list[Scope]) -> list[Scope]:
    """The scope that a chunk is called by: the only outermost one, or the first of several."""
    if not inside:
        return []
    candidates = [scope for scope in inside if not scope.minor] or inside
    least = min(scope.depth for scope in candidates)
    outer = [scope for scope in candidates if scope.depth == least]
    return outer[:1] if not around or len(outer) == 1 else []


def _plain_kind(family: Family) -> str:
    if family is Family.CONFIG or family in _SETTINGS:
        return "config"
    return "text" if family is Family.TEXT or family in DOCUMENTS else "code"
