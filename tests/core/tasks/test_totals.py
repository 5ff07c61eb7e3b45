"""Which tasks match is known from before, and is what a look at each would answer."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from claudetask_core.schemas.task import Page, Priority, Status, TaskFilter, TaskSort, TaskType
from claudetask_core.services.matching.sets import GREATEST
from tests.core.tasks.sets import (
    EVERY,
    FEW,
    MADE,
    MADE_ANEW,
    MERGED,
    ODD,
    OVERRUN,
    STARTED,
    TAKEN_IN,
    TASKS,
    TEXTS,
    WARMED,
    begin,
    few,
    index_kept,
    listed,
    opened,
    plain,
    total,
)

pytestmark = pytest.mark.embedded(reason="the sets are those of a board that is a file")
PHRASES = ("needle", "Needle", "nee", "edles in", "needle_", "0% o", "hay", "eß", "needle in a hay")
STATUSES = ("Backlog", "Ready", "Done")
TITLES = st.sampled_from([*TEXTS, *ODD])
NUMBERS = st.integers(1, TASKS + 6)
VALUES = {
    "title": TITLES,
    "description": TITLES,
    "status": st.sampled_from(STATUSES),
    "type": st.sampled_from([str(kind) for kind in TaskType]),
    "priority": st.sampled_from([str(priority) for priority in Priority]),
}


def updates(name: str) -> st.SearchStrategy[tuple[str, tuple[object, ...]]]:
    one = st.just(f"UPDATE tasks SET {name} = ? WHERE id = ?")  # noqa: S608 — a name of ours
    return st.tuples(one, st.tuples(VALUES[name], NUMBERS))


WRITES = st.one_of(
    st.tuples(st.just(MADE), st.tuples(TITLES, TITLES)),
    *map(updates, VALUES),
    st.tuples(st.just("UPDATE tasks SET title = ?"), st.tuples(TITLES)),
    st.tuples(st.just("UPDATE tasks SET status = ?"), st.tuples(VALUES["status"])),
    st.tuples(st.just("UPDATE OR IGNORE tasks SET id = id + 40 WHERE id = ?"), st.tuples(NUMBERS)),
    st.tuples(
        st.just(f"UPDATE OR IGNORE tasks SET id = id + {GREATEST} WHERE id = ?"),  # noqa: S608 — as above
        st.tuples(NUMBERS),
    ),
    st.tuples(st.just(f"DELETE FROM tasks WHERE id > {GREATEST}"), st.just(())),  # noqa: S608 — as above
    st.tuples(st.just("DELETE FROM tasks WHERE id = ?"), st.tuples(NUMBERS)),
)
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
    (TaskFilter(q="needle", type=TaskType.BUG), EVERY),
    (TaskFilter(q="needle", status=Status("Ready")), Page(sort=TaskSort("-priority"))),
    (TaskFilter(q="needle", priority=Priority.LOW), EVERY),
)
STEPS = st.tuples(
    st.sampled_from([0, 1]),
    WRITES,
    st.booleans(),
    st.sampled_from(
        ["", "", "", TAKEN_IN, TAKEN_IN, MADE_ANEW, MERGED, OVERRUN, WARMED, STARTED, STARTED]
    ),
    st.lists(ASKED, max_size=3),
)
"""Which of two writes what, perhaps by hand; what becomes of the index, and what is asked then.

Both have one file of what they know, and either may be started anew.
"""

Steps = list[tuple[int, Any, bool, str, list[tuple[TaskFilter, Page]]]]


def check(
    project: Path,
    board: sqlite3.Connection,
    steps: Steps,
) -> None:
    async def compare() -> None:
        file = project / "sets"
        both = [opened(project, file), opened(project, file)]
        databases = [await one.__aenter__() for one in both]
        for phrase in PHRASES:
            assert await total(databases[0], phrase) == plain(board, TaskFilter(q=phrase), EVERY)[1]
        for writer, step, by_hand, after, questions in steps:
            if by_hand:
                board.execute(*step)
            else:
                async with databases[writer].write() as session:
                    connection = await session.connection()
                    await connection.exec_driver_sql(*step)
            if after == STARTED:
                await both[writer].__aexit__(None, None, None)
                both[writer] = opened(project, file)
                databases[writer] = await both[writer].__aenter__()
            else:
                await index_kept(databases[writer], after)
            for wanted, page in [*ALWAYS, *questions]:
                for database in databases:
                    found = await listed(database, wanted, page)
                    assert found == plain(board, wanted, page), (wanted, page)
        for one in both:
            await one.__aexit__(None, None, None)

    begin(board)
    board.execute("UPDATE tasks SET title = 'hay' WHERE id > 2")
    with few(FEW):
        asyncio.run(compare())


CHECKS = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@hypothesis_settings(suppress_health_check=CHECKS, max_examples=10, deadline=None)
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
def test_what_matches_is_what_a_look_at_each_finds_whoever_wrote_and_asks(
    project: Path, board: sqlite3.Connection, steps: Steps
) -> None:
    check(project, board, steps)


@pytest.mark.slow
@hypothesis_settings(suppress_health_check=CHECKS, max_examples=30, deadline=None)
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
def test_what_matches_is_that_in_many_more_runs(
    project: Path, board: sqlite3.Connection, steps: Steps
) -> None:
    check(project, board, steps)
