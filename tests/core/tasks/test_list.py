"""A page and a total by index are what a look at every task would answer."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, text, update

from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, Core, open_core
from claudetask_core.db import copies
from claudetask_core.db.engine import Database
from claudetask_core.db.models import TaskRow
from claudetask_core.db.sqlite import sqlite_url, without_foreign_keys
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import (
    Page,
    Priority,
    Status,
    TaskCreate,
    TaskFilter,
    TaskSort,
    TaskType,
    TaskUpdate,
)
from claudetask_core.services.board import check as board_check
from claudetask_core.services.matching import text_index_sqlite
from claudetask_core.services.similar.indexes import text_index
from claudetask_core.services.tasks.claims import Caller
from tests.core.tasks.sets import KNOW_FEW

ODD = "aAbB %_\\\"'*ßÄäſİ\u212a\u0301\x01\n🙂\ud7ff\ue000\ufffd\ufffe\uffff\U0010ffff"
TEXTS = st.text(st.sampled_from(ODD), max_size=12) | st.sampled_from(
    ["", "a" * 40, "the whole of a longer text, twice: the whole of a longer text"]
)
LONG = ["whole", "whole of a longer text, twice", "r text"]
STATUSES = ("Backlog", "Ready", "Done")
ROWS = st.fixed_dictionaries(
    {
        "title": TEXTS,
        "description": TEXTS,
        "type": st.sampled_from([str(kind) for kind in TaskType]),
        "priority": st.sampled_from([str(priority) for priority in Priority]),
        "status": st.sampled_from(STATUSES),
        "created_at": st.integers(0, 3),
        "updated_at": st.integers(0, 3),
    }
)
FILTERS = st.builds(
    TaskFilter,
    q=st.none()
    | TEXTS.map(lambda said: said[:30])
    | st.sampled_from(["whole", "whole of a longer text, twice"]),
    status=st.none() | st.sampled_from(STATUSES).map(Status),
    type=st.none() | st.sampled_from(list(TaskType)),
    priority=st.none() | st.sampled_from(list(Priority)),
)
PAGES = st.builds(
    Page, sort=st.sampled_from(list(TaskSort)), limit=st.integers(1, 7), offset=st.integers(0, 12)
) | st.builds(Page, limit=st.integers(1, 7), after_id=st.integers(0, 12))
START = datetime(2026, 1, 5, tzinfo=UTC)
SCAN = """SELECT t.id FROM tasks AS t JOIN statuses AS s ON s.name = t.status
    WHERE t.status = coalesce(:status, t.status) AND t.type = coalesce(:type, t.type)
    AND t.priority = coalesce(:priority, t.priority)
    AND (lower(t.title) LIKE :pattern ESCAPE '!' OR lower(t.description) LIKE :pattern ESCAPE '!')
    ORDER BY {order} {way}, t.id {way}"""
ORDERS = {
    "title": "lower(t.title)",
    "status": "s.position",
    "priority": "CASE t.priority WHEN 'High' THEN 0 WHEN 'Medium' THEN 1 ELSE 2 END",
}


def row(number: int, given_: dict[str, Any]) -> dict[str, Any]:
    times = {name: START + timedelta(hours=given_[name]) for name in ("created_at", "updated_at")}
    return {**given_, **times, "id": number, "last_criterion": 0, "notes_count": 0, "version": 1}


async def scanned(core: Core, wanted: TaskFilter, page: Page) -> list[int]:
    """What a look at every task answers, as it was before there was an index."""
    small = (wanted.q or "").encode().lower().decode()
    for special in "!%_":
        small = small.replace(special, f"!{special}")
    values = {name: getattr(wanted, name) for name in ("status", "type", "priority")}
    asked = {name: None if value is None else str(value) for name, value in values.items()}
    name = page.sort.value.removeprefix("-")
    way = "DESC" if page.sort.value.startswith("-") else "ASC"
    sql = text(SCAN.format(order=ORDERS.get(name, f"t.{name}"), way=way))
    async with core.database.read() as session:
        return list(await session.scalars(sql, {**asked, "pattern": f"%{small}%"}))


async def fill(core: Core, rows: list[dict[str, Any]], changed: list[dict[str, Any]]) -> None:
    """Puts tasks on the empty board; the index knows them as they were before some changed."""
    async with core.database.write() as session:
        await session.execute(delete(TaskRow))
        await session.execute(insert(TaskRow), [row(n, one) for n, one in enumerate(rows, 1)])
        await text_index(session).make_anew(session)
        for number, one in enumerate(changed, 1):
            values = {"title": one["title"], "status": one["status"], "type": one["type"]}
            await session.execute(update(TaskRow).where(TaskRow.id == number).values(values))
        await session.execute(delete(TaskRow).where(TaskRow.id == len(changed)))


@pytest.mark.slow
@hypothesis_settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    max_examples=40,
    deadline=None,
)
@given(
    rows=st.lists(ROWS, min_size=1, max_size=25),
    changed=st.lists(ROWS, max_size=5),
    asked=st.lists(st.tuples(FILTERS, PAGES), min_size=8, max_size=20),
    few=st.sampled_from([0, 2, 2_000]),
    keep=st.booleans(),
)
def test_every_page_and_total_is_that_of_a_look_at_every_task(
    project: Path,
    settings: Settings,
    rows: list[dict[str, Any]],
    changed: list[dict[str, Any]],
    asked: list[tuple[TaskFilter, Page]],
    few: int,
    keep: bool,
) -> None:
    async def compare() -> None:
        async with open_core(settings, start=project, home=None) as core:
            await fill(core, rows, changed)
            if keep:
                async with core.database.write() as session:
                    await text_index(session).keep_up(session)
            for wanted, page in asked:
                found = await core.tasks.find(wanted, page)
                whole = await scanned(core, wanted, page)
                shown = [number for number in whole if number > page.after_id]
                assert found.total == len(whole), (wanted, page)
                assert [task.id for task in found.tasks] == shown[page.offset :][: page.limit]
            if not core.database.backend.shared:
                assert copies.search_problems(core.places.board / DATABASE) == []

    with pytest.MonkeyPatch.context() as patch:
        for module in KNOW_FEW:
            patch.setattr(module, "FEW", few)
        patch.setattr(text_index_sqlite, "MOST_DUE", 0)
        asyncio.run(compare())


async def numbers(core: Core, q: str) -> list[int]:
    return [task.id for task in (await core.tasks.find(TaskFilter(q=q), Page())).tasks]


async def test_another_server_finds_what_this_one_wrote_renamed_and_deleted(
    core: Core, project: Path, settings: Settings, alice: Caller
) -> None:
    async with open_core(settings, start=project, home=None) as other:
        for number in range(2 * text_index_sqlite.MOST_DUE):
            await core.tasks.create(TaskCreate(title=f"needle {number}"), alice)
        await core.tasks.update(2, TaskUpdate(description="a haystack"), alice)
        await core.tasks.update(1, TaskUpdate(title="thread"), alice)
        await core.tasks.delete(3, alice)
        assert (await other.tasks.find(TaskFilter(q="NEEDLE"), Page())).total == 62
        assert await numbers(other, "hayst") == [2]
        assert await numbers(other, "hread") == [1]
        assert (await other.tasks.counts())[Status("Backlog")] == 63


@pytest.mark.parametrize("q", ["x" * 500, "%" * 499, '"' * 3, "x", "\U0010ffff", "AND OR NOT"])
async def test_any_text_is_looked_for_as_it_is(core: Core, alice: Caller, q: str) -> None:
    await core.tasks.create(TaskCreate(title="other"), alice)
    await core.tasks.create(TaskCreate(title="it", description=f"before {q} after"), alice)
    assert await numbers(core, q) == [2]


async def test_titles_are_completed_by_a_part_of_them(core: Core, alice: Caller) -> None:
    await core.tasks.create(TaskCreate(title="one", description="said twice"), alice)
    await core.tasks.create(TaskCreate(title="said once"), alice)
    assert await core.tasks.complete("said", limit=5) == ([2], 1)
    assert await core.tasks.complete("1", limit=5) == ([1], 1)


async def test_cards_are_those_of_the_tasks_that_hold_a_text(core: Core, alice: Caller) -> None:
    for title in ("red door", "green door", "red wall"):
        await core.tasks.create(TaskCreate(title=title), alice)
    held = TaskFilter(q="RED", type=TaskType.FEATURE)
    assert [card.id for card in (await core.overview.cards(held)).cards] == [1, 3]


@pytest.mark.embedded(reason="it looks into the board's file")
async def test_the_indexes_made_anew_are_as_the_migrations_make_them(core: Core) -> None:
    def schema() -> list[tuple[str, str]]:
        with closing(sqlite3.connect(core.places.board / DATABASE)) as board:
            return board.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()

    before = await asyncio.to_thread(schema)
    async with core.database.write() as session:
        await text_index(session).make_anew(session)
    assert await asyncio.to_thread(schema) == before


@pytest.mark.embedded(reason="it looks into the board's file")
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE tasks_grams_data SET block = x'00' WHERE id > 10",
        "UPDATE tasks_counted SET tasks = tasks + 1",
        "INSERT INTO tasks_counted VALUES ('Done', 'Bug', 'Low', 3)",
        "DELETE FROM tasks_grams_due",
    ],
)
async def test_damage_is_told_and_what_is_made_anew_is_sound(
    core: Core, alice: Caller, damage: str
) -> None:
    file = core.places.board / DATABASE
    for number in range(text_index_sqlite.MOST_DUE + 3):
        await core.tasks.create(TaskCreate(title=f"needle {number}"), alice)
    async with core.database.write() as session:
        await session.execute(text(damage))
    (said,) = copies.search_problems(file)
    assert said.startswith("the search index of tasks")
    await board_check.mend(core.database)
    assert copies.search_problems(file) == []
    assert len(await numbers(core, "needle")) == text_index_sqlite.MOST_DUE + 3


KILLED = """
import asyncio, sys
from pathlib import Path
from claudetask_core.config import Settings
from claudetask_core.core import open_core
from claudetask_core.schemas.task import TaskCreate, TaskUpdate
from claudetask_core.services.tasks.claims import Caller

