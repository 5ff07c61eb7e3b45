"""The board in a PostgreSQL server, which processes of several machines share.

A write first takes one advisory lock, held until it ends: one writer at a time, over all processes,
as SQLite has it by its nature. So what a service decides on cannot change under it, and events are
committed in the order of their numbers. Readers take no lock; they see the board as of their first
question. Every commit of a writer wakes those that listen.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import SSLCertVerificationError
from typing import Any, ClassVar, Final

from sqlalchemy import Column, Table, event, text
from sqlalchemy.engine import URL, Connection, Engine, ExceptionContext
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.pool import ConnectionPoolEntry

from claudetask_core.db.backend import WRITES
from claudetask_core.db.known_sets import SETS, KnownSets
from claudetask_core.db.postgresql_pooled import refuse_shared_sessions
from claudetask_core.db.postgresql_said import (
    AUTHORITY,
    OWNED,
    WHERE,
    translation,
    unreachable,
    untrusted,
)
from claudetask_core.db.refusals import SETTING, AddressInvalid, BoardUnwritable, migrating
from claudetask_core.errors import DomainError

EXTRA: Final = "postgresql"
WRITER: Final = 0x636C61756465  # "claude"; locks are per database, and a database is one board
CHANNEL: Final = "claudetask"
CONNECT_SECONDS: Final = 10
ANSWER_SECONDS: Final = 20
"""No statement takes longer, but waits for a lock are shorter; so a dead line is told apart."""
IDLE_SECONDS: Final = 30
"""A writer that falls silent (its machine sleeps) loses its transaction, and with it the lock."""
RECYCLE_SECONDS: Final = 300
"""Routers forget lines that have been still for longer."""
CONNECTIONS: Final = 3
MORE_CONNECTIONS: Final = 5
TAKES_WRITES: Final = (
    "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean, "
    "has_table_privilege('tasks', 'INSERT') AND has_table_privilege('tasks', 'UPDATE')"
)
LOOK_SECONDS: Final = 0.2
LISTEN_CHECK_SECONDS: Final = 20.0
SINCE: Final = "claudetask_since"
"""When a session was opened, in what the pool knows of its connection."""
AS_SET: Final = frozenset({"25006", "57014"})
"""Refusals that come of how a session was set when it began: read-only, a time limit."""
ALLOWED: Final = frozenset(
    {"host", "port", "ssl", "passfile", "service", "servicefile", "direct_tls"}
    | {"target_session_attrs", "krbsrvname", "gsslib", "prepared_statement_cache_size"}
)


class Postgresql:
    """A server's database, one for each board."""

    shared: ClassVar[bool] = True
    reads: ClassVar[Mapping[str, Any]] = {
        "isolation_level": "REPEATABLE READ",
        "postgresql_readonly": True,
    }

    def __init__(self, url: URL, busy_seconds: float, sets: Path | None = None) -> None:
        self.url = _understood(url)
        self._begin_write = _begin_write(round(busy_seconds * 1000))
        self._busy_seconds = busy_seconds
        self._sessions_are_own = False
        self._doubted = -math.inf
        self._sets: KnownSets[Any] = KnownSets(sets)
        self.where = f"{self.url.host or 'localhost'}/{self.url.database or ''}"

    def options(self) -> dict[str, Any]:
        return {
            "pool_pre_ping": True,  # a server that came back is not told of by an error first
            "pool_recycle": RECYCLE_SECONDS,
            "pool_size": CONNECTIONS,
            "max_overflow": MORE_CONNECTIONS,
            "pool_timeout": self._busy_seconds,
            "connect_args": {
                "timeout": CONNECT_SECONDS,
                "command_timeout": ANSWER_SECONDS,
                "server_settings": {"application_name": "claudetask-mcp"},
                "async_creator_fn": self._connect,
            },
        }

    async def _connect(self, **how: Any) -> Any:
        """A connection of the driver's own.

        Raises:
            BoardUnreachable: Nobody answers at that address, or not in time.
            AddressInvalid: What the address asks for cannot be.
        """
        import asyncpg  # noqa: PLC0415 — an extra that only boards in a server need

        try:
            connection: Any = await asyncpg.connect(**how)
            if not self._sessions_are_own:
                await self._refuse_shared_sessions(connection, how)
        except SSLCertVerificationError as error:
            raise untrusted(self.where, error) from error
        except (OSError, TimeoutError) as error:
            if isinstance(error, FileNotFoundError) and how.get("ssl"):
                why = f"{AUTHORITY} names a file that is not there"
                raise AddressInvalid(why, "Correct that variable.") from error
            raise unreachable(WHERE.format(self.where), error) from error
        except asyncpg.exceptions.ClientConfigurationError as error:
            why = str(error).splitlines()[0]
            remedy = f"Correct its options, or name the authority's certificate in {AUTHORITY}."
            raise AddressInvalid(why, remedy) from None
        return connection

    async def _refuse_shared_sessions(self, connection: Any, how: Mapping[str, Any]) -> None:
        """Looks once in this process whether a pooler stands between, by a second connection.

        Raises:
            AddressInvalid: There is one that a board cannot stand behind.
        """
        import asyncpg  # noqa: PLC0415 — as above

        try:
            second: Any = await asyncpg.connect(**how)
            try:
                await refuse_shared_sessions(connection, second)
            finally:
                second.terminate()
        except BaseException:
            connection.terminate()
            raise
        self._sessions_are_own = True

    def prepare(self, engine: Engine) -> None:
        event.listen(engine, "connect", self._opened)
        event.listen(engine, "checkout", self._refuse_outdated)
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "handle_error", self._doubt)

    def _opened(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[SETS] = self._sets
        record.info[SINCE] = time.monotonic()

    def _refuse_outdated(self, _connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        """Has the pool open another in the place of a session that may be set as none is now.

        What is set for a database or its user counts for sessions that begin afterwards.
        """
        if record.info[SINCE] < self._doubted:
            raise DisconnectionError

    def _doubt(self, context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) in AS_SET:
            self._doubted = time.monotonic()

    def known_sets(self) -> KnownSets[Any]:
        return self._sets

    def _begin(self, connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES):
            connection.exec_driver_sql(self._begin_write)

    def refuse_lost(self) -> None:
        """A commit into files that are gone, the server itself refuses."""

    def translation(self, error: Exception) -> DomainError | None:
        if isinstance(error, TimeoutError):
            return unreachable(WHERE.format(self.where), error)
        return translation(error, self.where) if isinstance(error, DBAPIError) else None

    def is_new(self) -> bool:
        return False

    @asynccontextmanager
    async def alone(
        self, engine: AsyncEngine, lock_file: Path, seconds: float
    ) -> AsyncGenerator[AsyncConnection]:
        del lock_file  # the others may be on other machines
        async with engine.connect() as connection:
            try:
                async with asyncio.timeout(seconds):
                    while not await _locked(connection):  # noqa: ASYNC110 — it is another's
                        await asyncio.sleep(LOOK_SECONDS)
            except TimeoutError:
                raise migrating() from None
            await self._require_utf8(connection)
            yield connection

    async def _require_utf8(self, connection: AsyncConnection) -> None:
        encoding = await connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise AddressInvalid(
                f"the database {self.where} is encoded in {encoding}",
                "Make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.",
            )

    async def refuse_read_only(self, session: AsyncSession) -> None:
        read_only, may_write = (await session.execute(text(TAKES_WRITES))).one()
        if not read_only and may_write:
            return
        self._doubted = time.monotonic()
        raise BoardUnwritable(
            f"The board ({self.where}) can only be read: its database server is a standby, or was "
            "set to be read-only."
            if read_only
            else f"The board ({self.where}) can only be read: its user may not write to it.",
            next_step=f"Name its primary in {SETTING}, or have it take writes."
            if read_only
            else OWNED,
        )

    async def last_number(self, session: AsyncSession, table: Table, column: Column[Any]) -> int:
        name = await _sequence(session, table, column)
        rows = await session.execute(text(f"SELECT last_value, is_called FROM {name}"))  # noqa: S608 — the name is PostgreSQL's own
        last, is_called = rows.one()
        return last if is_called else last - 1

    async def number_on(
        self, session: AsyncSession, table: Table, column: Column[Any], last: int
    ) -> None:
        """Unlike `setval`, this is undone with the transaction."""
        name = await _sequence(session, table, column)
        await session.execute(text(f"ALTER SEQUENCE {name} RESTART WITH {last + 1:d}"))

    async def settle(self, engine: AsyncEngine) -> None:
        """The server does so by itself."""

    async def hear(self, engine: AsyncEngine) -> AsyncGenerator[None]:
        heard = asyncio.Event()

        def hear(*_: Any) -> None:
            heard.set()

        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.add_listener(CHANNEL, hear)
            driver.add_termination_listener(hear)
            heard.set()
            try:
                while not driver.is_closed():
                    try:
                        async with asyncio.timeout(LISTEN_CHECK_SECONDS):
                            await heard.wait()
                    except TimeoutError:
                        await driver.execute("SELECT 1")  # does the line still stand?
                        continue
                    heard.clear()
                    yield
            finally:
                await connection.invalidate()  # it listens, and nobody else is to get it

    async def ended(self, seconds: float) -> bool:
        del seconds  # no connection has a thread
        return True


def _understood(url: URL) -> URL:
    """The address as the driver takes it, libpq's word for encryption too.

    Raises:
        AddressInvalid: It has options that the driver does not know, or was cut at the wrong place.
    """
    if "@" in (url.host or ""):
        why = "its password has a character that cuts it short"
        raise AddressInvalid(why, "Write @ : / # ? in it as %40 %3A %2F %23 %3F.")
    query = dict(url.query)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    if unknown := sorted(query.keys() - ALLOWED):
        why = f"{unknown[0][:40]!r} is none of its options"
        raise AddressInvalid(why, f"Known: {', '.join(sorted(ALLOWED))}.")
    return url.set(query=query)


def _begin_write(milliseconds: int) -> str:
    """Bounds the wait, waits for the lock, and wakes the listeners once it is committed.

    Where the server was set to acknowledge what is not on its disk yet, this transaction is not so.
    One statement, as each is a way to the server and back; what is MATERIALIZED is done first.
    """
    return (
        "WITH bounds AS MATERIALIZED (SELECT "  # noqa: S608 — numbers and names of ours
        f"set_config('lock_timeout', '{milliseconds}', true), "
        f"set_config('idle_in_transaction_session_timeout', '{IDLE_SECONDS * 1000}', true), "
        "CASE current_setting('synchronous_commit') WHEN 'off' "
        "THEN set_config('synchronous_commit', 'local', true) END) "
        f"SELECT pg_advisory_xact_lock({WRITER}), pg_notify('{CHANNEL}', '') FROM bounds"
    )


async def _locked(connection: AsyncConnection) -> bool:
    """Whether the writers' lock is this transaction's now."""
    asked = text(f"SELECT pg_try_advisory_xact_lock({WRITER})")
    got = bool(await connection.scalar(asked))
    if not got:
        await connection.rollback()
    return got


async def _sequence(session: AsyncSession, table: Table, column: Column[Any]) -> str:
    asked = text("SELECT pg_get_serial_sequence(:table, :column)")
    found = await session.scalar(asked, {"table": table.name, "column": column.name})
    if found is None:
        raise RuntimeError(f"{table.name}.{column.name} has no sequence")
    return str(found)
