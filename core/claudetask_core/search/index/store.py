"""Reads and writes of the index file: plain SQLite, one writer at a time, readers never blocked.

The file may be deleted at any time. A damaged one, or one of another format, is deleted and
made anew by whoever notices.
"""

import os
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.index.analysis import Batch
from claudetask_core.search.index.connection import IndexDamaged, connect, translated, writing
from claudetask_core.search.index.merging import is_waiting, merge_rest, merge_some, tidy
from claudetask_core.search.index.rows import BlobRow, Entry, FileRow
from claudetask_core.search.text.packed import MOST_CHUNKS, without
from claudetask_core.search.tree.reading import Signature

_FILES: Final = (
    "SELECT e.seq, e.path, e.size, e.mtime_ns, e.inode, e.changed_ns, e.digest, e.language,"
    " b.id, b.base, b.chunks, b.length, b.definitions, b.lengths"
    " FROM entries AS e LEFT JOIN blobs AS b ON b.id = e.blob"
    " WHERE e.tree = ? AND e.seq > ? ORDER BY e.seq"
)
_AT_ONCE: Final = 500
_TERMS: Final = 128


class Store:
    """One tree in the index file; its caller lets one thread in at a time.

    Args:
        path: The index file, which many trees may share.
        root: The tree's folder.
        rules: Name how it is seen: what is left out, and with which table it is analysed.
    """

    def __init__(self, path: Path, root: Path, rules: bytes) -> None:
        self._path = path
        self._connection = connect(path)
        try:
            with translated():
                self._inode = path.stat().st_ino
                self.tree = self._tree(os.fsencode(root), rules)
        except BaseException:
            self._connection.close()
            raise

    def _tree(self, *key: bytes) -> int:
        select = "SELECT id FROM trees WHERE root = ? AND rules = ?"
        row = self._connection.execute(select, key).fetchone()
        if row is None:
            self._connection.execute("INSERT OR IGNORE INTO trees (root, rules) VALUES (?, ?)", key)
            row = self._connection.execute(select, key).fetchone()
        return row[0]

    @property
    def is_replaced(self) -> bool:
        """Whether the file on disk is no longer the one that is open."""
        try:
            return os.stat(self._path).st_ino != self._inode  # noqa: PTH116 — asked by every question, and half the time
        except OSError:
            return True

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """One state of the file for several reads, whatever other processes write meanwhile."""
        with translated():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")

    def written(self) -> int:
        """A number that grows with whatever is written of the files of any tree."""
        with translated():
            return self._counter("seq")

    def files_after(self, seq: int) -> list[tuple[int, FileRow]]:
        """(number, file) of what was written after that number, in their order."""
        with translated():
            return [
                (row[0], _file(row)) for row in self._connection.execute(_FILES, (self.tree, seq))
            ]

    def gone_after(self, seq: int) -> list[tuple[int, str]]:
        """(number, path) of what was removed after that number."""
        with translated():
            return self._connection.execute(
                "SELECT seq, path FROM gone WHERE tree = ? AND seq > ? ORDER BY seq",
                (self.tree, seq),
            ).fetchall()

    def postings(self, terms: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """(term, packed postings) of `packed.py`, also of other trees' chunks.

        A term that stands in several segments comes once for each, one that stands nowhere never.
        """
        for start in range(0, len(terms), _TERMS):
            some = [*terms[start : start + _TERMS]]
            room = 1 << (len(some) - 1).bit_length()  # few statements to prepare
            marks = ",".join("?" * room)
            yield from self._connection.execute(
                "SELECT term, data FROM postings WHERE segment IN (SELECT id FROM segments)"  # noqa: S608 — only question marks
                f" AND term IN ({marks}) ORDER BY segment",
                some + some[-1:] * (room - len(some)),
            )

    def known_terms(self, terms: Sequence[str]) -> list[str]:
        """Those of some terms that stand anywhere, also in other trees."""
        found: dict[str, None] = {}
        for start in range(0, len(terms), _TERMS):
            some = [*terms[start : start + _TERMS]]
            marks = ",".join("?" * len(some))
            rows = self._connection.execute(
                "SELECT term FROM postings WHERE segment IN (SELECT id FROM segments)"  # noqa: S608 — only question marks
                f" AND term IN ({marks})",
                some,
            )
            found.update((term, None) for (term,) in rows)
        return list(found)

    def chunks(self, blobs: Sequence[int]) -> dict[int, list[str]]:
        """The rows of the chunks of each blob, in their order (`analysis.unpack_row`)."""
        return {blob: data.decode().split("\n") for blob, data in self.rows(blobs).items()}

    def rows(self, blobs: Sequence[int]) -> dict[int, bytes]:
        """The rows of the chunks of each blob as they are kept (`analysis.pack_rows`)."""
        found = self._by_blob("SELECT id, rows FROM blobs WHERE id", blobs)
        missing = [blob for blob in blobs if blob not in found]
        if missing:
            raise IndexDamaged(f"blob {missing[0]} is missing")
        return found

    def vectors(self, encoder: str, blobs: Sequence[int]) -> dict[int, bytes]:
        """The vectors that an encoder gave the chunks of those of the blobs that have any."""
        select = "SELECT blob, data FROM vectors WHERE encoder = ? AND blob"
        return self._by_blob(select, blobs, encoder)

    def _by_blob(self, select: str, blobs: Sequence[int], *values: str) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        for start in range(0, len(blobs), _AT_ONCE):
            some = blobs[start : start + _AT_ONCE]
            statement = f"{select} IN ({','.join('?' * len(some))})"
            found.update(self._connection.execute(statement, (*values, *some)).fetchall())
        return found

    def known(self, keys: Iterable[bytes]) -> set[bytes]:
        """Which contents are analysed already."""
        with translated():
            return {
                key
                for key in keys
                if self._connection.execute("SELECT 1 FROM blobs WHERE key = ?", (key,)).fetchone()
            }

    def write(
        self,
        entries: Iterable[Entry] = (),
        gone: Iterable[str] = (),
        batch: Batch | None = None,
        keys: Sequence[bytes] = (),
    ) -> None:
        """One transaction: contents (`keys` names those of `batch`), then paths, then removals."""
        with writing(self._connection):
            if batch is not None:
                self._add(batch, keys)
            seq = self._counter("seq")
            for entry in entries:
                seq += 1
                self._put(entry, seq)
            for path in gone:
                seq += 1
                self._remove(path, seq)
            self._set_counter("seq", seq)
            merge_some(self._connection)

    def unencoded(self, encoder: str, most: int) -> list[tuple[int, str, bytes]]:
        """(blob, a path of the tree that has it, digest) of contents without such vectors."""
        with translated():
            return self._connection.execute(
                "SELECT e.blob, MIN(e.path), e.digest FROM entries AS e WHERE e.tree = ?"
                " AND e.blob NOT NULL AND NOT EXISTS"
                " (SELECT 1 FROM vectors AS v WHERE v.encoder = ? AND v.blob = e.blob)"
                " GROUP BY e.blob LIMIT ?",
                (self.tree, encoder, most),
            ).fetchall()

    def add_vectors(self, encoder: str, vectors: Iterable[tuple[int, bytes]]) -> None:
        """Keeps the vectors of contents."""
        with writing(self._connection):
            self._connection.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
                ((encoder, blob, data) for blob, data in vectors),
            )

    def history_position(self) -> str | None:
        """Where the kept history of the tree ends."""
        with translated():
            row = self._connection.execute(
                "SELECT position FROM histories WHERE tree = ?", (self.tree,)
            ).fetchone()
        return row[0] if row else None

    def history(self, column: Literal["commits", "data"]) -> bytes:
        """The kept history: its commits (`commits.keeping`) or its arrays (`commits.index`)."""
        with translated():
            row = self._connection.execute(
                f"SELECT {column} FROM histories WHERE tree = ?",  # noqa: S608 — one of two names
                (self.tree,),
            ).fetchone()
        return row[0] if row else b""

    def keep_history(self, position: str, commits: bytes, data: bytes) -> None:
        """Puts a history in the place of the one before."""
        with writing(self._connection):
            self._connection.execute(
                "INSERT OR REPLACE INTO histories VALUES (?, ?, ?, ?)",
                (self.tree, position, commits, data),
            )

    def merge(self) -> bool:
        """Brings some postings together that have waited for it; whether there were any."""
        with translated():
            if not is_waiting(self._connection):
                return False
        with writing(self._connection):
            merge_rest(self._connection)
        return True

    def tidy(self) -> bool:
        """Forgets contents that no tree has, once they are many; whether it did."""
        with writing(self._connection):
            return tidy(self._connection)

    def _counter(self, name: str) -> int:
        row = self._connection.execute(
            "SELECT value FROM counters WHERE name = ?", (name,)
        ).fetchone()
        return row[0] if row else 0

    def _set_counter(self, name: str, value: int) -> None:
        self._connection.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, value))

    def _add(self, batch: Batch, keys: Sequence[bytes]) -> None:
        """Keeps contents, but for those that another process, or a batch before, has added since
        they were found to be new.
        """
        base = self._counter("chunks")
        if base + batch.chunks >= MOST_CHUNKS:
            raise IndexDamaged("no number for a chunk is left")
        self._set_counter("chunks", base + batch.chunks)
        added = np.zeros(base + batch.chunks, np.bool_)
        first = base
        for number, (key, blob) in enumerate(zip(keys, batch.blobs, strict=True)):
            row = self._connection.execute(
                "INSERT INTO blobs (key, base, chunks, length, definitions, lengths, rows)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING RETURNING id",
                (key, first, blob.chunks, blob.length, blob.definitions, blob.lengths, blob.rows),
            ).fetchone()
            added[first : first + blob.chunks] = row is not None
            first += blob.chunks
            if row is not None and batch.vectors:
                self._connection.execute(
                    "INSERT INTO vectors VALUES (?, ?, ?)",
                    (batch.encoder, row[0], batch.vectors[number]),
                )
        self._add_postings(batch.segment.rows(base), batch.chunks, added)

    def _add_postings(
        self, rows: Iterable[tuple[str, bytes]], chunks: int, added: NDArray[np.bool_]
    ) -> None:
        """Keeps the postings of those of the batch's chunks that were added."""
        count = int(np.count_nonzero(added))
        if count < chunks:
            rows = ((term, without(data, added)) for term, data in rows)
        segment = self._connection.execute(
            "INSERT INTO segments (chunks) VALUES (?) RETURNING id", (count,)
        ).fetchone()[0]
        self._connection.executemany(
            "INSERT INTO postings VALUES (?, ?, ?)",
            ((segment, term, data) for term, data in rows if data),
        )

    def _put(self, entry: Entry, seq: int) -> None:
        """Writes an entry, unless another process has just forgotten the content it names.

        The path is left out then, so that the next look finds it new.
        """
        blob = None
        if entry.key is not None:
            blob = self._connection.execute(
                "SELECT id FROM blobs WHERE key = ?", (entry.key,)
            ).fetchone()
            if blob is None:
                self._remove(entry.path, seq)
                return
        self._connection.execute(
            "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.tree,
                entry.path,
                *entry.signature,
                entry.digest,
                entry.language,
                blob[0] if blob is not None else None,
                seq,
            ),
        )
        self._connection.execute(
            "DELETE FROM gone WHERE tree = ? AND path = ?", (self.tree, entry.path)
        )

    def _remove(self, path: str, seq: int) -> None:
        done = self._connection.execute(
            "DELETE FROM entries WHERE tree = ? AND path = ?", (self.tree, path)
        )
        if done.rowcount:
            self._connection.execute(
                "INSERT OR REPLACE INTO gone VALUES (?, ?, ?)", (self.tree, path, seq)
            )


def _file(row: sqlite3.Row | tuple[Any, ...]) -> FileRow:
    _, path, size, mtime_ns, inode, changed_ns, digest, language, blob, *rest = row
    return FileRow(
        path=path,
        signature=Signature(size, mtime_ns, inode, changed_ns),
        digest=digest,
        language=language,
        blob=None if blob is None else BlobRow(blob, *rest),
    )
