"""A connection of aiosqlite that goes to its thread once for each statement.

The driver goes there and back to make a cursor, to execute, to fetch and to close, which is most of
the time that a row takes. Here a statement and its first rows are one such trip, and BEGIN waits
for the statement after it: without a lock it does nothing of its own.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Self

import aiosqlite

BEGIN: Final = "BEGIN"
AT_ONCE: Final = 512
"""So many rows come with their statement; the rest, a whole board perhaps, when it is wanted."""
Row = tuple[Any, ...]


class SqliteConnection(aiosqlite.Connection):
    """The driver's connection, with cursors as SQLAlchemy uses them."""

    _begins = False
    _asked = False

    def cursor(self) -> "SqliteCursor":  # pyright: ignore[reportIncompatibleMethodOverride] — one that is entered at once
        return SqliteCursor(self)

    async def rollback(self) -> None:
        """Undoes what was asked; SQLAlchemy rolls back twice, and also where nothing was."""
        if not self._has_waited() and self._asked:
            await super().rollback()
            self._asked = False

    def begin(self, *, later: bool) -> None:
        """A transaction begins, with the next trip where it is left for later."""
        self._begins = later

    async def ask(self, question: Callable[[sqlite3.Cursor], object]) -> sqlite3.Cursor:
        """Makes a cursor and has it asked, in one trip."""
        begins, self._asked = self._has_waited(), True

        def trip() -> sqlite3.Cursor:
            cursor = self._conn.cursor()
            if begins:
                cursor.execute(BEGIN)
            question(cursor)
            return cursor

        return await self._execute(trip)  # pyright: ignore[reportUnknownMemberType] — without types in the driver

    async def fetch(self, fetching: Callable[[], Sequence[Row]]) -> Sequence[Row]:
        """What a cursor has left."""
        return await self._execute(fetching)  # pyright: ignore[reportUnknownMemberType] — as above

    def _has_waited(self) -> bool:
        """Whether a BEGIN waited, which it does no more."""
        waited, self._begins = self._begins, False
        return waited


class SqliteCursor:
    """One statement and what it answers, by the protocol of asynchronous DBAPI cursors."""

    arraysize = AT_ONCE
    description: Any = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection
        self._rows: list[Row] = []
        self._left: sqlite3.Cursor | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        if sql.startswith(BEGIN):
            later = sql == BEGIN
            self._connection.begin(later=later)
            if later:
                return

        def question(cursor: sqlite3.Cursor) -> None:
            self._rows = cursor.execute(sql, parameters).fetchmany(AT_ONCE)
            if len(self._rows) < AT_ONCE:
                cursor.close()

        await self._ask(question)

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        await self._ask(lambda cursor: cursor.executemany(sql, parameters))

    async def _ask(self, question: Callable[[sqlite3.Cursor], object]) -> None:
        cursor = await self._connection.ask(question)
        self.description, self.rowcount = cursor.description, cursor.rowcount
        self.lastrowid = cursor.lastrowid
        self._left = cursor if len(self._rows) == AT_ONCE else None

    async def fetchall(self) -> Sequence[Row]:
        rows = self._taken(len(self._rows))
        if self._left is not None:
            rows += await self._connection.fetch(self._left.fetchall)
        return rows

    async def fetchmany(self, size: int = AT_ONCE) -> Sequence[Row]:
        left = self._left
        if not self._rows and left is not None:
            self._rows = list(await self._connection.fetch(lambda: left.fetchmany(size)))
        return self._taken(size)

    async def fetchone(self) -> Row | None:
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def close(self) -> None:
        self._rows.clear()
        if self._left is not None:
            left, self._left = self._left, None
            await self._connection.fetch(lambda: left.close() or ())

    def _taken(self, size: int) -> list[Row]:
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken
