"""A process's picture of a tree's files, kept in step with the index file cheaply.

Every file has a number; the number of a file that is gone is not used again. Arrays have a
place for each number, and `owner` tells for each chunk the file it is scored with: the first
of those that share its content (`first`). `blobs`, `bases` and `counts` name the content of a file
and its chunks; `kinds` counts files by their marks. `places` is room for a question to mark chunks
in, which it leaves as it found it.
"""

import gc
from collections import Counter
from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.index.path_index import Paths
from claudetask_core.search.index.rows import BlobRow, FileRow
from claudetask_core.search.index.store import Store
from claudetask_core.search.tree.packages import Packages
from claudetask_core.search.tree.paths import path_terms
from claudetask_core.search.tree.priors import PLAIN, marks_of

NOBODY: Final = -1
TEST: Final = 1
"""The bit of a mark that says that a file is a test (`priors.is_test_mark`)."""
_ROOM: Final = 256
_MANY: Final = 1000


D = TypeVar("D", bound=np.generic)


def _grown(values: NDArray[D], size: int, fill: int) -> NDArray[D]:
    """The array with place for at least `size` values."""
    if size <= values.size:
        return values
    larger = np.full(max(size, 2 * values.size), fill, values.dtype)
    larger[: values.size] = values
    return larger


