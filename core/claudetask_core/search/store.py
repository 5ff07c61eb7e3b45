"""The index file: plain SQLite, one writer at a time, readers never blocked (WAL).

The file may be deleted at any time. A damaged one, or one of another format, is deleted and
made anew by whoever notices. File ids are never used again, so a process keeps its picture of the
files (`catalog.py`) up to date by asking for ids above the last and for the ids in `changes`,
which are those of files that were removed or only touched.
"""

import os
import sqlite3
import zlib
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from claudetask_core.errors import Unavailable
from claudetask_core.search.document import Document
from claudetask_core.search.reading import Signature
from claudetask_core.search.rows import ChunkRow, FileRow

FORMAT: Final = 1
_BUSY_SECONDS: Final = 2.0
_COLUMNS: Final = (
    "id, path, size, mtime_ns, inode, digest, language, stem, length, chunks, definitions"
)
_TABLES: Final = """
CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
    digest BLOB NOT NULL, language TEXT, stem TEXT NOT NULL,
    length INTEGER NOT NULL, chunks INTEGER NOT NULL, definitions INTEGER NOT NULL,
    terms BLOB NOT NULL
);
CREATE TABLE chunks (
    file_id INTEGER NOT NULL, position INTEGER NOT NULL,
    start_line INTEGER NOT NULL, end_line INTEGER NOT NULL,
    symbol TEXT, kind TEXT NOT NULL, length INTEGER NOT NULL,
    PRIMARY KEY (file_id, position)
) WITHOUT ROWID;
CREATE TABLE postings (
    term TEXT NOT NULL, file_id INTEGER NOT NULL, times INTEGER NOT NULL, places BLOB NOT NULL,
    PRIMARY KEY (term, file_id)
) WITHOUT ROWID;
CREATE TABLE changes (seq INTEGER PRIMARY KEY AUTOINCREMENT, file_id INTEGER NOT NULL);
"""
_CORRUPT: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


class IndexUnavailable(Unavailable):
    code = "index_unavailable"


class IndexDamaged(Exception):  # never leaves this package: the index is made anew
    """The index file cannot be used as it is."""


_PostingRow = tuple[str, int, int, bytes]


