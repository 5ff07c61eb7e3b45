"""The one file that opens the database, says why for each pragma, and commits.

Reads and writes are two kinds of session. A write starts with BEGIN IMMEDIATE: SQLite then takes
the write lock before the first read, so what a service decides on cannot change under it, and two
processes can never both see a task as free. A waiting writer is bounded by `busy_timeout`.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, NewType

from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from claudetask_core import private_file
from claudetask_core.db.sqlite_threads import SqliteThreads
from claudetask_core.errors import Invalid, Unavailable

BUSY_SECONDS = 15
CLOSE_SECONDS = 2
"""How long the end waits for what is under way, and as long for its threads; a board may be locked
for longer. A server that must end sooner leaves by a deadline of its own.
"""

log = logging.getLogger(__name__)

ReadSession = NewType("ReadSession", AsyncSession)
WriteSession = NewType("WriteSession", AsyncSession)


class BoardBusy(Unavailable):
    code = "board_busy"


class BoardUnwritable(Unavailable):
    code = "board_unwritable"


class BoardBroken(Unavailable):
    code = "board_broken"


class AddressInvalid(Invalid):
    code = "database_address_invalid"


def sqlite_url(path: Path) -> str:
    """The address of a board file, whatever characters its path holds."""
    return make_url("sqlite+aiosqlite://").set(database=str(path)).render_as_string()


def file_of(url: str) -> Path | None:
    """The file behind an address, where it is a file's."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or address.database in {None, "", ":memory:"}:
        return None
    return Path(str(address.database))


class Database:
    """An open database: `read()` and `write()` are transactions, and nothing else commits.

    Args:
        url: A SQLAlchemy address with an async driver.

    Raises:
        AddressInvalid: It is none, or its driver is missing.
    """

    def __init__(self, url: str) -> None:
        try:
            self.url = make_url(url)
            self.is_sqlite = self.url.get_backend_name() == "sqlite"
            self.threads = SqliteThreads()
            self.engine: AsyncEngine = create_async_engine(self.url, **self._options())
        except (SQLAlchemyError, ImportError, TypeError) as error:
            raise AddressInvalid(
                f"Setting CLAUDETASK_DATABASE_URL is wrong: {error}.",
                next_step="Name a database with an async driver that is installed.",
            ) from None
        self._writing = self.engine.execution_options(claudetask_write=True)
        self._one_writer = asyncio.Lock()
        self._users = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._listeners: list[Callable[[], None]] = []
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)

    def _options(self) -> dict[str, Any]:
        if self.is_sqlite:
            # Few connections: each is a thread, and SQLite writes one at a time anyway.
            how = {"timeout": BUSY_SECONDS, "async_creator_fn": self.threads.connect}
            return {"pool_size": 4, "max_overflow": 4, "connect_args": how}
        return {"pool_pre_ping": True}

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[ReadSession]:
        """A transaction that sees one state of the board and changes nothing."""
        with self._in_use(), translated():
            async with AsyncSession(self.engine, expire_on_commit=False) as session:
                yield ReadSession(session)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[WriteSession]:
        """A transaction that commits where its block ends, and undoes all where it raises.

        Raises:
            BoardBusy: Another process kept the board locked for `BUSY_SECONDS`.
            BoardUnwritable: The disk is full or the folder cannot be written to.
            BoardBroken: The file is not a database any more.
        """
        with self._in_use(), translated():
            async with (
                self._turn(),
                AsyncSession(self._writing, expire_on_commit=False) as session,
                session.begin(),
            ):
                yield WriteSession(session)
        for tell in self._listeners:
            tell()

    @asynccontextmanager
    async def rehearse(self) -> AsyncGenerator[WriteSession]:
        """The same transaction, undone where its block ends."""
        with self._in_use(), translated():
            async with (
                self._turn(),
                AsyncSession(self._writing, expire_on_commit=False) as session,
            ):
                yield WriteSession(session)

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        """Waits for the other writers of this process, no longer than for those of others."""
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await self._one_writer.acquire()
        except TimeoutError:
            raise busy() from None
        try:
            yield
        finally:
            self._one_writer.release()

    def on_commit(self, tell: Callable[[], None]) -> None:
        """Has `tell` called after every commit of this process."""
        self._listeners.append(tell)

    async def close(self) -> None:
        """Closes the connections, once the transactions that are still open have ended."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), CLOSE_SECONDS)
        await self.engine.dispose()
        if not await self.threads.ended(CLOSE_SECONDS):
            log.warning("a connection to the board is still at work")

    @contextmanager
    def _in_use(self) -> Generator[None]:
        self._users += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self._idle.set()


@contextmanager
def translated() -> Generator[None]:
    """Turns what the database says of its surroundings into the board's own errors."""
    try:
        yield
    except NoConnection as error:
        raise busy() from error
    except DBAPIError as error:
        known = translation(str(error.orig).lower())
        if known is None:
            raise
        raise known from error


def busy() -> BoardBusy:
    return BoardBusy(
        "The board is busy: it has been kept locked for too long.",
        next_step="Try the same call again in a few seconds.",
    )


def translation(said: str) -> Unavailable | None:
    """The board's error for what the database said, or None where it is of another kind."""
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


def _prepare_sqlite(connection: Any, _record: Any) -> None:
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
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("claudetask_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def make_private_folder(folder: Path) -> None:
    """Creates a folder only its owner may enter; an existing one is left as it is.

    Raises:
        BoardUnwritable: It cannot be created.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BoardUnwritable(
            f"The folder {folder} cannot be created: {error.strerror}.",
            next_step="Mend the permissions, or set CLAUDETASK_DATA_DIR to another folder.",
        ) from error


def make_private_file(path: Path) -> None:
    """Creates an empty file only its owner may read, so that SQLite's own files follow suit.

    Raises:
        BoardUnwritable: It cannot be created.
    """
    try:
        private_file.make_private_file(path)
    except OSError as error:
        raise BoardUnwritable(
            f"The board {path} cannot be opened: {error.strerror}.",
            next_step="Mend the permissions, or set CLAUDETASK_DATA_DIR to another folder.",
        ) from error