class Catalog:
    """The files by number and by path, and the sums that ranking needs."""

    def __init__(self) -> None:
        self.rows: list[FileRow | None] = []
        self.by_path: dict[str, FileRow] = {}
        self.paths = Paths()
        self.packages = Packages()
        self.version = 0
        self.files = 0
        self.length = 0
        self.chunks = 0
        self.tests = 0
        self.kinds: Counter[int] = Counter()
        self.owner = np.full(_ROOM, NOBODY, np.int32)
        self.places = np.full(_ROOM, NOBODY, np.int32)
        self.chunk_lengths = np.zeros(_ROOM, np.uint16)
        self.first = np.zeros(_ROOM, np.int64)
        self.lengths = np.zeros(_ROOM, np.float64)
        self.definitions = np.zeros(_ROOM, np.float64)
        self.blobs = np.zeros(_ROOM, np.int64)
        self.bases = np.zeros(_ROOM, np.int64)
        self.counts = np.zeros(_ROOM, np.int64)
        self.stem_sizes = np.ones(_ROOM, np.float64)
        self.folder_sizes = np.ones(_ROOM, np.float64)
        self.marks = np.zeros(_ROOM, np.int32)
        self.folders = np.full(_ROOM, NOBODY, np.int32)
        self.names = np.full(_ROOM, NOBODY, np.int32)
        self._name_numbers: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._sharing: dict[int, list[int]] = {}
        self._seq = 0
        self._written = -1
        self._fresh = 0

    def sync(self, store: Store) -> None:
        """Takes in what any process has written since the last call."""
        written = store.written()
        if written == self._written:
            return
        files = store.files_after(self._seq)
        gone = store.gone_after(self._seq)
        for _, path in gone:
            self._drop(path)
        for _, row in files:
            self._put(row)
            self._fresh += 1
            if self._fresh >= _MANY:
                _stay()
                self._fresh = 0
        self.version += len(files) + len(gone)
        self._seq = max(self._seq, 0, *(seq for seq, _ in (*files[-1:], *gone[-1:])))
        self._written = written

    def numbers_of(self, paths: Sequence[str]) -> NDArray[np.int64]:
        """The number of each path, `NOBODY` for one that holds nothing that is indexed."""
        return np.fromiter(
            (self._numbers.get(path, NOBODY) for path in paths), np.int64, len(paths)
        )

    def _put(self, row: FileRow) -> None:
        number = self._numbers.get(row.path)
        known = None if number is None else self.rows[number]
        if number is not None and known is not None and _same(known.blob, row.blob):
            self.rows[number] = row
            self.by_path[row.path] = row
            return
        self._drop(row.path)
        self.by_path[row.path] = row
        if row.blob is not None and row.blob.chunks:
            self._add(row, row.blob)

    def _add(self, row: FileRow, blob: BlobRow) -> None:
        number = len(self.rows)
        self.rows.append(row)
        self._numbers[row.path] = number
        terms = path_terms(row.path)
        self.paths.add(number, terms)
        self._make_room(number + 1, blob.base + blob.chunks)
        self.lengths[number] = blob.length
        self.definitions[number] = blob.definitions
        self.blobs[number] = blob.id
        self.bases[number], self.counts[number] = blob.base, blob.chunks
        mark = marks_of(row.path, row.language)
        self.marks[number] = mark
        self.folders[number] = self.packages.add(row.path, _source(mark, blob))
        name = row.path.rpartition("/")[2]
        self.names[number] = self._name_numbers.setdefault(name, len(self._name_numbers))
        self.stem_sizes[number] = max(1, len(terms.stem_words))
        self.folder_sizes[number] = max(1, terms.folders)
        self.files += 1
        self.length += blob.length
        self.chunks += blob.chunks
        self.tests += mark & TEST
        self.kinds[mark] += 1
        sharing = self._sharing.setdefault(blob.id, [])
        sharing.append(number)
        self.first[number] = sharing[0]
        if len(sharing) == 1:
            chunks = slice(blob.base, blob.base + blob.chunks)
            self.owner[chunks] = number
            self.chunk_lengths[chunks] = np.frombuffer(blob.lengths, np.uint16)

    def _make_room(self, files: int, chunks: int) -> None:
        if chunks > self.owner.size:
            self.owner = _grown(self.owner, chunks, NOBODY)
            self.places = _grown(self.places, chunks, NOBODY)
            self.chunk_lengths = _grown(self.chunk_lengths, chunks, 0)
        if files <= self.first.size:
            return
        self.first = _grown(self.first, files, 0)
        self.lengths = _grown(self.lengths, files, 0)
        self.definitions = _grown(self.definitions, files, 0)
        self.blobs = _grown(self.blobs, files, 0)
        self.bases = _grown(self.bases, files, 0)
        self.counts = _grown(self.counts, files, 0)
        self.stem_sizes = _grown(self.stem_sizes, files, 1)
        self.folder_sizes = _grown(self.folder_sizes, files, 1)
        self.marks = _grown(self.marks, files, 0)
        self.folders = _grown(self.folders, files, NOBODY)
        self.names = _grown(self.names, files, NOBODY)

    def _drop(self, path: str) -> None:
        self.by_path.pop(path, None)
        number = self._numbers.pop(path, None)
        if number is None:
            return
        row = self.rows[number]
        self.rows[number] = None
        self.folders[number] = NOBODY
        if row is None or row.blob is None:
            return
        blob = row.blob
        mark = int(self.marks[number])
        self.packages.drop(path, _source(mark, blob))
        self.files -= 1
        self.length -= blob.length
        self.chunks -= blob.chunks
        self.tests -= mark & TEST
        self.kinds[mark] -= 1
        sharing = self._sharing[blob.id]
        sharing.remove(number)
        heir = sharing[0] if sharing else NOBODY
        self.owner[blob.base : blob.base + blob.chunks] = heir
        for other in sharing:
            self.first[other] = heir
        if not sharing:
            del self._sharing[blob.id]


def _source(mark: int, blob: BlobRow) -> float:
    """How much source a file holds: none where it is a test, prose or the like."""
    return blob.length if mark == PLAIN else 0.0


def _stay() -> None:
    """Has the garbage collector no longer look at what is there: of a large tree that is a million
    objects in no cycle, and each look held the interpreter for a tenth of a second and more. They
    still go as soon as nothing refers to them.
    """
    gc.collect(1)
    gc.freeze()


def _same(one: BlobRow | None, other: BlobRow | None) -> bool:
    return (one and one.id) == (other and other.id)
