"""What callers have read lately, so that a conflict can say what changed since."""

from collections import OrderedDict

from claudetask_core.services.disk.files import digest

LIMIT = 32
BYTES = 8 * 1024 * 1024


class Seen:
    """The last contents that were read in this process, by their hash."""

    def __init__(self, *, limit: int = LIMIT, most: int = BYTES) -> None:
        self._limit = limit
        self._most = most
        self._contents: OrderedDict[str, bytes] = OrderedDict()

    def note(self, data: bytes | None) -> None:
        """Remembers a content as the newest, and forgets the oldest where there are too many."""
        if data is None:
            return
        name = digest(data)
        self._contents[name] = data
        self._contents.move_to_end(name)
        while len(self._contents) > self._limit or self._size() > self._most:
            self._contents.popitem(last=False)

    def get(self, content_hash: str) -> bytes | None:
        return self._contents.get(content_hash)

    def _size(self) -> int:
        return sum(len(data) for data in self._contents.values())
