"""A project's own columns: what they may be, and what becomes of the tasks that stand in others."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from claudetask_core.config import Settings, load_settings
from claudetask_core.core import Core, open_core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import Page, StatusChange, TaskCreate, TaskFilter, TaskUpdate
from claudetask_core.schemas.workflow import DEFAULT, Status, Workflow
from claudetask_core.services.tasks.claims import Caller
from claudetask_core.services.tasks.workflow import UnknownStatus
from tests.support import HeldClock

Row = tuple[str, str, list[str]]
Open = Callable[[Workflow], AbstractAsyncContextManager[Core]]


def columns(*rows: Row, was: dict[str, list[str]] | None = None) -> Any:
    return {
        "status": [
            {"name": name, "kind": kind, "moves": moves, "was": (was or {}).get(name, [])}
            for name, kind, moves in rows
        ]
    }


SMALL: tuple[Row, ...] = (
    ("Todo", "todo", ["Doing"]),
    ("Doing", "doing", ["QA", "Todo"]),
    ("QA", "testing", ["Shipped", "Doing"]),
    ("Shipped", "done", ["Todo"]),
)
WAS = {
    "Todo": ["Backlog", "Analysis", "Ready"],
    "Doing": ["In Progress"],
    "QA": ["Testing", "Code Review"],
    "Shipped": ["Done"],
}


def small(was: dict[str, list[str]] | None = WAS) -> Workflow:
    return Workflow.model_validate(columns(*SMALL, was=was))


@pytest.fixture
def opened(project: Path, clock: HeldClock, settings: Settings) -> Open:
    @asynccontextmanager
    async def made(workflow: Workflow) -> AsyncGenerator[Core]:
        own = settings.model_copy(update={"workflow": workflow})
        async with open_core(own, start=project, home=None, clock=clock) as core:
            yield core

    return made


async def statuses_of_the_database(core: Core) -> list[str]:
    async with core.database.read() as session:
        found = await session.scalars(text("SELECT name FROM statuses ORDER BY position"))
        return list(found)


@pytest.mark.parametrize("workflow", [DEFAULT, small()], ids=["default", "small"])
async def test_the_database_allows_exactly_the_statuses_of_the_workflow(
    opened: Open, workflow: Workflow, alice: Caller
) -> None:
    async with opened(workflow) as core:
        assert await statuses_of_the_database(core) == list(workflow.statuses)
        await core.tasks.create(TaskCreate(title="a"), alice)
        with pytest.raises(IntegrityError):
            async with core.database.write() as session:
                await session.execute(text("UPDATE tasks SET status = 'Elsewhere'"))


async def test_a_renamed_workflow_takes_its_tasks_along_and_the_history_says_so(
    opened: Open, alice: Caller
) -> None:
    async with opened(DEFAULT) as core:
        for status in DEFAULT.statuses:
            await core.tasks.create(TaskCreate(title=f"in {status}"), alice)
        for number, status in enumerate(DEFAULT.statuses, 1):
            await core.tasks.move(number, StatusChange(status=status, force_reason="t"), alice)
    async with opened(small()) as core:
        page = await core.tasks.find(TaskFilter(), Page())
        assert [str(task.status) for task in page.tasks] == [
            "Todo",
            "Todo",
            "Todo",
            "Doing",
            "QA",
            "QA",
            "Shipped",
        ]
        assert [task.claimed_by for task in page.tasks][3:5] == ["alice", None]
        assert [task.completed_at is not None for task in page.tasks] == [False] * 6 + [True]
        entry = (await core.tasks.history(4))[-1]
        assert (entry.action, entry.actor, entry.old, entry.new) == (
            "migrated",
            "workflow",
            "In Progress",
            "Doing",
        )
        assert page.tasks[3].version == 3


async def test_a_workflow_that_loses_tasks_is_refused_and_changes_nothing(
    opened: Open, alice: Caller
) -> None:
    async with opened(DEFAULT) as core:
        await core.tasks.create(TaskCreate(title="a"), alice)
    with pytest.raises(DomainError) as refusal:
        async with opened(small({**WAS, "Todo": []})):
            pass
    assert refusal.value.code == "workflow_loses_tasks"
    assert "1 in Backlog" in str(refusal.value)
    assert 'was = ["Backlog"]' in str(refusal.value)
    async with opened(DEFAULT) as core:
        assert (await core.tasks.get(1)).status is Status.BACKLOG
        assert (await core.tasks.get(1)).version == 1


async def test_a_column_nobody_stands_in_may_simply_go(opened: Open) -> None:
    async with opened(small(None)) as core:
        assert await statuses_of_the_database(core) == ["Todo", "Doing", "QA", "Shipped"]
    async with opened(DEFAULT) as core:
        assert await statuses_of_the_database(core) == list(DEFAULT.statuses)


async def test_a_column_that_becomes_of_another_kind_treats_its_tasks_so(
    opened: Open, alice: Caller
) -> None:
    async with opened(small(None)) as core:
        await core.tasks.create(TaskCreate(title="a"), alice)
        await core.queue.next(alice, claim=True)
        await core.tasks.move(1, StatusChange(status=Status("QA")), alice)
    rows = [(name, "review" if name == "QA" else kind, moves) for name, kind, moves in SMALL]
    async with opened(Workflow.model_validate(columns(*rows))) as core:
        task = await core.tasks.get(1)
        assert (str(task.status), task.claimed_by) == ("QA", None)
        assert (await core.tasks.history(1))[-1].action == "released"


async def test_work_goes_its_way_through_columns_of_the_projects_own(
    opened: Open, alice: Caller, bob: Caller
) -> None:
    async with opened(small(None)) as core:
        assert str((await core.tasks.create(TaskCreate(title="a"), alice)).task.status) == "Todo"
        after = TaskCreate.model_validate({"title": "b", "depends_on": [1]})
        await core.tasks.create(after, alice)
        taken = await core.queue.next(alice, claim=True)
        assert taken.task is not None
        assert str(taken.task.status) == "Doing"
        assert "in Todo, 1 other waits" in taken.reason
        none = await core.queue.next(bob, claim=True)
        assert none.reason == (
            "No task is free: 1 claimed, 1 waiting for dependencies. "
            "In the way: #1 is held by alice; #2 waits for #1 (Doing)."
        )
        with pytest.raises(DomainError) as refusal:
            await core.tasks.move(1, StatusChange(status=Status("Shipped")), alice)
        assert refusal.value.details["allowed"] == ["QA", "Todo"]
        await core.tasks.update(1, TaskUpdate.model_validate({"status": "QA"}), alice)
        await core.tasks.update(1, TaskUpdate.model_validate({"acceptance_criteria": ["c"]}), alice)
        with pytest.raises(DomainError) as refusal:
            await core.tasks.move(1, StatusChange(status=Status("Shipped")), alice)
        assert "cannot be Shipped yet" in str(refusal.value)
        await core.tasks.update(1, TaskUpdate(check={1: "seen"}), alice)
        done = await core.tasks.move(1, StatusChange(status=Status("Shipped")), alice)
        assert done.completed_at is not None
        assert done.claimed_by is None
        assert (await core.queue.next(bob)).task is not None
        assert await core.tasks.counts() == {"Todo": 1, "Doing": 0, "QA": 0, "Shipped": 1}


@pytest.mark.parametrize("name", ["Redy", "ready", "'; DROP TABLE tasks; --"])
async def test_a_status_that_there_is_not_is_refused_with_those_there_are(
    core: Core, alice: Caller, name: str
) -> None:
    await core.tasks.create(TaskCreate(title="a"), alice)
    for call in (
        core.tasks.move(1, StatusChange(status=Status(name), force_reason="x"), alice),
        core.tasks.update(1, TaskUpdate(status=Status(name)), alice),
        core.tasks.create(TaskCreate(title="b", status=Status(name)), alice),
        core.tasks.find(TaskFilter(status=Status(name)), Page()),
    ):
        with pytest.raises(DomainError) as refusal:
            await call
        assert refusal.value.code == "unknown_status"
        assert "Statuses: Backlog, Analysis, Ready" in str(refusal.value)
    assert ("Did you mean 'Ready'?" in str(refusal.value)) == name.lower().startswith("re")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("in_progress", "In Progress"), ("DONE", "Done"), ("Dne", "Done"), ("Doing", ""), ("xyz", "")],
)
def test_done_is_proposed_only_where_nothing_else_can_be_meant(name: str, meant: str) -> None:
    """`Doing` was answered with "Did you mean 'Done'?"."""
    said = str(UnknownStatus(name, DEFAULT))
    assert (f"Did you mean '{meant}'?" in said) if meant else "mean" not in said


async def test_a_server_that_missed_a_change_of_the_workflow_says_so_and_writes_nothing(
    opened: Open, alice: Caller
) -> None:
    async with opened(DEFAULT) as old:
        await old.tasks.create(TaskCreate(title="a"), alice)
        async with opened(small()) as new:
            await new.tasks.create(TaskCreate(title="b"), alice)
            for call in (
                old.tasks.create(TaskCreate(title="c"), alice),
                old.tasks.move(1, StatusChange(status=Status.READY), alice),
                old.queue.next(alice, claim=True),
            ):
                with pytest.raises(DomainError) as refusal:
                    await call
                assert refusal.value.code == "workflow_changed"
            assert [str(t.status) for t in (await old.tasks.find(TaskFilter(), Page())).tasks] == [
                "Todo",
                "Todo",
            ]
            assert (await old.tasks.counts())[Status("Todo")] == 2


BROKEN: tuple[tuple[Row, str], ...] = (
    (("QA", "testing", ["Nowhere"]), "'Nowhere', which is no status"),
    (("QA", "testing", ["QA"]), "moves to itself"),
    (("QA", "doing", ["Shipped"]), "exactly one status must be of kind doing"),
    (("Shipped", "review", []), "exactly one status must be of kind done"),
    (("Todo", "review", ["Doing"]), "must be of kind todo"),
    (("Todo", "todo", ["QA"]), "lets a task move to Doing"),
    (("QA", "testing", ["Doing"]), "no moves lead from Doing to Shipped"),
    (("QA", "waiting", []), "'todo', 'analysis'"),
)


@pytest.mark.parametrize(("row", "said"), BROKEN)
def test_a_workflow_that_does_not_hang_together_is_refused(row: Row, said: str) -> None:
    rows = [row if row[0] == other[0] else other for other in SMALL]
    with pytest.raises(ValidationError) as refusal:
        Workflow.model_validate(columns(*rows))
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [("todo", "the same name"), ("Q\nA", "match pattern"), ("Q" * 31, "at most 30 characters")],
)
def test_a_name_that_no_column_can_have_is_refused(name: str, said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Workflow.model_validate(columns(*SMALL, (name, "review", [])))
    assert said in str(refusal.value)


def test_two_columns_for_analysis_or_one_former_name_twice_are_refused() -> None:
    two: list[Row] = [*SMALL, ("A", "analysis", []), ("B", "analysis", [])]
    for given, said in (
        (columns(*two), "at most one status may be of kind analysis"),
        (columns(*SMALL, was={"QA": ["X"], "Doing": ["X"]}), "was names 'X' twice"),
        (columns(*SMALL, was={"QA": ["Todo"]}), "it is a status still"),
    ):
        with pytest.raises(ValidationError) as refusal:
            Workflow.model_validate(given)
        assert said in str(refusal.value)


def test_the_projects_file_may_name_the_workflow_and_a_wrong_one_stops_the_start(
    tmp_path: Path,
) -> None:
    parts = [
        f"[[workflow.status]]\nname = '{name}'\nkind = '{kind}'\nmoves = {moves}\n"
        for name, kind, moves in SMALL
    ]
    file = tmp_path / "config.toml"
    file.write_text("\n".join(parts), "utf-8")
    assert load_settings(board=tmp_path).workflow == small(None)
    file.write_text("\n".join(parts[:-1]), "utf-8")
    with pytest.raises(DomainError) as refusal:
        load_settings(board=tmp_path)
    assert refusal.value.code == "configuration_invalid"
    assert "QA moves to 'Shipped', which is no status" in str(refusal.value)
