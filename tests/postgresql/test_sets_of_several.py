"""Whatever several write, commit and take back, each list is what a look at each task finds."""

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.engine import Database
from claudetask_core.schemas.task import Page, Priority, Status, TaskFilter, TaskSort, TaskType
from claudetask_core.services.matching.sets import GREATEST
from claudetask_core.services.similar.indexes import text_index
from claudetask_core.services.tasks import listing as task_list
from claudetask_core.services.tasks.warming import Warming
from tests.core.tasks.sets import EVERY, TASKS, TEXTS, few, plain_of

SECONDS = 120
WRITERS = 3
COLUMNS = (
    "title, description, type, priority, status, last_criterion, notes_count, version, "
    "created_at, updated_at"
)
MADE = (
    f"INSERT INTO tasks ({COLUMNS}) VALUES ($1, $2, 'Bug', 'Low', 'Ready', 0, 0, 1, "  # noqa: S608 — names of ours
    "'2026-01-05', '2026-01-05')"
)
ALL = (
    "SELECT t.id, t.title, t.description, t.status, t.type, t.priority, s.position "
    "FROM tasks AS t JOIN statuses AS s ON s.name = t.status"
)
EMPTY = "DELETE FROM tasks; DELETE FROM tasks_changed; ALTER SEQUENCE tasks_id_seq RESTART"
MOVED = (
    "UPDATE tasks SET id = id + {0} WHERE id = $1 "
    "AND NOT EXISTS (SELECT 1 FROM tasks WHERE id = $1 + {0})"
)
IN_THE_WAY = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.UniqueViolationError,
)
PHRASES = ("needle", "Needle", "nee", "edles in", "needle_", "0% o", "hay", "eß", "q")
TITLES = st.sampled_from(
    ["needle", "Needles in hay", "a NEEDLE_ needle", "hay", "", "100% of the needleß", "Q"]
)
STATUSES = ("Backlog", "Ready", "Done")
NUMBERS = st.integers(1, TASKS + 6)
VALUES = {
    "title": TITLES,
    "description": TITLES,
    "status": st.sampled_from(STATUSES),
    "type": st.sampled_from([str(kind) for kind in TaskType]),
    "priority": st.sampled_from([str(priority) for priority in Priority]),
}


def updates(name: str) -> st.SearchStrategy[tuple[str, tuple[object, ...]]]:
    one = st.just(f"UPDATE tasks SET {name} = $1 WHERE id = $2")  # noqa: S608 — a name of ours
    return st.tuples(one, st.tuples(VALUES[name], NUMBERS))


SAID = st.one_of(
    st.tuples(st.just(MADE), st.tuples(TITLES, TITLES)),
    *map(updates, VALUES),
    st.tuples(st.just("UPDATE tasks SET title = $1"), st.tuples(TITLES)),
    st.tuples(st.just("UPDATE tasks SET status = $1"), st.tuples(VALUES["status"])),
    st.tuples(st.just(MOVED.format(40)), st.tuples(NUMBERS)),
    st.tuples(st.just(MOVED.format(GREATEST)), st.tuples(NUMBERS)),
    st.tuples(st.just(f"DELETE FROM tasks WHERE id > {GREATEST}"), st.just(())),  # noqa: S608 — as above
    st.tuples(st.just("DELETE FROM tasks WHERE id = $1"), st.tuples(NUMBERS)),
)
WRITE = st.tuples(
    st.just("write"),
    st.integers(0, WRITERS - 1),
    SAID,
    st.sampled_from(["alone", "begun", "begun", "within", "within and undone"]),
)
"""By hand: in a transaction of its own, or in one that is ended later, perhaps in one within it."""
END = st.tuples(st.just("end"), st.integers(0, WRITERS - 1), st.booleans())
SERVED = st.tuples(
    st.just("served"),
    st.integers(0, 1),
    st.sampled_from(
        ["ended"] * 4 + ["started"] * 4 + ["warmed"] * 2 + ["reads on"] * 2 + ["anew", "overrun"]
    ),
)
SERVER_WRITES = st.tuples(st.just("server writes"), st.integers(0, 1), SAID)
ASKED = st.tuples(
    st.builds(
        TaskFilter,
        q=st.sampled_from(PHRASES),
        status=st.none() | st.sampled_from(STATUSES).map(Status),
        type=st.none() | st.sampled_from(list(TaskType)),
        priority=st.none() | st.sampled_from(list(Priority)),
    ),
    st.builds(
        Page,
        sort=st.sampled_from(list(TaskSort)),
        limit=st.integers(1, 7),
        offset=st.integers(0, 5),
    )
    | st.builds(Page, limit=st.integers(1, 7), after_id=st.integers(0, 9)),
)
ALWAYS = (
    (TaskFilter(q="needle"), EVERY),
    (TaskFilter(q="hay", type=TaskType.BUG), EVERY),
    (TaskFilter(q="needle", status=Status("Ready")), Page(sort=TaskSort("-priority"))),
)
STEPS = st.lists(
    st.tuples(st.one_of(WRITE, WRITE, END, SERVED, SERVER_WRITES), st.lists(ASKED, max_size=2)),
    min_size=4,
    max_size=12,
)
Question = tuple[TaskFilter, Page]
Steps = list[tuple[tuple[Any, ...], list[Question]]]
LAST: Steps = [(("served", which, "warmed"), []) for which in range(2)]


