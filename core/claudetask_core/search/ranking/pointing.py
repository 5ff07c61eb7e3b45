"""Which files a question names, and which of their chunks hold the lines that it names."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from claudetask_core.search.index.analysis import unpack_row
from claudetask_core.search.index.catalog import Catalog
from claudetask_core.search.ranking.named_lines import NamedLine
from claudetask_core.search.tree.paths import path_terms

_FILES: Final = 4
"""Of a name that more files have it is not known which one is meant."""
_SURE: Final = 2

Named = Mapping[int, Sequence[int]]
"""Lines, counted from 1, by the number of the file or the place of the chunk that they are of."""


def lines_in(named: Sequence[NamedLine], catalog: Catalog) -> Named:
    """The lines that are named of each file, by the file's number.

    A path may begin outside of the tree or within it: two names in a row from its end on are
    enough, or one where either path has no more.
    """
    found: dict[int, list[int]] = {}
    for path, line in named:
        for number in _files_of(path, catalog):
            found.setdefault(number, []).append(line)
    return found


def files_in(named: Sequence[str], catalog: Catalog) -> set[int]:
    """The numbers of the files that are named by a path that leads to them."""
    return {number for path in named for number in _files_of(path, catalog)}


def _files_of(path: str, catalog: Catalog) -> list[int]:
    asked = [part for part in path.split("/") if part not in {"", ".", ".."}]
    (whole, *_) = path_terms(path).stems
    alike: dict[int, int] = {}
    for number in cast("list[int]", catalog.paths.stems.of(whole).tolist()):
        row = catalog.rows[number]
        if row is None:
            continue
        there = row.path.split("/")
        common = _common(asked, there)
        if common and common >= min(_SURE, len(asked), len(there)):
            alike[number] = common
    most = max(alike.values(), default=0)
    likest = [number for number, common in alike.items() if common == most]
    return likest if len(likest) <= _FILES else []


def _common(one: Sequence[str], two: Sequence[str]) -> int:
    """How many names the ends of two paths have in common."""
    common = 0
    for a, b in zip(reversed(one), reversed(two), strict=False):
        if a != b:
            break
        common += 1
    return common


def chunks_with(lines: Sequence[int], rows: bytes) -> Named:
    """The lines that each chunk of a content holds, by the chunk's place among these.

    Args:
        lines: Those that are named of a file with that content.
        rows: The packed rows of the chunks (`analysis.pack_rows`).
    """
    found: dict[int, list[int]] = {}
    for place, row in enumerate(rows.decode().split("\n")):
        start, end, _, _ = unpack_row(row)
        held = [line for line in lines if start <= line <= end]
        if held:
            found[place] = held
    return found
