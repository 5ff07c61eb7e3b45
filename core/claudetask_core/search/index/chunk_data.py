"""The vectors and the rows of chunks, by the content they are of, read from the index once."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from claudetask_core.search.index.store import Store
from claudetask_core.search.tree.contents import Contents

_VECTORS: Final = 24_000_000
"""Bytes that are remembered: 190,000 chunks of the shipped table."""
_ROWS: Final = 4_000_000
"""The same of rows: about as many chunks."""


class ChunkVectors:
    """The packed vectors that an encoder gave the chunks of contents.

    Args:
        most: About how many bytes to remember.
    """

    def __init__(self, most: int = _VECTORS) -> None:
        self._encoder = ""
        self._contents = Contents(most)

    def of(self, store: Store, encoder: str, blobs: Sequence[int]) -> list[bytes]:
        """Those of the chunks of each content; none where it has none yet."""
        self._turn_to(encoder)
        return self._contents.of(blobs, partial(store.vectors, encoder))

    def prepare(self, store: Store, encoder: str, blobs: Sequence[int]) -> None:
        """Reads those of some contents ahead, as long as nothing has to be forgotten for it."""
        self._turn_to(encoder)
        self._contents.prepare(blobs, partial(store.vectors, encoder))

    def _turn_to(self, encoder: str) -> None:
        """Forgets the vectors of another encoder; an index is asked by one at a time."""
        if encoder != self._encoder:
            self._encoder = encoder
            self._contents.forget()


class ChunkRows:
    """The packed rows of the chunks of contents (`analysis.pack_rows`).

    Args:
        most: About how many bytes to remember.
    """

    def __init__(self, most: int = _ROWS) -> None:
        self._contents = Contents(most)

    def of(self, store: Store, blobs: Sequence[int]) -> list[bytes]:
        """Those of the chunks of each content."""
        return self._contents.of(blobs, store.rows)

    def prepare(self, store: Store, blobs: Sequence[int]) -> None:
        """Reads those of some contents ahead, as long as nothing has to be forgotten for it."""
        self._contents.prepare(blobs, store.rows)
