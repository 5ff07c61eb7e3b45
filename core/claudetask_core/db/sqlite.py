"""The board as a file: SQLite's options and why for each, its locks and its complaints."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

from filelock import FileLock, Timeout
from sqlalchemy import Column, Table, event, text
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.pool import ConnectionPoolEntry

from claudetask_core.db.backend import WRITES
from claudetask_core.db.derived import require_sqlite
from claudetask_core.db.known_sets import SETS, KnownSets
from claudetask_core.db.refusals import (
    BoardBroken,
    BoardGone,
    BoardUnwritable,
    busy,
    migrating,
)
from claudetask_core.db.sqlite_threads import SqliteThreads
from claudetask_core.errors import Unavailable

CONNECTIONS: Final = 4
OPENED: Final = "opened"
"""Under this a connection keeps which files it has open."""
BESIDE: Final = ("-wal", "-shm")
"""The journal and its index stay the same files while anybody has the board open: who opens it
after one was deleted makes another, and neither sees what the other writes.
"""
Identity = tuple[int, int] | None


def sqlite_url(path: Path) -> str:
    """The address of a board file, whatever characters its path holds."""
    return make_url("sqlite+aiosqlite://").set(database=str(path)).render_as_string()


def file_of(url: str) -> Path | None:
    """The file behind an address, where it is a file's."""
    return _file(make_url(url))


def _file(address: URL) -> Path | None:
    if address.get_backend_name() != "sqlite" or address.database in {None, "", ":memory:"}:
        return None
    return Path(str(address.database))


def identity(file: Path | None) -> Identity:
    """Which file stands there now; None where none does."""
    try:
        found = None if file is None else file.stat()
    except OSError:
        return None
    return None if found is None else (found.st_dev, found.st_ino)


class Sqlite:
    """A write starts with BEGIN IMMEDIATE: SQLite then takes the write lock before the first read.

    A waiting writer is bounded by `busy_timeout`.
    """

    shared: ClassVar[bool] = False
    reads: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, url: URL, busy_seconds: float, sets: Path | None = None) -> None:
        self.url = url
        self.where = url.database or ":memory:"
        self._busy_milliseconds = round(busy_seconds * 1000)
        self.threads = SqliteThreads()
        self._file = _file(url)
        self._beside = [Path(f"{self._file}{end}") for end in BESIDE if self._file is not None]
        self._written: tuple[Identity, ...] | None = None
        self._sets: dict[Identity, KnownSets[Any]] = {}
        self._kept = sets
        self._busy_seconds = busy_seconds

    def options(self) -> dict[str, Any]:
        # Few connections: each is a thread, and SQLite writes one at a time anyway.
        return {
            "pool_size": CONNECTIONS,
            "max_overflow": CONNECTIONS,
            "connect_args": {
                "timeout": self._busy_seconds,
                "async_creator_fn": self.threads.connect,
            },
        }

    def prepare(self, engine: Engine) -> None:
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "connect", self._opened)
        event.listen(engine, "begin", self._still_there)
        event.listen(engine, "begin", _begin)

    def _opened(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[OPENED] = opened = self._place()
        record.info[SETS] = self._sets.setdefault(opened[0], KnownSets(self._kept))

    def known_sets(self) -> KnownSets[Any]:
        return self._sets.get(identity(self._file)) or KnownSets()

    def _place(self) -> tuple[Identity, ...]:
        """Which files the board is: its own and the two beside it."""
        return identity(self._file), *map(identity, self._beside)

    def _still_there(self, connection: Connection) -> None:
        """Refuses to go on in files that nobody would find again: `git clean -x` deletes them."""
        opened, found = connection.info.get(OPENED), self._place()
        if opened == found:
            self._written = found if WRITES in connection.get_execution_options() else self._written
            return
        if opened is None or opened[0] != found[0]:
            raise BoardGone(self._file)
        if found[1] is None:
            # What was acknowledged stands in a journal without a name; nobody has begun another.
            connection.exec_driver_sql("PRAGMA wal_checkpoint")
        other = next(
            n for n, (was, now) in enumerate(zip(opened, found, strict=True)) if was != now
        )
        raise BoardGone(self._beside[other - 1])

    def refuse_lost(self) -> None:
        if self._written is not None and self._written != self._place():
            raise BoardGone(self._file, wrote=True)

    def translation(self, error: Exception) -> Unavailable | None:
        return translation(str(error.orig).lower()) if isinstance(error, DBAPIError) else None

    def is_new(self) -> bool:
        """Whether the file is still empty: then only the holder of the lock may open it.

        The change to write-ahead logging is the one step that SQLite does not let others wait for.

        Raises:
            SqliteTooOld: The library that this Python has cannot keep a board.
        """
        require_sqlite()
        file = self._file
        return file is not None and (not file.exists() or file.stat().st_size == 0)

    @asynccontextmanager
    async def alone(
        self, engine: AsyncEngine, lock_file: Path, seconds: float
    ) -> AsyncGenerator[AsyncConnection]:
        lock = FileLock(lock_file, mode=0o600, thread_local=False)
        try:
            await asyncio.to_thread(lock.acquire, seconds)
        except Timeout:
            raise migrating() from None
        try:
            async with engine.connect() as connection, without_foreign_keys(connection):
                yield connection
        finally:
            await asyncio.to_thread(lock.release)

    async def refuse_read_only(self, session: AsyncSession) -> None:
        """Whether a file's disk is full only a write shows."""

    async def last_number(self, session: AsyncSession, table: Table, column: Column[Any]) -> int:
        del column
        asked = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
        return await session.scalar(asked, {"table": table.name}) or 0

    async def number_on(
        self, session: AsyncSession, table: Table, column: Column[Any], last: int
    ) -> None:
        del column
        named = {"table": table.name, "last": last}
        await session.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), named)
        if last:
            entry = text("INSERT INTO sqlite_sequence VALUES (:table, :last)")
            await session.execute(entry, named)

    async def settle(self, engine: AsyncEngine) -> None:
        """Empties the journal onto the board, where nobody reads or writes at this moment.

        SQLite does so by itself only after a thousand pages, and does not cut it even then: what is
        damaged in the journal, and all after it, it takes for never written, without a word.
        """
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver = raw.driver_connection
            # a journal in which others do not write is none that others read either
            if driver is None or raw.info.get(OPENED) != self._place():
                return
            try:
                for pragma in (
                    "busy_timeout = 0",  # what cannot be done now can be done another time
                    "wal_checkpoint(TRUNCATE)",
                    f"busy_timeout = {self._busy_milliseconds}",
                ):
                    asked = await driver.execute(f"PRAGMA {pragma}")
                    await asked.close()
            except BaseException:
                await connection.invalidate()  # it would not wait for others any more
                raise

    async def hear(self, engine: AsyncEngine) -> AsyncGenerator[None]:
        """A file tells nobody that it changed."""
        del engine
        for nothing in ():
            yield nothing

    async def ended(self, seconds: float) -> bool:
        return await self.threads.ended(seconds)


