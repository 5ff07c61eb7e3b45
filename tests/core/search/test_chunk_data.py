"""What is known of chunks is read from the index once, as long as there is room for it."""

from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.search.index.chunk_data import ChunkRows, ChunkVectors
from claudetask_core.search.index.connection import IndexDamaged
from claudetask_core.search.index.store import Store
from tests.core.search.trees import Tree

WIDE = b"x" * 100
TWO = 2 * 200
"""Two contents of `WIDE`, with what remembering each costs."""


class Counting(Store):
    """Remembers which contents it was asked for."""

    asked: list[list[int]]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.asked = []

    def vectors(self, encoder: str, blobs: Sequence[int]) -> dict[int, bytes]:
        self.asked.append([*blobs])
        return super().vectors(encoder, blobs)

    def rows(self, blobs: Sequence[int]) -> dict[int, bytes]:
        self.asked.append([*blobs])
        return super().rows(blobs)


@pytest.fixture
def store(tmp_path: Path) -> Generator[Counting]:
    opened = Counting(tmp_path / "index.db", tmp_path, b"")
    opened.add_vectors("a", [(1, b"one"), (2, b"two"), (3, b"three")])
    opened.add_vectors("wide", [(blob, WIDE) for blob in range(1, 6)])
    yield opened
    opened.close()


def test_the_vectors_of_a_content_are_read_once(store: Counting) -> None:
    vectors = ChunkVectors()
    assert vectors.of(store, "a", [2, 1]) == [b"two", b"one"]
    assert vectors.of(store, "a", [3, 2]) == [b"three", b"two"]
    assert store.asked == [[2, 1], [3]]


def test_a_content_without_vectors_is_asked_for_until_it_has_some(store: Counting) -> None:
    vectors = ChunkVectors()
    assert vectors.of(store, "a", [9, 1]) == [b"", b"one"]
    store.add_vectors("a", [(9, b"nine")])
    assert vectors.of(store, "a", [9, 1]) == [b"nine", b"one"]


def test_each_encoder_has_vectors_of_its_own(store: Counting) -> None:
    vectors = ChunkVectors()
    assert vectors.of(store, "a", [1]) == [b"one"]
    assert vectors.of(store, "wide", [1]) == [WIDE]


def test_what_was_wanted_longest_ago_is_given_up_first(store: Counting) -> None:
    vectors = ChunkVectors(most=TWO)
    for blob in (1, 2, 1, 3):
        vectors.of(store, "wide", [blob])
    store.asked.clear()
    vectors.of(store, "wide", [1, 2])
    assert store.asked == [[2]]


def test_nothing_is_forgotten_for_what_is_read_ahead(store: Counting) -> None:
    vectors = ChunkVectors(most=TWO)
    vectors.prepare(store, "wide", [1])
    vectors.prepare(store, "wide", [1])
    vectors.prepare(store, "wide", [2, 3])
    assert store.asked == [[1]]
    assert vectors.of(store, "wide", [1]) == [WIDE]
    assert store.asked == [[1]]


def test_what_is_wanted_again_and_again_stays_whatever_else_is_wanted(store: Counting) -> None:
    vectors = ChunkVectors(most=2 * TWO)
    for blob in (1, 2, 3, 4, 5, 2, 3, 4, 5):
        assert vectors.of(store, "wide", [blob, 1]) == [WIDE, WIDE]
    assert sum(1 in asked for asked in store.asked) == 1


def test_the_rows_of_a_content_are_read_once(tree: Tree) -> None:
    tree.write("a.py", "def first():\n    return 1\n")
    tree.write("b.py", "def second():\n    return 2\n")
    tree.index.refresh()
    with closing(Counting(tree.database, tree.root, tree.index.rules)) as store:
        blobs = [row.blob.id for _, row in store.files_after(0) if row.blob]
        rows = ChunkRows()
        rows.prepare(store, blobs[:1])
        found = rows.of(store, blobs)
        assert found == rows.of(store, blobs)
        assert [data.split(b"\t")[-1] for data in found] == [b"first", b"second"]
        assert store.asked == [blobs[:1], blobs[1:]]


def test_a_content_that_is_missing_is_a_damage(store: Counting) -> None:
    with pytest.raises(IndexDamaged):
        ChunkRows().of(store, [1])
