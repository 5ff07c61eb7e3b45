"""What is looked for anew, what is not, and how much is kept."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from claudetask_core.core import DATABASE
from claudetask_core.db import known_sets
from claudetask_core.db.known_sets import SETS, KnownSet, KnownSets
from claudetask_core.schemas.task import Page, Priority, Status, TaskFilter, TaskSort, TaskType
from claudetask_core.services.matching import number_sets
from claudetask_core.services.matching.sets_sqlite import Mark
from claudetask_core.services.similar.indexes import text_index
from claudetask_core.services.tasks import listing as task_list
from tests.core.tasks.sets import (
    EVERY,
    FEW,
    MADE,
    MADE_ANEW,
    OVERRUN,
    TAKEN_IN,
    TASKS,
    asked,
    begin,
    few,
    index_kept,
    listed,
    opened,
    total,
)

pytestmark = pytest.mark.embedded(reason="the sets are those of a board that is a file")


DONE = TaskFilter(q="needle", status=Status("Ready"))
BY_STATUS = Page(sort=TaskSort.STATUS, limit=500)


async def test_what_was_found_once_is_not_looked_for_again_whatever_is_written(
    project: Path, board: sqlite3.Connection
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project) as database:
            with asked(database) as statements:
                for wanted, page in ((DONE, EVERY), (TaskFilter(q="needle"), BY_STATUS)):
                    for _ in range(3):
                        assert await listed(database, wanted, page) == ([1, 2, 3, 4, 5, 6], 6)
                assert len(statements) == 2, "one for the text, one for the status"
                board.execute(MADE, ("one more needle", ""))
                board.execute("UPDATE tasks SET title = 'thread', description = '' WHERE id = 1")
                board.execute("UPDATE tasks SET title = 'a needle' WHERE id = 2")
                board.execute("DELETE FROM tasks WHERE id = 3")
                board.execute("UPDATE tasks SET status = 'Done' WHERE id = 4")
                assert [await total(database, "needle") for _ in range(3)] == [5, 5, 5]
                assert await listed(database, DONE, EVERY) == ([2, 5, 6, 7], 4)
                await index_kept(database, TAKEN_IN)
                assert [await total(database, "NEEDLE") for _ in range(3)] == [5, 5, 5]
                assert await listed(database, DONE, EVERY) == ([2, 5, 6, 7], 4)
                assert len(statements) == 2
                await index_kept(database, OVERRUN)
                assert await total(database, "needle") == 5
                assert len(statements) == 3, "after so many changes it is as well to search"


@pytest.mark.parametrize("name", ["status", "type", "priority"])
async def test_a_change_of_each_column_is_seen(
    project: Path, board: sqlite3.Connection, name: str
) -> None:
    begin(board)
    asked = {"status": Status("Ready"), "type": TaskType.BUG, "priority": Priority.LOW}
    other = {"status": "Done", "type": "Feature", "priority": "High"}
    wanted = TaskFilter.model_validate({"q": "needle", name: asked[name]})
    with few(FEW):
        async with opened(project) as database:
            assert (await listed(database, wanted, EVERY))[1] == 6
            board.execute(f"UPDATE tasks SET {name} = ? WHERE id = 1", (other[name],))  # noqa: S608 — a name of ours
            assert await listed(database, wanted, EVERY) == ([2, 3, 4, 5, 6], 5)


async def test_columns_after_the_page_are_not_looked_for(
    project: Path, board: sqlite3.Connection
) -> None:
    begin(board)
    board.execute("UPDATE tasks SET status = 'Done' WHERE id > 3")
    with few(FEW):
        async with opened(project) as database:
            with asked(database) as statements:
                wanted = TaskFilter(q="needle")
                page = Page(sort=TaskSort.STATUS, limit=2, offset=1)
                assert await listed(database, wanted, page) == ([2, 3], 6)
                assert len(statements) == 2, "one for the text, one for the first column"
                page = Page(sort=TaskSort.STATUS, limit=2, offset=2)
                assert await listed(database, wanted, page) == ([3, 4], 6)
                assert len(statements) == 3


async def test_only_the_last_changes_are_noted(project: Path, board: sqlite3.Connection) -> None:
    begin(board)
    async with opened(project) as database:
        for _ in range(3):
            await index_kept(database, OVERRUN)
            assert 1024 <= board.execute("SELECT count(*) FROM tasks_changed").fetchone()[0] <= 1280


async def test_a_set_that_became_few_names_which(project: Path, board: sqlite3.Connection) -> None:
    begin(board)
    with few(FEW):
        async with opened(project) as database:
            assert await total(database, "needle") == 6
            board.execute("DELETE FROM tasks WHERE id IN (1, 3, 4, 5, 6)")
            assert await listed(database, TaskFilter(q="needle"), EVERY) == ([2], 1)


async def test_what_a_writer_finds_is_known_to_nobody_else(
    project: Path, board: sqlite3.Connection
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project) as database:
            assert await total(database, "needle") == 6
            async with database.rehearse() as session:
                await (await session.connection()).exec_driver_sql(MADE, ("needle", ""))
                await text_index(session).keep_up(session)
                found = await task_list.listed(session, TaskFilter(q="needle"), EVERY)
                assert found[1] == 7
            with asked(database) as statements:
                assert await total(database, "needle") == 6
                assert statements == []


async def test_a_set_of_what_a_later_board_held_is_not_that_of_a_copy_put_back(
    project: Path, board: sqlite3.Connection, tmp_path: Path
) -> None:
    """Also where as much has been written to either since."""
    begin(board)
    with few(FEW), closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        async with opened(project) as database:
            board.backup(copy)
            board.execute("UPDATE tasks SET title = '', description = '' WHERE id = 1")
            assert await total(database, "needle") == 5
            copy.backup(board)
            board.execute("UPDATE tasks SET title = title WHERE id = 2")
            assert await total(database, "needle") == 6


async def test_sets_of_several_ages_and_of_another_board_are_told_apart(
    project: Path, board: sqlite3.Connection, tmp_path: Path
) -> None:
    begin(board)
    with few(FEW), closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        async with opened(project) as database:
            assert await listed(database, DONE, EVERY) == ([1, 2, 3, 4, 5, 6], 6)
            board.execute("UPDATE tasks SET status = 'Done' WHERE id = 1")
            board.backup(copy)
            board.execute("UPDATE tasks SET description = '', title = '' WHERE id = 5")
            assert await total(database, "needle") == 5
            copy.backup(board)
            board.execute("UPDATE tasks SET type = 'Feature' WHERE id = 6")
            assert await listed(database, DONE, EVERY) == ([2, 3, 4, 5, 6], 5)


async def test_where_changes_are_not_noted_each_question_is_answered_anew(
    project: Path, board: sqlite3.Connection
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project) as database:
            assert await total(database, "needle") == 6
            board.execute("DELETE FROM tasks_changed")
            assert await listed(database, DONE, BY_STATUS) == ([1, 2, 3, 4, 5, 6], 6)
            board.execute("UPDATE tasks SET title = '', description = '' WHERE id = 1")
            assert await listed(database, DONE, BY_STATUS) == ([2, 3, 4, 5, 6], 5)


async def test_what_is_made_anew_is_searched_anew(project: Path, board: sqlite3.Connection) -> None:
    begin(board)
    board.execute("DELETE FROM tasks_grams_data WHERE id > 10")
    with few(FEW):
        async with opened(project) as database:
            async with database.engine.connect() as connection:
                known = connection.info[SETS]
            (mark,) = board.execute("SELECT mark FROM tasks_changed").fetchall()
            known.put((known_sets.TEXT, "needle"), KnownSet((1, *mark), 0))
            assert await total(database, "needle") == 0
            await index_kept(database, MADE_ANEW)
            assert await total(database, "needle") == 6


async def test_a_board_in_the_place_of_another_has_sets_of_its_own(
    project: Path, board: sqlite3.Connection, tmp_path: Path
) -> None:
    file = project / ".claudetask" / DATABASE
    async with opened(project) as database:
        async with database.engine.connect() as one, database.engine.connect() as another:
            known = one.info[SETS]
            assert another.info[SETS] is known
        await database.engine.dispose()
        with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
            board.backup(copy)
        (tmp_path / "copy.db").replace(file)
        async with database.engine.connect() as another:
            assert another.info[SETS] is not known


def test_the_sets_asked_for_last_are_kept_within_a_bound() -> None:
    """On a board of a million tasks, more than a hundred of them."""
    kept: KnownSets[Mark] = KnownSets()
    million: KnownSet[Mark] = KnownSet((1, 1), number_sets.of(range(1, 1_000_000, 3)))
    each = million.numbers.__sizeof__()
    assert each < 134_000
    for number in range(300):
        kept.put(("text", str(number)), million)
        assert kept.get(("text", "0")) == million
        assert kept.bytes <= known_sets.MOST_BYTES
    left = [n for n in range(300) if kept.get(("text", str(n))) is not None]
    assert left == [0, *range(300 - len(left) + 1, 300)]
    assert len(left) == known_sets.MOST_BYTES // each > 100
    for number in left:
        kept.put(("text", str(number)), KnownSet((1, 1), 0))
    assert kept.bytes == len(left) * (0).__sizeof__()


async def test_a_column_is_found_by_its_index_alone(
    project: Path, board: sqlite3.Connection
) -> None:
    begin(board)
    wanted = TaskFilter(
        q="needle", status=Status("Ready"), type=TaskType.BUG, priority=Priority.LOW
    )
    plans: list[str] = []

    def see(_connection: Connection, _cursor: Any, sql: str, given: Any, *_: Any) -> None:
        if "group_concat" in sql:
            plans.extend(row[-1] for row in board.execute(f"EXPLAIN QUERY PLAN {sql}", given))

    with few(FEW):
        async with opened(project) as database:
            event.listen(database.engine.sync_engine, "before_cursor_execute", see)
            assert (await listed(database, wanted, EVERY))[1] == 6
    for name in ("status", "type", "priority"):
        assert f"SEARCH tasks USING COVERING INDEX ix_tasks_{name}_id ({name}=?)" in plans


@pytest.mark.parametrize(("kinds", "index"), [(1, "ix_tasks_type_id"), (60, "ix_tasks_status_id")])
async def test_few_tasks_of_a_type_and_a_status_are_found_by_the_rarer(
    project: Path, board: sqlite3.Connection, kinds: int, index: str
) -> None:
    begin(board)
    board.executemany(MADE, [("hay", "")] * 120)
    board.execute("UPDATE tasks SET type = 'Feature' WHERE id > ?", (kinds,))
    board.execute("UPDATE tasks SET status = 'Done' WHERE id > 30")
    plans: list[str] = []

    def see(_connection: Connection, _cursor: Any, sql: str, given: Any, *_: Any) -> None:
        if "FROM tasks" in sql:
            plans.extend(row[-1] for row in board.execute(f"EXPLAIN QUERY PLAN {sql}", given))

    async with opened(project) as database:
        event.listen(database.engine.sync_engine, "before_cursor_execute", see)
        wanted = TaskFilter(q="needle", type=TaskType.BUG, status=Status("Ready"))
        assert (await listed(database, wanted, EVERY))[1] == min(kinds, TASKS)
    assert any(index in plan for plan in plans), plans