async def main(folder):
    me = Caller("me")
    async with open_core(Settings(index_watch=False), start=folder, home=None) as core:
        while True:
            made = (await core.tasks.create(TaskCreate(title="needle"), me)).task
            await core.tasks.update(made.id, TaskUpdate(title=f"a thread {made.id}"), me)
            print(made.id, flush=True)

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.embedded(reason="it looks into the board's file")
@pytest.mark.slow
def test_a_server_killed_while_it_writes_leaves_the_index_sound(
    project: Path, settings: Settings
) -> None:
    async def found(q: str) -> int:
        async with open_core(settings, start=project, home=None) as core:
            return (await core.tasks.find(TaskFilter(q=q), Page())).total

    written = 0
    for _ in range(2):
        command = [sys.executable, "-c", KILLED, str(project)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(text_index_sqlite.MOST_DUE):
                written = int(writer.stdout.readline())
            writer.kill()
        assert copies.search_problems(project / ".claudetask" / DATABASE) == []
        assert asyncio.run(found("a thread")) >= written


@pytest.mark.embedded(reason="it looks into the board's file")
async def test_a_board_of_the_schema_before_is_found_and_counted_too(
    tmp_path: Path, alice: Caller, settings: Settings
) -> None:
    board = tmp_path / ".claudetask"
    board.mkdir()
    database = Database(sqlite_url(board / DATABASE))
    await migrated(database, "0004")
    async with database.write() as session:
        rows = [row(n, {**PLAIN, "title": f"door {n}"}) for n in range(1, 2_500)]
        await session.execute(insert(TaskRow), rows)
    await database.close()
    assert copies.search_problems(board / DATABASE) == []
    async with open_core(settings, start=tmp_path, home=None) as core:
        assert (await core.tasks.find(TaskFilter(q="OOR"), Page(limit=1))).total == 2_499
        assert await numbers(core, "door 2345") == [2345]
        assert (await core.tasks.counts())[Status("Ready")] == 2_499
        await core.tasks.delete(2345, alice)
        assert await numbers(core, "door 2345") == []
    assert copies.search_problems(board / DATABASE) == []


PLAIN = {"title": "", "description": "", "type": "Bug", "priority": "Low", "status": "Ready"} | {
    "created_at": 0,
    "updated_at": 0,
}


async def migrated(database: Database, revision: str) -> None:
    from alembic import command  # noqa: PLC0415 — the one test that stops half way
    from alembic.config import Config  # noqa: PLC0415 — as above

    def up(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", "claudetask_core:db/migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    async with database.engine.connect() as connection, without_foreign_keys(connection):
        await connection.run_sync(up)
        await connection.commit()


@pytest.mark.embedded(reason="it looks into the board's file")
async def test_a_library_without_trigrams_is_refused_with_the_remedy(
    project: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))
    with pytest.raises(DomainError) as refusal:
        async with open_core(settings, start=project, home=None):
            pass
    assert refusal.value.code == "sqlite_too_old"
    assert "another Python" in refusal.value.next_step
