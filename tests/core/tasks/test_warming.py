"""What is often asked for is found before anybody asks."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from claudetask_core.core import DATABASE, Core
from claudetask_core.schemas.task import Page, Priority, Status, TaskFilter, TaskSort, TaskType
from claudetask_core.services.tasks import warming
from claudetask_core.services.tasks.warming import Warming
from tests.core.tasks.sets import (
    EVERY,
    FEW,
    MADE,
    OVERRUN,
    TEXTS_READ,
    asked,
    begin,
    few,
    index_kept,
    listed,
    opened,
    total,
)
from tests.support import eventually

pytestmark = pytest.mark.embedded(reason="the sets are those of a board that is a file")
BY_STATUS = Page(sort=TaskSort.STATUS, limit=500)
ALL = ([1, 2, 3, 4, 5, 6], 6)
WAIT = 20


async def test_the_first_question_by_any_text_or_a_filter_beside_it_looks_for_no_set(
    project: Path, board: sqlite3.Connection
) -> None:
    begin(board)
    board.execute("UPDATE tasks SET description = 'a haystack'")
    wanted = TaskFilter(q="needle", status=Status("Ready"), type=TaskType.BUG)
    with few(FEW):
        async with opened(project, project / "sets") as database:
            await Warming(database).look()
            board.execute("UPDATE tasks SET title = 'thread' WHERE id = 6")
            with asked(database) as statements:
                assert await listed(database, wanted, EVERY) == ([1, 2, 3, 4, 5], 5)
                assert await listed(database, TaskFilter(q="A Hays"), BY_STATUS) == ALL
                assert await listed(database, TaskFilter(q="le"), EVERY) == ([1, 2, 3, 4, 5], 5)
                low = TaskFilter(q="haystack", priority=Priority.LOW)
                assert await listed(database, low, EVERY) == ALL
                assert await total(database, "thread") == 1
                assert await total(database, "thread a") == 0
                assert statements == []


async def test_of_a_small_board_nothing_is_looked_for(
    project: Path, board: sqlite3.Connection
) -> None:
    begin(board)
    async with opened(project, project / "sets") as database:
        with asked(database) as statements, asked(database, TEXTS_READ) as texts:
            await Warming(database).look()
            assert statements == texts == []


async def test_what_is_known_is_looked_at_again_where_much_has_changed(
    project: Path, board: sqlite3.Connection
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project, project / "sets") as database:
            warm = Warming(database)
            await warm.look()
            board.execute(MADE, ("one more needle", ""))
            with asked(database) as statements, asked(database, TEXTS_READ) as texts:
                await warm.look()
                assert statements == texts == []
                await index_kept(database, OVERRUN)
                await warm.look()
                assert statements
                assert texts
                statements.clear()
                assert await listed(database, TaskFilter(q="needle"), BY_STATUS) == (
                    [*ALL[0], 7],
                    7,
                )
                assert statements == []


@pytest.mark.parametrize("bound", ["BYTES", "WORK_SECONDS"])
async def test_no_more_is_found_than_there_is_room_and_time_for(
    project: Path, board: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    begin(board)
    with few(FEW):
        monkeypatch.setattr(warming, bound, -1)
        async with opened(project) as database:
            with asked(database) as statements:
                await Warming(database).look()
                assert len(statements) == 1
            known = database.backend.known_sets()
            assert known.whole == (bound == "BYTES"), "for want of time the next start goes on"


async def test_where_changes_are_not_noted_nothing_is_kept(
    project: Path, board: sqlite3.Connection
) -> None:
    begin(board)
    board.execute("DELETE FROM tasks_changed")
    with few(FEW):
        async with opened(project) as database:
            await Warming(database).look()
            with asked(database) as statements:
                assert await listed(database, TaskFilter(q="needle"), EVERY) == ALL
                assert statements


async def test_it_waits_while_a_transaction_is_under_way(project: Path) -> None:
    async with opened(project) as database:
        async with database.read():
            waiting = asyncio.create_task(database.idle())
            await asyncio.sleep(0)
            assert not waiting.done()
        await asyncio.wait_for(waiting, WAIT)


async def test_it_goes_on_after_a_board_could_not_be_read_and_ends_at_once(
    project: Path, board: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    begin(board)
    file = project / ".claudetask" / DATABASE
    caplog.set_level("DEBUG", warming.log.name)
    with few(FEW):
        async with opened(project) as database:
            await total(database, "needle")
            file.rename(file.with_suffix(".away"))
            warm = Warming(database, moment=0, look=0)
            warm.start()
            await eventually(lambda: "could not be looked up" in caplog.text, WAIT)
            file.with_suffix(".away").rename(file)
            with asked(database) as statements:
                await eventually(lambda: bool(statements), WAIT)
            await asyncio.wait_for(warm.close(), WAIT)


@pytest.mark.parametrize(
    ("changes", "looks"),
    [([1, 2, 2, 3], 3), ([*range(warming.BUSY + 1)], warming.BUSY), ([1, None, 2, 2], 4)],
    ids=["calm", "busy", "unreadable"],
)
async def test_it_waits_until_nobody_writes_but_no_longer_than_that(
    project: Path, monkeypatch: pytest.MonkeyPatch, changes: list[int | None], looks: int
) -> None:
    seen: list[int] = []

    async def newest(_: Warming) -> int:
        change = changes[len(seen)]
        seen.append(len(seen))
        if change is None:
            raise OperationalError("SELECT", None, Exception("no"))
        return change

    monkeypatch.setattr(Warming, "_newest", newest)
    async with opened(project) as database:
        await asyncio.wait_for(Warming(database, look=0).calm(), WAIT)
    assert len(seen) == looks


async def test_what_many_writes_left_unknown_is_found_once_they_have_ended(
    project: Path, board: sqlite3.Connection
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project, project / "sets") as database:
            warm = Warming(database, moment=0, look=0, pauses=0)
            with asked(database, TEXTS_READ) as texts:
                warm.start()
                await eventually(lambda: database.backend.known_sets().postings, WAIT)
                texts.clear()
                board.execute("UPDATE tasks SET description = 'a haystack'")
                for _ in range(250):
                    board.execute(OVERRUN)
                await eventually(lambda: texts, WAIT)
            await asyncio.wait_for(warm.close(), WAIT)


async def test_a_project_that_is_open_has_its_board_warmed_and_ends_it(core: Core) -> None:
    running = [task for task in asyncio.all_tasks() if "Warming._run" in repr(task.get_coro())]
    assert len(running) == 1
    await core.warming.close()
    assert running[0].done()
    await Warming(core.database).close()
