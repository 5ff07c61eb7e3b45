"""The lines of files that were read a moment ago, as long as the files are still the same.

The best files of one question are often those of the next. A file is taken from here only
where its size, its inode and both its times are those it had when it was read, and its status
had been unchanged for longer than a tick of the file system's clock by then: whatever is
written to a file sets the time of its status, and no program can set that back. So a link that
took the place of one of its folders meanwhile leads to this very file or to none: what is shown
was read when only real folders led there, and nothing is ever read through a link.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.index.rows import FileRow
from claudetask_core.search.tree.reading import Identity, identity, read, text_of

_MOST: Final = 12_000_000
_AHEAD: Final = 0.6
_AT_ONCE: Final = 100
_TICK_NS: Final = 100_000_000
_LINE_END: Final = 10


class Lines:
    """Some lines of a text, found without taking all of it apart.

    Args:
        text: With one line feed after every line.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends: NDArray[np.int64] | None = None

    def between(self, start: int, end: int) -> str:
        """The lines from `start` to `end`, counted from 1, both included, without the last end."""
        text = self._text
        if not text.isascii():
            return "\n".join(text.split("\n", end)[start - 1 : end])
        ends = self._ends
        if ends is None:
            data = np.frombuffer(text.encode("ascii"), np.uint8)
            ends = self._ends = np.nonzero(data == _LINE_END)[0]
        first = int(ends[start - 2]) + 1 if start > 1 else 0
        last = int(ends[end - 1]) if end <= ends.size else len(text)
        return text[first:last]


@dataclass(frozen=True, slots=True)
class _Copy:
    identity: Identity
    digest: bytes
    size: int
    lines: Lines


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
        self._prefix = f"{root}/"
        self._max_bytes = max_bytes
        self._most = most
        self._now = now
        self._copies: OrderedDict[str, _Copy] = OrderedDict()
        self._size = 0
        self._ahead = 0
        self._lock = Lock()

    def lines(self, path: str, digest: bytes, safe: set[str]) -> Lines | None:
        """The lines of a file, None where it is not, or no longer, the one with this digest.

        Args:
            path: The file's path in the tree.
            digest: Of the bytes that were indexed.
            safe: Folders that were looked at for this answer; grows.
        """
        copy = self._copy(path)
        if copy is not None:
            return copy.lines if copy.digest == digest else None
        started = self._now()
        content = read(self._root, path, self._max_bytes, safe)
        if content is None or content.digest != digest:
            return None
        copy = _Copy(content.identity, digest, len(content.data), Lines(text_of(content.data)))
        if started - max(copy.identity.mtime_ns, copy.identity.changed_ns) > _TICK_NS:
            self._keep(path, copy)
        return copy.lines

    def fill(self, rows: Sequence[FileRow | None]) -> bool:
        """Reads the next few files ahead, as long as there is room; whether there are more.

        Args:
            rows: All files, those that matter most first; the same ones at every call.
        """
        some = rows[self._ahead : self._ahead + _AT_ONCE]
        self._ahead += len(some)
        safe: set[str] = set()
        for row in some:
            if self._size > self._most * _AHEAD:
                self._ahead = len(rows)
                break
            if row is not None:
                self.lines(row.path, row.digest, safe)
        return self._ahead < len(rows)

    def _copy(self, path: str) -> _Copy | None:
        """What is kept of a file, where the file is still as it was."""
        with self._lock:
            copy = self._copies.get(path)
            if copy is None:
                return None
            self._copies.move_to_end(path)
        return copy if copy.identity == identity(self._prefix + path) else None

    def _keep(self, path: str, copy: _Copy) -> None:
        with self._lock:
            replaced = self._copies.pop(path, None)
            self._size += copy.size - (replaced.size if replaced else 0)
            self._copies[path] = copy
            while self._size > self._most:
                _, oldest = self._copies.popitem(last=False)
                self._size -= oldest.size
