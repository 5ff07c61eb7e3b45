"""Opens the index file and tells a damaged one from a disk or a lock that says no."""

import sqlite3
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from claudetask_core.errors import Unavailable
from claudetask_core.private_file import make_private_file
from claudetask_core.search.index.schema import FORMAT, TABLES

_BUSY_SECONDS: Final = 2.0
_CORRUPT: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = NORMAL",  # a lost index is only rebuilt
    "cache_size = -16384",
    "wal_autocheckpoint = 4000",
    "journal_size_limit = 4000000",
    "temp_store = MEMORY",
    "trusted_schema = OFF",
)


class IndexUnavailable(Unavailable):
    code = "index_unavailable"


class IndexDamaged(Exception):  # never leaves this package: the index is made anew
    """The index file cannot be used as it is: `said` is what a log shows of it."""

    @property
    def said(self) -> str:
        return f"is damaged and is made anew: {self}"


class IndexOfAnotherFormat(IndexDamaged):
    """Another version of the program made it."""

    @property
    def said(self) -> str:
        return f"was made by another version of the program and is made anew: {self}"


@contextmanager
def translated() -> Generator[None]:
    """Turns what SQLite and the disk say into the two errors of this module."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in _CORRUPT:
            raise IndexDamaged(str(error)) from error
        raise IndexUnavailable(
            f"The code index cannot be used now: {error}.",
            next_step="Try again in a moment; if it stays so, look at free disk space.",
        ) from error
    except (sqlite3.DatabaseError, zlib.error, UnicodeDecodeError, ValueError) as error:
        raise IndexDamaged(str(error)) from error
    except OSError as error:
        raise IndexUnavailable(
            f"The code index cannot be opened: {error.strerror}.",
            next_step="Check that the data folder can be written to.",
        ) from error


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the index file, which is made where it is missing.

    Raises:
        IndexDamaged: It is no index.
        IndexOfAnotherFormat: It is one of another version.
        IndexUnavailable: The disk, the folder or another process is in the way.
    """
    with translated():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_private_file(path)
        connection = sqlite3.connect(
            path,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _prepare(connection: sqlite3.Connection) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    if _version(connection) == FORMAT:
        return
    with writing(connection):
        found = _version(connection)
        if found == 0:
            for statement in TABLES.split(";")[:-1]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {FORMAT}")
    if found not in {0, FORMAT}:
        raise IndexOfAnotherFormat(f"format {found}, not {FORMAT}")


@contextmanager
def writing(connection: sqlite3.Connection) -> Generator[None]:
    """One transaction, undone as a whole by any error."""
    with translated():
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]
