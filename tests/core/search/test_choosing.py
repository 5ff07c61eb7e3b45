"""Which files and chunks go on, beside the plain way of sorting them all."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claudetask_core.search.index.catalog import Catalog
from claudetask_core.search.index.rows import FileRow
from claudetask_core.search.ranking.choosing import FILES, Best, Entries, best_files
from claudetask_core.search.ranking.chunk_fields import Candidates
from claudetask_core.search.tree.reading import Signature

SECOND = 0.25
DAMPED = 3
Chunk = tuple[float, bool]


def files(count: int) -> Catalog:
    """Files of which each third is gone, and none shares a content."""
    catalog = Catalog()
    catalog.first = np.arange(count, dtype=np.int64)
    for number in range(count):
        row = FileRow(f"{number}.py", Signature(1, 1, 1, 1), b"", None, None)
        catalog.rows.append(None if number % 3 == 1 else row)
    return catalog


@pytest.mark.parametrize("wanted", [1, 2, 7, 50])
def test_the_best_files_are_those_of_all_that_are_there_and_wanted(wanted: int) -> None:
    scores = np.random.default_rng(5).integers(0, 300, 2000).astype(np.float64)
    catalog = files(scores.size)

    def is_wanted(row: FileRow) -> bool:
        return int(row.path.removesuffix(".py")) % wanted == 0

    plain = sorted(range(scores.size), key=lambda number: (-scores[number], number))
    there = [
        number
        for number in plain
        if number % 3 != 1 and number % wanted == 0 and scores[number] > 0
    ]
    found = best_files(scores, catalog, is_wanted)
    assert found.numbers.tolist() == there[:FILES]
    assert [row.path for row in found.rows] == [f"{number}.py" for number in there[:FILES]]


def test_files_that_share_a_content_have_it_once() -> None:
    catalog = files(6)
    catalog.first = np.array([0, 1, 0, 3, 4, 3], np.int64)
    found = best_files(np.array([1.0, 9.0, 4.0, 3.0, 2.0, 5.0]), catalog, lambda _: True)
    assert found.numbers.tolist() == [5, 2, 3, 0]
    assert found.contents.tolist() == [3, 0]
    assert found.places.tolist() == [0, 1, 0, 1]


def plainly(chunks: list[list[Chunk]], most: int) -> list[tuple[int, int, float]]:
    """The chunks as their scores say, each further one of a file lowered."""
    found: list[tuple[int, int, float]] = []
    first = 0
    for order, own in enumerate(chunks):
        times = Counter[int]()
        for place in sorted(range(len(own)), key=lambda place: (-own[place][0], place)):
            score, matched = own[place]
            if matched or not times[order]:
                lowered = score * SECOND ** min(DAMPED, times[order])
                found.append((order, first + place, lowered))
                times[order] += 1
        first += len(own)
    return sorted(found, key=lambda one: (-one[2], one[0], one[1]))[:most]


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 9).map(float), st.booleans()), min_size=1, max_size=8),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 12),
)
def test_no_hit_is_lost_by_sorting_only_what_can_be_one(
    chunks: list[list[Chunk]], most: int
) -> None:
    counts = np.array([len(own) for own in chunks], np.int64)
    numbers = np.arange(counts.size)
    candidates = Candidates(np.cumsum(counts) - counts, counts)
    entries = Entries.of(Best(numbers, [], numbers, numbers), candidates)
    entries.scores = np.array([score for own in chunks for score, _ in own])
    entries.cut(most)
    entries.damp(np.array([matched for own in chunks for _, matched in own]), SECOND)
    assert entries.best(most) == plainly(chunks, most)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3), st.lists(st.integers(1, 9).map(float), min_size=1, max_size=4)
        ),
        min_size=1,
        max_size=9,
    )
)
def test_a_file_named_as_a_better_one_is_lowered(named: list[tuple[int, list[float]]]) -> None:
    counts = np.array([len(scores) for _, scores in named], np.int64)
    numbers = np.arange(counts.size)
    candidates = Candidates(np.cumsum(counts) - counts, counts)
    entries = Entries.of(Best(numbers, [], numbers, numbers), candidates)
    entries.scores = np.array([score for _, scores in named for score in scores])
    entries.vary(np.array([name for name, _ in named], np.int32))
    times = Counter[int]()
    factors: dict[int, float] = {}
    for order in sorted(range(len(named)), key=lambda order: -max(named[order][1])):
        name = named[order][0]
        factors[order] = 0.9 ** min(2, times[name])
        times[name] += 1
    plain = [score * factors[order] for order, (_, own) in enumerate(named) for score in own]
    assert entries.scores.tolist() == pytest.approx(plain)
