"""Two connections to a board that is a file, and what a look at each task would answer."""

import sqlite3
from collections.abc import AsyncGenerator, Generator, Iterable, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from claudetask_core.core import DATABASE
from claudetask_core.db import derived
from claudetask_core.db.engine import Database
from claudetask_core.db.sqlite import sqlite_url
from claudetask_core.schemas.task import Page, Priority, TaskFilter, TaskSort
from claudetask_core.services.matching import sets as task_sets
from claudetask_core.services.matching import (
    text_index_postgresql,
    text_index_sets,
    text_index_sqlite,
)
from claudetask_core.services.similar.indexes import text_index
from claudetask_core.services.tasks import indexing, warming
from claudetask_core.services.tasks import listing as task_list
from claudetask_core.services.tasks.warming import Warming

FEW = 2
TEXTS = ("needle", "Needles in hay", "a NEEDLE_ needle", "hay", "", "nee", "dle\x01needle")
ODD = ("need\ufffdle", "needle\uffff", "needleß", "NEEDLEẞ\U0001f642", "100% of the needle")
TASKS = 6
COLUMNS = (
    "title, description, type, priority, status, last_criterion, notes_count, version, "
    "created_at, updated_at"
)
MADE = (
    f"INSERT INTO tasks ({COLUMNS}) VALUES (?, ?, 'Bug', 'Low', 'Ready', 0, 0, 1, "  # noqa: S608 — names of ours
    "'2026-01-05 00:00:00.000000', '2026-01-05 00:00:00.000000')"
)
ALL = (
    "SELECT t.id, t.title, t.description, t.status, t.type, t.priority, s.position "
    "FROM tasks AS t NOT INDEXED JOIN statuses AS s ON s.name = t.status"
)
TAKEN_IN = "taken in"
WARMED = "warmed"
MADE_ANEW = "made anew"
STARTED = "started anew"
OVERRUN = "UPDATE tasks SET status = status"
MERGED = "INSERT INTO tasks_grams (tasks_grams) VALUES ('optimize')"
TEXTS_READ = "tasks.id >= "
"""A part of the statement that reads texts for the index of terms."""
EVERY = Page(limit=500)
KNOW_FEW = (task_list, task_sets, text_index_sqlite, text_index_postgresql, text_index_sets)


@asynccontextmanager
async def opened(project: Path, sets: Path | None = None) -> AsyncGenerator[Database]:
    """The board as another process has it: nothing of its memory is shared, but for a file."""
    database = Database(sqlite_url(project / ".claudetask" / DATABASE), sets)
    try:
        yield database
    finally:
        await Warming(database).close()
        await database.close()


@contextmanager
def asked(database: Database, part: str = "group_concat") -> Generator[list[str]]:
    """The statements that look for a set, or that have another part."""
    seen: list[str] = []

    def see(_connection: Connection, _cursor: Any, sql: str, *_: Any) -> None:
        if part in sql:
            seen.append(sql)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", see)
    yield seen
    event.remove(engine, "before_cursor_execute", see)


async def listed(database: Database, wanted: TaskFilter, page: Page) -> tuple[list[int], int]:
    async with database.read() as session:
        tasks, found = await task_list.listed(session, wanted, page)
    return [task.id for task in tasks], found


async def total(database: Database, q: str) -> int:
    tasks, found = await listed(database, TaskFilter(q=q), EVERY)
    assert len(tasks) == found
    return found


def plain(board: sqlite3.Connection, wanted: TaskFilter, page: Page) -> tuple[list[int], int]:
    """The same by a look at each task, in Python."""
    return plain_of(board.execute(ALL), wanted, page)


def plain_of(
    tasks: Iterable[Sequence[Any]], wanted: TaskFilter, page: Page
) -> tuple[list[int], int]:
    """Those of some tasks that match, in order, and how many do."""
    q = (wanted.q or "").encode().lower()
    name = page.sort.value.removeprefix("-")
    ranks = {str(priority): place for place, priority in enumerate(Priority)}
    found: list[tuple[Any, int]] = []
    for number, title, description, status, kind, priority, position in tasks:
        values = {"status": status, "type": kind, "priority": priority}
        asked = {name: getattr(wanted, name) for name in values}
        if any(value is not None and str(value) != values[name] for name, value in asked.items()):
            continue
        if q in title.encode().lower() or q in description.encode().lower():
            keys = {"title": title.encode().lower(), "status": position}
            keys["priority"] = ranks[priority]
            found.append((keys.get(name, 0), number))
    found.sort(reverse=page.sort.value.startswith("-"))
    shown = [number for _, number in found if number > page.after_id]
    return (sorted(shown, reverse=page.sort is TaskSort("-id")) if name == "id" else shown)[
        page.offset :
    ][: page.limit], len(found)


async def index_kept(database: Database, how: str) -> None:
    if how == WARMED:
        await Warming(database).look()
        return
    async with database.write() as session:
        if how == TAKEN_IN:
            await text_index(session).keep_up(session)
        elif how == MADE_ANEW:
            await text_index(session).make_anew(session)
        elif how:
            connection = await session.connection()
            for _ in range(250 if how == OVERRUN else 1):
                await connection.exec_driver_sql(how)


@contextmanager
def few(least: int) -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in KNOW_FEW:
            patch.setattr(module, "FEW", least)
        patch.setattr(text_index_sqlite, "MOST_DUE", 0)
        patch.setattr(warming, "MANY", least)
        for name, number in (("SEGMENT", 4), ("AT_ONCE", 3), ("CHANGES", 6)):
            patch.setattr(indexing, name, number)
        yield


def begin(board: sqlite3.Connection) -> None:
    board.execute("DELETE FROM tasks")
    board.execute("DELETE FROM sqlite_sequence WHERE name = 'tasks'")
    board.executemany(MADE, [("needle", TEXTS[number]) for number in range(TASKS)])
    for statement in derived.ANEW:
        board.execute(statement)
