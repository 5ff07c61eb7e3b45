"""Totals that are not counted anew are those of the tasks as they stand."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, text

from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, open_core
from claudetask_core.db import derived, known_counts
from claudetask_core.db.engine import Database
from claudetask_core.db.known_counts import KnownCounts
from claudetask_core.db.sqlite import COUNTS, sqlite_url
from claudetask_core.schemas.task import Page, TaskFilter
from claudetask_core.services import task_list, text_index_sqlite, text_totals_sqlite
from claudetask_core.services.text_indexes import text_index

pytestmark = pytest.mark.embedded(reason="the totals are those of a board that is a file")
FEW = 2
TEXTS = ("needle", "Needles in hay", "a NEEDLE_ needle", "hay", "", "nee", "dle\x01needle")
ODD = ("need\ufffdle", "needle\uffff", "needleß", "NEEDLEẞ\U0001f642", "100% of the needle")
PHRASES = ("needle", "Needle", "nee", "edles in", "needle_", "0% o", "hay", "eß", "needle in a hay")
TASKS = 6
COLUMNS = (
    "title, description, type, priority, status, last_criterion, notes_count, version, "
    "created_at, updated_at"
)
MADE = (
    f"INSERT INTO tasks ({COLUMNS}) VALUES (?, ?, 'Bug', 'Low', 'Ready', 0, 0, 1, "  # noqa: S608 — names of ours
    "'2026-01-05 00:00:00.000000', '2026-01-05 00:00:00.000000')"
)
HELD = "SELECT count(*) FROM tasks WHERE instr({0}title), ?) OR instr({0}description), ?)"
"""Without LIKE and without an index; `lower` of SQLite knows the letters of ASCII alone."""

TITLES = st.sampled_from([*TEXTS, *ODD])
NUMBERS = st.integers(1, TASKS + 6)
WRITES = st.one_of(
    st.tuples(st.just(MADE), st.tuples(TITLES, TITLES)),
    st.tuples(st.just("UPDATE tasks SET title = ? WHERE id = ?"), st.tuples(TITLES, NUMBERS)),
    st.tuples(st.just("UPDATE tasks SET description = ? WHERE id = ?"), st.tuples(TITLES, NUMBERS)),
    st.tuples(st.just("UPDATE tasks SET title = ?"), st.tuples(TITLES)),
    st.tuples(st.just("UPDATE tasks SET id = id + 40 WHERE id = ?"), st.tuples(NUMBERS)),
    st.tuples(st.just("DELETE FROM tasks WHERE id = ?"), st.tuples(NUMBERS)),
)
TAKEN_IN = "taken in"
MADE_ANEW = "made anew"
MERGED = "INSERT INTO tasks_grams (tasks_grams) VALUES ('optimize')"
STEPS = st.tuples(
    st.sampled_from([0, 1]),
    WRITES,
    st.booleans(),
    st.sampled_from(["", "", TAKEN_IN, TAKEN_IN, MADE_ANEW, MERGED]),
    st.lists(st.sampled_from(PHRASES), max_size=2),
)
"""Which of two writes what, perhaps by hand; what becomes of the index, and what is asked then."""


@asynccontextmanager
async def opened(project: Path) -> AsyncGenerator[Database]:
    """The board as another process has it: nothing of its memory is shared."""
    database = Database(sqlite_url(project / ".claudetask" / DATABASE))
    try:
        yield database
    finally:
        await database.close()


async def total(database: Database, q: str) -> int:
    async with database.read() as session:
        tasks, found = await task_list.listed(session, TaskFilter(q=q), Page(limit=500))
    assert len(tasks) == found
    return found


def plain(board: sqlite3.Connection, q: str) -> int:
    small = q.encode().lower().decode()
    return board.execute(HELD.format("lower("), (small, small)).fetchone()[0]


async def index_kept(database: Database, how: str) -> None:
    async with database.write() as session:
        if how == TAKEN_IN:
            await text_index(session).keep_up(session)
        elif how == MADE_ANEW:
            await text_index(session).make_anew(session)
        elif how:
            await (await session.connection()).exec_driver_sql(how)


@pytest.fixture
def board(project: Path, settings: Settings) -> Iterator[sqlite3.Connection]:
    """The board's file as a person opens it by hand."""

    async def made() -> None:
        async with open_core(settings, start=project, home=None):
            pass

    asyncio.run(made())
    with closing(sqlite3.connect(project / ".claudetask" / DATABASE)) as by_hand:
        by_hand.isolation_level = None
        yield by_hand


@contextmanager
def few(least: int) -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (task_list, text_index_sqlite, text_totals_sqlite):
            patch.setattr(module, "FEW", least)
        patch.setattr(text_index_sqlite, "MOST_DUE", 0)
        yield


def begin(board: sqlite3.Connection) -> None:
    board.execute("DELETE FROM tasks")
    board.executemany(MADE, [("needle", TEXTS[number]) for number in range(TASKS)])
    for statement in derived.ANEW:
        board.execute(statement)


@hypothesis_settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    max_examples=40,
    deadline=None,
)
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
def test_a_total_is_a_plain_count_whoever_wrote_and_asks(
    project: Path, board: sqlite3.Connection, steps: list[tuple[int, Any, bool, str, list[str]]]
) -> None:
    async def compare() -> None:
        async with opened(project) as one, opened(project) as other:
            both = (one, other)
            for phrase in PHRASES:
                assert await total(one, phrase) == plain(board, phrase)
            for writer, step, by_hand, after, phrases in steps:
                if by_hand:
                    board.execute(*step)
                else:
                    async with both[writer].write() as session:
                        connection = await session.connection()
                        await connection.exec_driver_sql(*step)
                await index_kept(both[writer], after)
                for phrase in ["needle", *phrases]:
                    for database in both:
                        assert await total(database, phrase) == plain(board, phrase), phrase

    begin(board)
    with few(FEW):
        asyncio.run(compare())


