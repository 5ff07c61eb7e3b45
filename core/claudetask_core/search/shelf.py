"""The lines of files that were read a moment ago, as long as the files are still the same.

The best files of one question are often those of the next. A file is taken from here only
where its size, its inode and both its times are those it had when it was read, and its status
had been unchanged for longer than a tick of the file system's clock by then: whatever is
written to a file sets the time of its status, and no program can set that back.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from claudetask_core.search.reading import Content, is_inside, read

_MOST: Final = 8_000_000
_TICK_NS: Final = 100_000_000

_Identity = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Copy:
    identity: _Identity
    digest: bytes
    size: int
    lines: list[str]


class Shelf:
    """Gives the lines of a tree's files; may be used by several threads.

    Args:
        root: The tree, resolved.
        max_bytes: The size of a file that is still read.
        most: About how many bytes of text to keep.
        now: The time of the file system's clock, in nanoseconds.
    """

    def __init__(
        self,
        root: Path,
        max_bytes: int,
        *,
        most: int = _MOST,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self._most = most
        self._now = now
        self._copies: OrderedDict[str, _Copy] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def lines(self, path: str, digest: bytes, safe: set[str]) -> list[str] | None:
        """The lines of a file, None where it is not, or no longer, the one with this digest.

        Args:
            path: The file's path in the tree.
            digest: Of the bytes that were indexed.
            safe: Folders that were looked at for this answer; grows.
        """
        if not is_inside(self._root, path, safe):
            return None
        place = f"{self._root}/{path}"
        before = _identity(place)
        with self._lock:
            copy = self._copies.get(path)
            if copy is not None and copy.identity == before:
                self._copies.move_to_end(path)
                return copy.lines if copy.digest == digest else None
        started = self._now()
        content = read(self._root, path, self._max_bytes, safe)
        if content is None or content.digest != digest:
            return None
        lines = content.lines
        if before is not None and before == _identity(place):
            self._keep(path, before, content, lines, started)
        return lines

    def _keep(
        self, path: str, identity: _Identity, content: Content, lines: list[str], started: int
    ) -> None:
        *_, written, changed = identity
        if started - max(written, changed) <= _TICK_NS:
            return
        copy = _Copy(identity, content.digest, len(content.data), lines)
        with self._lock:
            replaced = self._copies.pop(path, None)
            self._size += copy.size - (replaced.size if replaced else 0)
            self._copies[path] = copy
            while self._size > self._most:
                _, oldest = self._copies.popitem(last=False)
                self._size -= oldest.size


def _identity(path: str) -> _Identity | None:
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