class Hand:
    """Writes as anybody may, and commits or takes back when it is told to."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._begun: Any = None

    async def write(self, said: tuple[str, tuple[object, ...]], how: str) -> None:
        sql, given = said
        try:
            if how != "alone" and self._begun is None:
                self._begun = self._connection.transaction()
                await self._begun.start()
            if how.startswith("within"):
                inner = self._connection.transaction()
                await inner.start()
                await self._connection.execute(sql, *given)
                await (inner.commit if how == "within" else inner.rollback)()
            else:
                await self._connection.execute(sql, *given)
        except IN_THE_WAY:  # of another who has not ended yet
            await self.end(commit=False)

    async def end(self, *, commit: bool) -> None:
        begun, self._begun = self._begun, None
        if begun is not None:
            await (begun.commit if commit else begun.rollback)()


class Served:
    """A server of the board, with a file of what it knows, and perhaps one who reads on.

    One that ended is there again when it is next spoken of.
    """

    def __init__(self, url: str, file: Path) -> None:
        self._url, self._file = url, file
        self._reading = AsyncExitStack()
        self._earlier: AsyncSession | None = None
        self._database: Database | None = None

    async def up(self) -> Database:
        if self._database is None:
            self._database = Database(self._url, self._file)
            await Warming(self._database, pauses=0).once()
        return self._database

    async def close(self) -> None:
        await self._read_on_no_more()
        if self._database is not None:
            await Warming(self._database).close()
            await self._database.close()
            self._database = None

    async def _read_on_no_more(self) -> None:
        self._earlier = None
        await self._reading.aclose()

    async def serve(self, how: str) -> None:
        if how in {"ended", "started"}:
            await self.close()
        if how == "ended":
            return
        database = await self.up()
        if how == "warmed":
            await self._read_on_no_more()  # which it waits for
            await Warming(database, pauses=0).once()
        elif how == "reads on":
            await self._read_on_no_more()
            self._earlier = await self._reading.enter_async_context(database.read())
        elif how != "started":
            async with database.write() as session:
                if how == "anew":
                    await text_index(session).make_anew(session)
                for _ in range(230 if how == "overrun" else 0):
                    await session.execute(text("UPDATE tasks SET status = status"))

    async def write(self, said: tuple[str, tuple[object, ...]]) -> None:
        async with (await self.up()).write() as session:
            connection = await session.connection()
            await connection.exec_driver_sql(*said)

    async def check(self, questions: Sequence[Question]) -> None:
        if self._database is None:
            return
        async with self._database.read() as session:
            await same(session, questions)
        if self._earlier is not None:
            await same(self._earlier, questions)


async def same(session: AsyncSession, questions: Sequence[Question]) -> None:
    tasks = (await session.execute(text(ALL))).all()
    for wanted, page in questions:
        found, total = await task_list.listed(session, wanted, page)
        assert ([task.id for task in found], total) == plain_of(tasks, wanted, page), (wanted, page)


async def compare(url: str, folder: Path, steps: Steps) -> None:
    async with AsyncExitStack() as stack:
        connections: list[Any] = []
        for _ in range(WRITERS):
            connection: Any = await asyncpg.connect(
                url.replace("+asyncpg", ""), server_settings={"lock_timeout": "20ms"}
            )
            stack.push_async_callback(connection.close)
            connections.append(connection)
        await connections[0].execute(EMPTY)
        for number in range(TASKS):
            await connections[0].execute(MADE, "hay" if number > 1 else "needle", TEXTS[number])
        hands = [Hand(connection) for connection in connections]
        servers = [Served(url, folder / "sets") for _ in range(2)]
        for server in servers:
            stack.push_async_callback(server.close)
            await server.up()
        for step, questions in [*steps, *LAST]:
            await done(step, hands, servers)
            for server in servers:
                await server.check([*ALWAYS, *questions])


async def done(step: tuple[Any, ...], hands: Sequence[Hand], servers: Sequence[Served]) -> None:
    which: int = step[1]
    if step[0] == "write":
        await hands[which].write(step[2], step[3])
        return
    if step[0] == "end":
        await hands[which].end(commit=step[2])
        return
    if step[0] == "server writes" or step[2] in {"anew", "overrun"}:
        for hand in hands:  # whom it would wait for
            await hand.end(commit=True)
    await (servers[which].write if step[0] == "server writes" else servers[which].serve)(step[2])


CHECKS = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
NUMBERED = itertools.count()


def check(url: str, tmp_path: Path, steps: Steps) -> None:
    folder = tmp_path / str(next(NUMBERED))
    with few(1):
        asyncio.run(asyncio.wait_for(compare(url, folder, steps), SECONDS))


@settings(suppress_health_check=CHECKS, max_examples=4, deadline=None)
@given(steps=STEPS)
def test_whoever_writes_and_commits_each_server_lists_what_a_look_at_each_finds(
    database_url: str, tmp_path: Path, steps: Steps
) -> None:
    check(database_url, tmp_path, steps)


@pytest.mark.slow
@settings(suppress_health_check=CHECKS, max_examples=10, deadline=None)
@given(steps=STEPS)
def test_each_server_lists_that_in_many_more_runs(
    database_url: str, tmp_path: Path, steps: Steps
) -> None:
    check(database_url, tmp_path, steps)
