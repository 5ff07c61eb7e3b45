"""What a cancelled task leaves at work has ended when the database is closed."""

import asyncio
import sqlite3
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db import engine
from claudetask_core.db.engine import Database
from claudetask_core.db.sqlite import sqlite_url

BOUND = 10


class Hold:
    """A place where one thread stays until it is let go."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        self._entered = threading.Event()
        self._let_go = threading.Event()

    def stay(self) -> int:
        self.thread = threading.current_thread()
        self._entered.set()
        self._let_go.wait(BOUND)
        return 1

    async def entered(self) -> None:
        assert await asyncio.to_thread(self._entered.wait, BOUND)

    def let_go(self) -> None:
        self._let_go.set()


@pytest.fixture
def hold() -> Generator[Hold]:
    held = Hold()
    yield held
    held.let_go()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(sqlite_url(tmp_path / "board.db"))


async def ask(database: Database, hold: Hold) -> None:
    async with database.read() as session:
        await define_hold(session, hold)
        await session.execute(text("SELECT hold()"))


async def define_hold(session: AsyncSession, hold: Hold) -> None:
    raw = await (await session.connection()).get_raw_connection()
    driver: Any = raw.driver_connection
    await driver.create_function("hold", 0, hold.stay)


async def cancelled(task: asyncio.Task[None], times: int) -> None:
    for _ in range(times):
        task.cancel()
        await a_few_turns()


async def a_few_turns() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def closed_only_after(database: Database, hold: Hold) -> None:
    closing = asyncio.create_task(database.close())
    await a_few_turns()
    assert not closing.done()
    hold.let_go()
    await asyncio.wait_for(closing, BOUND)
    assert hold.thread is not None
    assert not hold.thread.is_alive()


async def test_a_connection_whose_opening_was_cancelled_is_closed_with_the_database(
    database: Database, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def slow(*args: Any, **options: Any) -> sqlite3.Connection:
        hold.stay()
        return connect(*args, **options)

    monkeypatch.setattr(sqlite3, "connect", slow)
    asking = asyncio.create_task(ask(database, hold))
    await hold.entered()
    await cancelled(asking, 1)
    assert asking.cancelled()
    await closed_only_after(database, hold)


async def test_a_question_that_is_under_way_is_answered_before_the_end(
    database: Database, hold: Hold
) -> None:
    asking = asyncio.create_task(ask(database, hold))
    await hold.entered()
    await closed_only_after(database, hold)
    await asking


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_a_question_that_was_cancelled_has_ended_with_the_database(
    database: Database, hold: Hold, times: int
) -> None:
    asking = asyncio.create_task(ask(database, hold))
    await hold.entered()
    await cancelled(asking, times)
    await closed_only_after(database, hold)
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_an_opening_that_failed_after_it_was_cancelled_is_nobodys_error(
    database: Database, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> sqlite3.Connection:
        hold.stay()
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(sqlite3, "connect", broken)
    asking = asyncio.create_task(ask(database, hold))
    await hold.entered()
    await cancelled(asking, 1)
    await closed_only_after(database, hold)


async def test_the_end_does_not_wait_for_ever_and_says_so(
    database: Database,
    hold: Hold,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(engine, "CLOSE_SECONDS", 0.05)
    asking = asyncio.create_task(ask(database, hold))
    await hold.entered()
    await cancelled(asking, 3)
    await asyncio.wait_for(database.close(), BOUND)
    assert "still at work" in caplog.text
    hold.let_go()
    assert await database.backend.ended(BOUND)


async def test_no_thread_keeps_the_program_from_ending(database: Database, hold: Hold) -> None:
    hold.let_go()
    await ask(database, hold)
    assert hold.thread is not None
    assert hold.thread.daemon
    await database.close()
