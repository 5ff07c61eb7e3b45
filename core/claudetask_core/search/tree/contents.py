"""Bytes by content, as the index has them, of those that were asked for lately."""

from collections.abc import Callable, Sequence
from typing import Final

Read = Callable[[Sequence[int]], dict[int, bytes]]
"""Reads from the index what it has of some contents."""
_COST: Final = 100


class Contents:
    """What never changes of a content, and is wanted again and again.

    In two generations, as to note each use of each content would take longer than to look it up:
    once the recent ones are half of what may be remembered, those before them are forgotten.

    Args:
        most: About how many bytes to remember.
    """

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self.forget()

    def forget(self) -> None:
        """Forgets all, for what is read from now on is another thing."""
        self._recent: dict[int, bytes] = {}
        self._older: dict[int, bytes] = {}
        self._size = 0

    def of(self, blobs: Sequence[int], read: Read) -> list[bytes]:
        """That of each content; none where there is none yet."""
        recent = self._recent
        answer = [recent.get(blob, b"") for blob in blobs]
        if all(answer):
            return answer
        others = [blob for blob in blobs if blob not in recent]
        older = self._older
        found = {blob: older[blob] for blob in others if blob in older}
        missing = [blob for blob in others if blob not in found]
        if missing:
            found |= read(missing)
        answer = [recent.get(blob) or found.get(blob, b"") for blob in blobs]
        self._keep(found)
        return answer

    def prepare(self, blobs: Sequence[int], read: Read) -> None:
        """Reads that of some ahead, as long as nothing has to be forgotten for it."""
        missing = [blob for blob in blobs if blob not in self._recent]
        if missing and not self._older and self._size < self._half:
            self._keep(read(missing))

    def _keep(self, found: dict[int, bytes]) -> None:
        self._recent |= found
        self._size += sum(_COST + len(data) for data in found.values())
        if self._size > self._half:
            self._older, self._recent, self._size = self._recent, {}, 0
