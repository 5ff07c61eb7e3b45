"""The vectors of the chunks of contents that were asked for lately, as the index has them."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from claudetask_core.search.store import Store

_MOST: Final = 24_000_000
"""Bytes that are remembered: 190,000 chunks of the shipped table."""
_COST: Final = 100


class ChunkVectors:
    """Vectors by content: these never change, and are wanted again and again.

    Args:
        most: About how many bytes to remember.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._encoder = ""
        self._known: OrderedDict[int, bytes] = OrderedDict()
        self._size = 0

    def of(self, store: Store, encoder: str, blobs: Sequence[int]) -> list[bytes]:
        """The packed vectors of the chunks of each content; none where it has none yet."""
        self._turn_to(encoder)
        known = self._known
        missing = [blob for blob in blobs if blob not in known]
        found = store.vectors(encoder, missing) if missing else {}
        answer = [known.get(blob) or found.get(blob, b"") for blob in blobs]
        for blob in blobs:
            if blob in known:
                known.move_to_end(blob)
        for blob, data in found.items():
            self._keep(blob, data)
        return answer

    def prepare(self, store: Store, encoder: str, blobs: Sequence[int]) -> None:
        """Reads those of some contents ahead, as long as nothing has to be forgotten for it."""
        self._turn_to(encoder)
        missing = [blob for blob in blobs if blob not in self._known]
        if self._size < self._most // 2 and missing:
            for blob, data in store.vectors(encoder, missing).items():
                self._keep(blob, data)

    def _turn_to(self, encoder: str) -> None:
        """Forgets the vectors of another encoder; an index is asked by one at a time."""
        if encoder != self._encoder:
            self._encoder = encoder
            self._size = 0
            self._known.clear()

    def _keep(self, blob: int, data: bytes) -> None:
        self._known[blob] = data
        self._size += _COST + len(data)
        while self._size > self._most:
            _, oldest = self._known.popitem(last=False)
            self._size -= _COST + len(oldest)
