"""The vectors of the chunks of contents that were asked for lately, as the index has them."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from claudetask_core.search.store import Store

_MOST: Final = 24_000_000
"""Bytes that are remembered: 190,000 chunks of the shipped table."""
_COST: Final = 100


class ChunkVectors:
    """Vectors by encoder and content: these never change, and are wanted again and again.

    Args:
        most: About how many bytes to remember.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._known: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._size = 0

    def of(self, store: Store, encoder: str, blobs: Sequence[int]) -> list[bytes]:
        """The packed vectors of the chunks of each content; none where it has none yet."""
        known = self._known
        keys = [(encoder, blob) for blob in blobs]
        missing = [blob for key, blob in zip(keys, blobs, strict=True) if key not in known]
        found = store.vectors(encoder, missing) if missing else {}
        answer: list[bytes] = []
        for key in keys:
            data = known.get(key)
            if data is None:
                data = found.get(key[1], b"")
            else:
                known.move_to_end(key)
            answer.append(data)
        for blob, data in found.items():
            self._keep((encoder, blob), data)
        return answer

    def prepare(self, store: Store, encoder: str, blobs: Sequence[int]) -> None:
        """Reads those of some contents ahead, as long as nothing has to be forgotten for it."""
        missing = [blob for blob in blobs if (encoder, blob) not in self._known]
        if self._size < self._most // 2 and missing:
            for blob, data in store.vectors(encoder, missing).items():
                self._keep((encoder, blob), data)

    def _keep(self, key: tuple[str, int], data: bytes) -> None:
        self._known[key] = data
        self._size += _COST + len(data)
        while self._size > self._most:
            _, oldest = self._known.popitem(last=False)
            self._size -= _COST + len(oldest)