class Store:
    """One connection to the index file; its caller lets one thread in at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode = 0
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        with _translated():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            self._inode = self._path.stat().st_ino
            connection = sqlite3.connect(
                self._path,
                timeout=_BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            return connection

    @staticmethod
    def _prepare(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # a lost index is only rebuilt
        connection.execute("PRAGMA cache_size = -32768")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")  # a build rewrites pages often
        connection.execute("PRAGMA journal_size_limit = 4000000")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA trusted_schema = OFF")
        if _version(connection) == FORMAT:
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            found = _version(connection)
            if found == 0:
                for statement in _TABLES.split(";")[:-1]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {FORMAT}")
            connection.execute("COMMIT")
        except sqlite3.Error:
            connection.execute("ROLLBACK")
            raise
        if found not in {0, FORMAT}:
            raise IndexDamaged(f"format {found}")

    @property
    def is_replaced(self) -> bool:
        """Whether the file on disk is no longer the one that is open."""
        try:
            return self._path.stat().st_ino != self._inode
        except OSError:
            return True

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """One state of the file for several reads, whatever other processes write meanwhile."""
        with _translated():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")

    def files_after(self, file_id: int) -> list[FileRow]:
        with _translated():
            return [
                _file(row)
                for row in self._connection.execute(
                    f"SELECT {_COLUMNS} FROM files WHERE id > ? ORDER BY id",  # noqa: S608 — a constant
                    (file_id,),
                )
            ]

    def changes_after(self, seq: int) -> list[tuple[int, int, FileRow | None]]:
        """(number, file id, the file as it is now or None) of what was removed or touched."""
        with _translated():
            rows = self._connection.execute(
                "SELECT seq, file_id FROM changes WHERE seq > ? ORDER BY seq", (seq,)
            ).fetchall()
            return [(number, file_id, self._file(file_id)) for number, file_id in rows]

    def _file(self, file_id: int) -> FileRow | None:
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM files WHERE id = ?",  # noqa: S608 — a constant
            (file_id,),
        ).fetchone()
        return _file(row) if row else None

    def postings(self, term: str) -> list[tuple[int, int, bytes]]:
        """(file id, times, packed places) of a term."""
        with _translated():
            return self._connection.execute(
                "SELECT file_id, times, places FROM postings WHERE term = ?", (term,)
            ).fetchall()

    def chunks(self, file_id: int) -> list[ChunkRow]:
        with _translated():
            return [
                ChunkRow._make(row)
                for row in self._connection.execute(
                    "SELECT file_id, position, start_line, end_line, symbol, kind, length"
                    " FROM chunks WHERE file_id = ? ORDER BY position",
                    (file_id,),
                )
            ]

    def write(self, documents: Iterable[Document], gone: Iterable[str]) -> None:
        """Replaces the files of `documents` and forgets those of `gone`, in one transaction."""
        with _translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for path in gone:
                    self._remove(path)
                postings: list[_PostingRow] = []
                for document in documents:
                    if document.is_touched:
                        self._touch(document)
                        continue
                    self._remove(document.path)
                    self._insert(document, postings)
                self._insert_postings(postings)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _remove(self, path: str) -> None:
        row = self._connection.execute(
            "SELECT id, terms FROM files WHERE path = ?", (path,)
        ).fetchone()
        if row is None:
            return
        file_id, packed = row
        terms = zlib.decompress(packed).decode().split("\n")
        self._connection.executemany(
            "DELETE FROM postings WHERE term = ? AND file_id = ?",
            [(term, file_id) for term in terms],
        )
        self._connection.execute("DELETE FROM chunks WHERE file_id = ?", (file_id,))
        self._connection.execute("DELETE FROM files WHERE id = ?", (file_id,))
        self._connection.execute("INSERT INTO changes (file_id) VALUES (?)", (file_id,))

    def _touch(self, document: Document) -> None:
        """Notes that a file with the same content has another time or inode."""
        signature = document.signature
        row = self._connection.execute(
            "UPDATE files SET size = ?, mtime_ns = ?, inode = ? WHERE path = ? AND digest = ?"
            " RETURNING id",
            (signature.size, signature.mtime_ns, signature.inode, document.path, document.digest),
        ).fetchone()
        if row is not None:
            self._connection.execute("INSERT INTO changes (file_id) VALUES (?)", row)

    def _insert_postings(self, rows: list[_PostingRow]) -> None:
        """Inserts in the order of the keys, so that each page of the tree is touched once."""
        rows.sort(key=itemgetter(0, 1))
        self._connection.executemany("INSERT INTO postings VALUES (?, ?, ?, ?)", rows)

    def _insert(self, document: Document, postings: list[_PostingRow]) -> None:
        signature = document.signature
        file_id = self._connection.execute(
            "INSERT INTO files (path, size, mtime_ns, inode, digest, language, stem, length,"
            " chunks, definitions, terms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                document.path,
                signature.size,
                signature.mtime_ns,
                signature.inode,
                document.digest,
                document.language,
                document.stem,
                sum(document.lengths),
                len(document.chunks),
                document.definitions,
                document.packed_terms,
            ),
        ).fetchone()[0]
        self._connection.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (file_id, position, chunk.start, chunk.end, chunk.symbol, chunk.kind, length)
                for position, (chunk, length) in enumerate(
                    zip(document.chunks, document.lengths, strict=True)
                )
            ],
        )
        postings.extend(
            (term, file_id, posting.times, posting.places)
            for term, posting in document.postings.items()
        )


def _file(row: tuple[Any, ...]) -> FileRow:
    return FileRow(row[0], row[1], Signature(row[2], row[3], row[4]), *row[5:])


def delete(path: Path) -> None:
    """Removes an index file with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


@contextmanager
def _translated() -> Generator[None]:
    """Tells a damaged file, which is made anew, from a disk or a lock that says no."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in _CORRUPT:
            raise IndexDamaged(str(error)) from error
        raise IndexUnavailable(
            f"The code index cannot be used now: {error}.",
            next_step="Try again in a moment; if it stays so, look at free disk space.",
        ) from error
    except (sqlite3.DatabaseError, zlib.error, UnicodeDecodeError) as error:
        raise IndexDamaged(str(error)) from error
    except OSError as error:
        raise IndexUnavailable(
            f"The code index cannot be opened: {error.strerror}.",
            next_step="Check that the data folder can be written to.",
        ) from error
