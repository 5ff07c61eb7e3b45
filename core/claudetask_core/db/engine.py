"""The one file that opens the database and commits; what differs by its kind is beside it.

Reads and writes are two kinds of session. A write takes the board's one write lock before its first
read, so what a service decides on cannot change under it, and two processes can never both see a
task as free. A waiting writer is bounded by `BUSY_SECONDS`.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, NewType, TypeVar

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from claudetask_core import private_file, shortage
from claudetask_core.db.backend import WRITES, Backend
from claudetask_core.db.postgresql import EXTRA, Postgresql
from claudetask_core.db.refusals import AddressInvalid, BoardUnwritable, busy, migrated
from claudetask_core.db.revision import HEAD, revision
from claudetask_core.db.sqlite import Sqlite
from claudetask_core.errors import Unavailable

BUSY_SECONDS = 15
PATIENT_SECONDS = 1
"""How long a reader waits for a write that comes with the reading."""
CLOSE_SECONDS = 2
"""How long the end waits for what is under way, and as long for its threads; a board may be locked
for longer. A server that must end sooner leaves by a deadline of its own.
"""
REST_SECONDS = 3.0
"""Once nobody of this process has written for so long, the database puts in order what was."""

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")
ReadSession = NewType("ReadSession", AsyncSession)
WriteSession = NewType("WriteSession", AsyncSession)


def backend_of(url: URL, sets: Path | None = None) -> Backend:
    """What stands behind an address, and knows the sets of a file.

    Raises:
        AddressInvalid: None of the databases that a board can stand in.
    """
    match url.drivername:
        case "sqlite+aiosqlite":
            return Sqlite(url, BUSY_SECONDS, sets)
        case "postgresql+asyncpg":
            return Postgresql(url, BUSY_SECONDS, sets)
        case other:
            raise AddressInvalid(
                f"a board cannot stand in {other[:40]}",
                "Begin it with postgresql+asyncpg:// or sqlite+aiosqlite://.",
            )


class Database:
    """An open database: `read()` and `write()` are transactions, and nothing else commits.

    Args:
        url: A SQLAlchemy address with an async driver.
        sets: The file of what is known of which tasks match, if any.

    Raises:
        AddressInvalid: It is none, or its driver is missing.
    """

    def __init__(self, url: str, sets: Path | None = None) -> None:
        try:
            self.backend = backend_of(make_url(url), sets)
            self.url = self.backend.url
            self.engine: AsyncEngine = create_async_engine(self.url, **self.backend.options())
        except ImportError as error:
            why = f"its driver is not installed ({error})"
            raise AddressInvalid(why, f"Install claudetask-mcp[{EXTRA}].") from None
        except (SQLAlchemyError, TypeError, ValueError) as error:
            raise AddressInvalid(str(error)) from None
        self.backend.prepare(self.engine.sync_engine)
        self._reading = self.engine.execution_options(**self.backend.reads)
        self._writing = self.engine.execution_options(**{WRITES: True})
        self._one_writer = asyncio.Lock()
        self._users = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._listeners: list[Callable[[], None]] = []
        self._beside: set[asyncio.Task[Any]] = set()
        self._resting: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[ReadSession]:
        """A transaction that sees one state of the board and changes nothing."""
        with self._in_use():
            async with (
                self._explained(),
                AsyncSession(self._reading, expire_on_commit=False) as session,
            ):
                yield ReadSession(session)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[WriteSession]:
        """A transaction that commits where its block ends, and undoes all where it raises.

        The block begins once nobody else writes: the time that it reads is later than that of
        whatever was written before.

        Raises:
            BoardBusy: Another process kept the board locked for `BUSY_SECONDS`.
            BoardUnwritable: The disk is full or the folder cannot be written to.
            BoardBroken: The file is not a database any more.
            BoardGone: It was deleted or replaced, before the commit or during it.
            BoardTooNew: A newer program has migrated it, and this one's statement fits no more.
            BoardUnreachable: The server that holds the board does not answer.
            OutOfMemory: As it says.
            OutOfThreads: As it says.
        """
        with self._in_use():
            async with self._explained(), self._turn():
                async with (
                    AsyncSession(self._writing, expire_on_commit=False) as session,
                    session.begin(),
                ):
                    await session.connection()  # begins now, and not with the first statement
                    yield WriteSession(session)
                self.backend.refuse_lost()
        self._rest_later()
        for tell in self._listeners:
            tell()

    def _rest_later(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(REST_SECONDS, self._rest)

    def _rest(self) -> None:
        resting = asyncio.create_task(self._settled())
        self._beside.add(resting)
        resting.add_done_callback(self._over)

    async def _settled(self) -> None:
        with self._in_use(), suppress(DBAPIError, NoConnection, sqlite3.Error):
            await self.backend.settle(self.engine)

    async def attempt(self, write: Coroutine[Any, Any, Answer]) -> Answer | None:
        """Makes a write that comes with a reading, which does not depend on it.

        Where the board takes it later than `PATIENT_SECONDS`, it goes on beside the calls.

        Returns:
            What it answers, or None where the board has not taken it.
        """
        task = asyncio.create_task(write)
        self._beside.add(task)
        task.add_done_callback(self._over)
        done, _ = await asyncio.wait({task}, timeout=PATIENT_SECONDS)
        with suppress(Unavailable):
            return task.result() if done else None
        return None

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._beside.discard(task)
        if not task.cancelled():
            task.exception()  # of a call that no longer waits, nobody else would look at it

    @asynccontextmanager
    async def rehearse(self) -> AsyncGenerator[WriteSession]:
        """The same transaction, undone where its block ends."""
        with self._in_use():
            async with (
                self._explained(),
                self._turn(),
                AsyncSession(self._writing, expire_on_commit=False) as session,
            ):
                await session.connection()
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

    @contextmanager
    def translated(self) -> Generator[None]:
        """Turns what the database says of its surroundings into the board's own errors."""
        with shortage.told():
            try:
                yield
            except NoConnection as error:
                raise busy() from error
            except (DBAPIError, TimeoutError) as error:
                known = self.backend.translation(error)
                if known is None:
                    raise
                raise known from error

    @asynccontextmanager
    async def _explained(self) -> AsyncGenerator[None]:
        """`translated`; what it does not know comes of a newer schema, where the board has one."""
        try:
            with self.translated():
                yield
        except DBAPIError as error:
            if await self._is_migrated():
                raise migrated() from error
            raise

    async def _is_migrated(self) -> bool:
        with suppress(DBAPIError, NoConnection):
            return await revision(self.engine) not in {HEAD, None}
        return False

    async def idle(self) -> None:
        """Waits until no transaction of this process is under way."""
        await self._idle.wait()

    def on_commit(self, tell: Callable[[], None]) -> None:
        """Has `tell` called after every commit of this process."""
        self._listeners.append(tell)

    async def hear(self) -> AsyncGenerator[None]:
        """Yields once it hears, then after commits of any process.

        Ends where the connection is lost, or at once where the database tells nobody.

        Raises:
            BoardUnreachable: As it says.
        """
        with self.translated():
            async for _ in self.backend.hear(self.engine):
                yield

    async def close(self) -> None:
        """Closes the connections, once the transactions that are still open have ended."""
        if self._resting is not None:
            self._resting.cancel()
        for task in list(self._beside):
            task.cancel()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), CLOSE_SECONDS)
        await self.engine.dispose()
        if not await self.backend.ended(CLOSE_SECONDS):
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
