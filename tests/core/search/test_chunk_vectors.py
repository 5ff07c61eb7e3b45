"""The vectors of chunks are read from the index once, as long as there is room for them."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.search.chunk_vectors import ChunkVectors
from claudetask_core.search.store import Store

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


@pytest.fixture
def store(tmp_path: Path) -> Generator[Counting]:
    opened = Counting(tmp_path / "index.db", tmp_path)
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