def translation(said: str) -> Unavailable | None:
    """The board's error for what SQLite said, or None where it is of another kind."""
    if "locked" in said or "busy" in said:
        return busy()
    if "malformed" in said or "not a database" in said:
        return BoardBroken(
            "The board's file is damaged.",
            next_step="Stop all servers of this project, run claudetask-mcp board check, and then "
            "claudetask-mcp board restore, which goes back to the newest sound copy.",
        )
    if any(word in said for word in ("full", "readonly", "disk i/o", "unable to open")):
        return BoardUnwritable(
            f"The board cannot be written ({said}); nothing was changed.",
            next_step="Free some disk space or mend the folder's permissions, then try again.",
        )
    return None


def _prepare(connection: Any, _record: Any) -> None:
    # SQLAlchemy starts transactions (below), not the driver, which begins too late for us.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",  # readers go on while another process writes
        "synchronous = FULL",  # what was acknowledged outlives a power cut
        "foreign_keys = ON",  # off by default in SQLite
        "temp_store = MEMORY",  # no stray files beside the board
        "cache_size = -8000",  # 8 MB a connection
        "trusted_schema = OFF",  # a repository may bring a database of its own
        "schema_version",  # the first look opens the journal, so that it is known which one
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@asynccontextmanager
async def without_foreign_keys(connection: AsyncConnection) -> AsyncGenerator[None]:
    """SQLite changes a table by making it anew, and dropping the former deletes what refers to it.

    The switch has no effect within a transaction, so it is set on the driver's own connection.
    """
    driver = (await connection.get_raw_connection()).driver_connection
    if driver is None:
        raise RuntimeError("a connection of SQLAlchemy has a driver's behind it")
    await driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        await connection.rollback()
        await driver.execute("PRAGMA foreign_keys = ON")
