"""The board as a file, and back, with nothing lost."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, Core, open_core
from claudetask_core.db.models import Base, JobRow, ProjectSettingsRow
from claudetask_core.errors import DomainError
from claudetask_core.home import Home
from claudetask_core.schemas.event import EventType
from claudetask_core.schemas.task import StatusChange, TaskCreate, TaskUpdate
from claudetask_core.services.board import transfer
from claudetask_core.services.tasks.claims import Caller
from tests.support import HeldClock

pytestmark = pytest.mark.embedded(reason="between two files; tests/postgresql has the other ways")

ME = Caller("me", "/somewhere")
ODD = "Zeilen \\u0000 \\ud800\n\u2028\x1b – \U0001f600 \"'\\ "


@pytest.fixture
async def other(
    make_project: Callable[[str], Path], settings: Settings, own_home: Path
) -> AsyncGenerator[Core]:
    async with open_core(settings, start=make_project("other"), home=Home(own_home)) as opened:
        yield opened


async def filled(core: Core, clock: HeldClock) -> None:
    """A board with a row in every table, and numbers that were used and are gone."""
    tasks = core.tasks
    for title in ("child", "parent", "gone"):
        clock.advance(1.25)
        await tasks.create(TaskCreate(title=title, description=ODD), ME)
    await tasks.delete(3, ME)
    await tasks.update(1, TaskUpdate.model_validate({"acceptance_criteria": ["one", "two"]}), ME)
    await tasks.update(1, TaskUpdate(check={1: "seen"}), ME)
    change = {"parent_id": 2, "related_files": ["b.py", "a.py"], "analysis": "a needle"}
    await tasks.update(1, TaskUpdate.model_validate(change), ME)
    await tasks.update(2, TaskUpdate(depends_on=[1]), ME)
    move = StatusChange.model_validate({"status": "In Progress", "comment": "mine"})
    await tasks.move(1, move, ME)
    await core.resume.text(ME)
    settings = {"id": 1, "project_path": None, "github_repo": "an/owner", "version": 2}
    job: dict[str, Any] = dict.fromkeys(JobRow.__table__.columns.keys())
    job |= {"id": "j", "task_id": 1, "kind": "analysis", "status": "failed", "progress": 0.5}
    job |= {"message": "", "provider": "p", "actor": "me", "owner": "o", "cancel_requested": False}
    job |= {"cost_usd": 0.1, "turns": 3, "attempts": 2, "created_at": clock.now()}
    async with core.database.write() as session:
        await session.execute(insert(JobRow).values(job))
        await session.execute(insert(ProjectSettingsRow).values(settings))
    await core.events.announce(EventType.AGENT, "created", "reviewer", "me")


async def lines_of(core: Core) -> list[str]:
    return [line async for line in transfer.exported(core.database)]


def dump(core: Core) -> dict[str, list[Any]]:
    """Every table as it stands on disk, the last numbers too."""
    with contextlib.closing(sqlite3.connect(core.places.board / DATABASE)) as board:
        names = [*sorted(Base.metadata.tables), "sqlite_sequence", "tasks_fts"]
        return {
            name: sorted(board.execute(f"SELECT * FROM {name}").fetchall(), key=repr)  # noqa: S608 — our own tables
            for name in names
        }


async def test_a_board_comes_back_as_it_was(core: Core, other: Core, clock: HeldClock) -> None:
    await filled(core, clock)
    lines = await lines_of(core)
    held = {json.loads(line)["table"] for line in lines[1:-1]}
    assert held == set(Base.metadata.tables) - {"tokens"}
    await transfer.imported(other.database, lines, replace=False)
    assert await asyncio.to_thread(dump, other) == await asyncio.to_thread(dump, core)
    assert await lines_of(other) == lines


async def test_the_board_goes_on_where_the_other_stopped(
    core: Core, other: Core, clock: HeldClock
) -> None:
    await filled(core, clock)
    await transfer.imported(other.database, await lines_of(core), replace=False)
    made = await other.tasks.create(TaskCreate(title="next"), ME)
    assert made.task.id == 4
    assert [hit.id for hit in (await other.similar.find("needle")).results] == [1]


async def test_a_board_that_is_not_empty_is_kept_unless_told(
    core: Core, other: Core, clock: HeldClock
) -> None:
    await filled(core, clock)
    lines = await lines_of(core)
    await other.tasks.create(TaskCreate(title="mine"), ME)
    before = await asyncio.to_thread(dump, other)
    with pytest.raises(DomainError) as refusal:
        await transfer.imported(other.database, lines, replace=False)
    assert refusal.value.code == "board_not_empty"
    assert "--replace" in str(refusal.value)
    assert await asyncio.to_thread(dump, other) == before
    await transfer.imported(other.database, lines, replace=True)
    assert await asyncio.to_thread(dump, other) == await asyncio.to_thread(dump, core)


async def test_the_history_of_deleted_tasks_is_not_overwritten_either(
    core: Core, other: Core
) -> None:
    await other.tasks.create(TaskCreate(title="mine"), ME)
    await other.tasks.delete(1, ME)
    with pytest.raises(DomainError) as refusal:
        await transfer.imported(other.database, await lines_of(core), replace=False)
    assert refusal.value.code == "board_not_empty"


def changed(lines: list[str], table: str, **values: Any) -> list[str]:
    """The lines with other values in the first row of a table."""
    for number, line in enumerate(lines):
        found = json.loads(line)
        if found.get("table") == table:
            found["row"].update(values)
            found["row"] = {k: v for k, v in found["row"].items() if v != "absent"}
            return [*lines[:number], json.dumps(found), *lines[number + 1 :]]
    raise AssertionError(table)


SPOILT: dict[str, Callable[[list[str]], list[str]]] = {
    "empty": lambda _: [],
    "no json": lambda lines: [lines[0], "{", *lines[2:]],
    "no object": lambda lines: [lines[0], "[1]", *lines[2:]],
    "deeply nested": lambda lines: [lines[0], "[" * 100_000, *lines[2:]],
    "another program's": lambda lines: ['{"hello": 1}', *lines[1:]],
    "a newer program's": lambda lines: [lines[0].replace('"schema":"0', '"schema":"9'), *lines[1:]],
    "without numbers": lambda lines: [lines[0].replace('"numbers":{', '"n":{'), *lines[1:]],
    "cut off": lambda lines: lines[:-1],
    "a row less": lambda lines: [*lines[:-2], lines[-1]],
    "something after the end": lambda lines: [*lines, lines[-1]],
    "an unknown table": lambda lines: [lines[0], '{"table": "sqlite_master", "row": {}}'],
    "no row": lambda lines: [lines[0], '{"table": "tasks", "row": 3}'],
    "an unknown column": lambda lines: changed(lines, "tasks", nothing=1),
    "a missing column": lambda lines: changed(lines, "tasks", title="absent"),
    "a number for a text": lambda lines: changed(lines, "tasks", title=3),
    "a text for a number": lambda lines: changed(lines, "tasks", version="3"),
    "true for a number": lambda lines: changed(lines, "tasks", version=True),
    "a number for a truth": lambda lines: changed(lines, "criteria", checked=1),
    "a number that is too large": lambda lines: changed(lines, "tasks", version=2**63),
    "half a character": lambda lines: changed(lines, "tasks", title="\ud800"),
    "a NUL": lambda lines: changed(lines, "tasks", title="a\0b"),
    "a NUL in a change": lambda lines: changed(lines, "history", new=["\0"]),
    "half a character in a change": lambda lines: changed(lines, "history", new=["\ud800"]),
    "no time": lambda lines: changed(lines, "tasks", created_at="yesterday"),
    "a time of no zone": lambda lines: changed(lines, "tasks", created_at="2026-01-01T00:00:00"),
    "a status there is not": lambda lines: changed(lines, "tasks", status="Elsewhere"),
    "a number without a fraction that has one": lambda lines: changed(lines, "tasks", version=1.5),
    "the same row twice": lambda lines: [lines[0], lines[1], lines[1], *lines[2:]],
    "a parent there is not": lambda lines: changed(lines, "tasks", parent_id=99),
    "nothing where something must be": lambda lines: changed(lines, "tasks", title=None),
}


@pytest.mark.parametrize("how", SPOILT)
async def test_what_is_no_whole_export_is_refused_and_nothing_changed(
    core: Core, other: Core, clock: HeldClock, how: str
) -> None:
    await filled(core, clock)
    before = await asyncio.to_thread(dump, other)
    with pytest.raises(DomainError) as refusal:
        await transfer.imported(other.database, SPOILT[how](await lines_of(core)), replace=False)
    assert refusal.value.code == "import_refused"
    assert len(str(refusal.value)) <= 400
    assert await asyncio.to_thread(dump, other) == before


async def test_an_export_of_an_older_program_is_completed(
    core: Core, other: Core, clock: HeldClock
) -> None:
    """Columns that came later have their default or nothing; rows of both kinds may follow."""
    await filled(core, clock)
    lines = changed(await lines_of(core), "jobs", attempts="absent")
    lines = changed(lines, "tasks", analysis="absent")
    await transfer.imported(other.database, lines, replace=False)
    async with other.database.read() as session:
        assert await session.scalar(select(JobRow.attempts)) == 1
    assert (await other.tasks.get(1)).analysis is None
    assert (await other.tasks.get(2)).title == "parent"


async def test_more_rows_than_one_statement_takes_come_over(
    core: Core, other: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "BATCH", 3)
    for number in range(8):
        await core.tasks.create(TaskCreate(title=f"task {number}"), ME)
    lines = await lines_of(core)
    assert await transfer.imported(other.database, lines, replace=False) == len(lines) - 2
    assert await asyncio.to_thread(dump, other) == await asyncio.to_thread(dump, core)