@contextmanager
def counted(database: Database) -> Generator[list[str]]:
    """The statements that count what the index names."""
    seen: list[str] = []

    def see(_connection: Connection, _cursor: Any, sql: str, *_: Any) -> None:
        if sql.startswith("SELECT count(*)") and "tasks_grams MATCH" in " ".join(sql.split()):
            seen.append(sql)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", see)
    yield seen
    event.remove(engine, "before_cursor_execute", see)


async def test_what_was_counted_once_is_not_again_until_the_index_changes(
    project: Path, board: sqlite3.Connection
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project) as database:
            with counted(database) as statements:
                assert [await total(database, "needle") for _ in range(3)] == [6, 6, 6]
                assert len(statements) == 1
                board.execute(MADE, ("one more needle", ""))
                board.execute("UPDATE tasks SET title = 'thread', description = '' WHERE id = 1")
                board.execute("UPDATE tasks SET title = 'a needle' WHERE id = 2")
                board.execute("DELETE FROM tasks WHERE id = 3")
                assert [await total(database, "needle") for _ in range(3)] == [5, 5, 5]
                assert len(statements) == 1
                await index_kept(database, TAKEN_IN)
                assert [await total(database, "needle") for _ in range(3)] == [5, 5, 5]
                assert len(statements) == 2


async def test_a_count_that_became_few_names_which(
    project: Path, board: sqlite3.Connection
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project) as database:
            assert await total(database, "needle") == 6
            board.execute("DELETE FROM tasks WHERE id IN (1, 3, 4, 5, 6)")
            async with database.read() as session:
                found = text_totals_sqlite.found
                assert await found(session, "needle") == (1, [2])


async def test_what_a_writer_counts_is_known_to_nobody_else(
    project: Path, board: sqlite3.Connection
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project) as database:
            async with database.rehearse() as session:
                await (await session.connection()).exec_driver_sql(MADE, ("needle", ""))
                await text_index(session).keep_up(session)
                found = text_totals_sqlite.found
                assert await found(session, "needle") == (7, ())
                assert await found(session, "needle") == (7, ())
            board.execute(MADE, ("neddle", ""))
            await index_kept(database, TAKEN_IN)  # which leaves the index in that very state
            assert await total(database, "needle") == 6


async def state(database: Database) -> str:
    async with database.read() as session:
        return (await session.execute(text_totals_sqlite.STATE.select())).scalar_one()


async def test_each_change_of_the_index_is_seen_in_its_state(
    project: Path, board: sqlite3.Connection
) -> None:
    """Also where as many rows of as many characters are in it as before."""
    begin(board)
    states: list[str] = []
    async with opened(project) as database:
        with few(FEW):
            for number in range(120):
                board.execute("UPDATE tasks SET title = ? WHERE id = 1", (f"needle{number % 2}",))
                assert states[-1:] in ([], [await state(database)])
                await index_kept(database, MADE_ANEW if number % 10 == 9 else TAKEN_IN)
                states.append(await state(database))
    assert len(set(states)) == len(states)


async def test_a_board_in_the_place_of_another_is_counted_for_itself(
    project: Path, board: sqlite3.Connection, tmp_path: Path
) -> None:
    file = project / ".claudetask" / DATABASE
    async with opened(project) as database:
        async with database.engine.connect() as one, database.engine.connect() as another:
            known = one.info[COUNTS]
            assert another.info[COUNTS] is known
        await database.engine.dispose()
        with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
            board.backup(copy)
        (tmp_path / "copy.db").replace(file)
        async with database.engine.connect() as another:
            assert another.info[COUNTS] is not known


def test_as_many_counts_are_known_as_were_asked_for_last() -> None:
    known = KnownCounts()
    known.put("first", ("", 1))
    for number in range(known_counts.MOST):
        assert known.get("first") == ("", 1)
        known.put(str(number), ("", number))
    assert known.get("0") is None
    assert known.get("1") == ("", 1)
    known.put("1", ("later", 2))
    known.put("one more", ("", 3))
    assert known.get("1") == ("later", 2)
    assert known.get("first") == ("", 1)
    assert known.get("2") is None


@pytest.mark.usefixtures("board")
async def test_a_filter_is_counted_by_indexes_side_by_side(project: Path) -> None:
    """Not by a look at each task that holds the text, nor by sorting those of the column."""
    async with opened(project) as database, database.read() as session:
        index = text_index(session)
        holding = await index.holding(session, "needle")
        ids = index.merged(holding, {"status": "Done", "priority": "High"})
        assert ids is not None
        sql = ids.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        rows = await session.execute(text(f"EXPLAIN QUERY PLAN {sql}"))
        plan = "\n".join(row[-1] for row in rows)
        assert plan.count("MERGE (INTERSECT)") == 2
        assert "COVERING INDEX ix_tasks_status_id (status=?)" in plan
        assert "COVERING INDEX ix_tasks_priority_id (priority=?)" in plan
        assert "TEMP B-TREE" not in plan
        assert index.merged(holding, {"type": "Bug"}) is None
