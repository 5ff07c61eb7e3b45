"""A statement and its rows are one trip to the thread of a board's connection."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import text

from claudetask_core.db.engine import Database
from claudetask_core.db.sqlite import sqlite_url
from claudetask_core.db.sqlite_connection import AT_ONCE, SqliteConnection

MANY = 3 * AT_ONCE + 7
NUMBERS = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many) "
    "SELECT i FROM n"
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    database = Database(sqlite_url(tmp_path / "board.db"))
    yield database
    await database.close()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was sent to the threads of connections."""
    sent: list[object] = []
    send: Any = aiosqlite.Connection._execute  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType] — each trip passes there

    async def sending(self: object, *what: object, **how: object) -> object:
        sent.append(what)
        return await send(self, *what, **how)

    monkeypatch.setattr(SqliteConnection, "_execute", sending)
    return sent


async def test_a_read_is_one_trip_and_one_to_end_it(
    database: Database, trips: list[object]
) -> None:
    async with database.read() as session:
        await session.execute(text("SELECT 1"))
    trips.clear()

    async with database.read() as session:
        assert (await session.scalar(text("SELECT 2"))) == 2

    assert len(trips) == 2


@pytest.mark.parametrize("many", [1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, MANY])
async def test_every_row_comes_in_order(database: Database, many: int) -> None:
    async with database.read() as session:
        all_at_once = (await session.scalars(NUMBERS, {"many": many})).all()
        as_asked = [n async for (n,) in await session.stream(NUMBERS, {"many": many})]
        in_parts = await session.stream(NUMBERS, {"many": many}, execution_options={"yield_per": 5})
        parts = [n async for part in in_parts.partitions() for (n,) in part]

    assert all_at_once == as_asked == parts == list(range(1, many + 1))


async def test_a_stream_that_is_left_early_holds_nothing(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("CREATE TABLE t (i INTEGER)"))
        stream = await session.stream(NUMBERS, {"many": MANY})
        assert await stream.first() == (1,)
        assert (await (await session.stream(NUMBERS, {"many": 2})).fetchone()) == (1,)
        await session.execute(text("DROP TABLE t"))


async def test_a_transaction_without_a_question_leaves_none_to_the_next(
    database: Database,
) -> None:
    async with database.read() as session:
        await session.connection()
    async with database.engine.begin() as connection:
        assert connection.in_transaction()
    async with database.write() as session:
        await session.execute(text("CREATE TABLE t (i INTEGER)"))
    async with database.read() as session:
        assert (await session.scalar(text("SELECT count(*) FROM t"))) == 0


async def test_a_read_sees_one_state_however_many_questions_it_asks(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("CREATE TABLE t (i INTEGER)"))
    async with database.read() as reading:
        before = await reading.scalar(text("SELECT count(*) FROM t"))
        async with database.write() as session:
            await session.execute(text("INSERT INTO t VALUES (1)"))
        assert (await reading.scalar(text("SELECT count(*) FROM t"))) == before
