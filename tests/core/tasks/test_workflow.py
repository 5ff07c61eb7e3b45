from itertools import product

import pytest

from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import Status, StatusChange, TaskCreate, TaskUpdate
from claudetask_core.schemas.workflow import DEFAULT
from claudetask_core.services.tasks.claims import Caller
from claudetask_core.services.tasks.workflow import is_allowed
from tests.support import HeldClock

LEGAL = {
    "Backlog": {"Analysis", "Ready", "In Progress"},
    "Analysis": {"Ready", "Backlog"},
    "Ready": {"In Progress", "Analysis", "Backlog"},
    "In Progress": {"Testing", "Code Review", "Ready", "Backlog"},
    "Testing": {"Code Review", "In Progress"},
    "Code Review": {"Done", "Testing", "In Progress"},
    "Done": {"In Progress", "Backlog"},
}


def to(status: Status, **more: str) -> StatusChange:
    return StatusChange(status=status, **more)


async def at(core: Core, status: Status, caller: Caller) -> int:
    """A new task in a status, brought there by force."""
    task = (await core.tasks.create(TaskCreate(title=f"in {status}"), caller)).task
    await core.tasks.move(task.id, to(status, force_reason="test"), caller)
    return task.id


@pytest.mark.parametrize(("present", "wanted"), list(product(DEFAULT.statuses, DEFAULT.statuses)))
def test_exactly_the_documented_moves_are_allowed(present: Status, wanted: Status) -> None:
    assert is_allowed(DEFAULT, present, wanted) == (
        present == wanted or wanted.value in LEGAL[present.value]
    )


async def test_every_refused_move_names_the_allowed_ones_and_changes_nothing(
    core: Core, alice: Caller
) -> None:
    for present in DEFAULT.statuses:
        task_id = await at(core, present, alice)
        before = await core.tasks.get(task_id)
        for wanted in set(DEFAULT.statuses) - set(DEFAULT.moves(present)) - {present}:
            with pytest.raises(DomainError) as refusal:
                await core.tasks.move(task_id, to(wanted), alice)
            assert refusal.value.code == "illegal_move"
            assert refusal.value.details["allowed"] == list(DEFAULT.moves(present))
        assert await core.tasks.get(task_id) == before


async def test_a_force_reason_overrides_and_is_marked_in_the_history(
    core: Core, alice: Caller
) -> None:
    await core.tasks.create(TaskCreate(title="a"), alice)
    task = await core.tasks.move(1, to(Status.DONE, force_reason="a hot fix"), alice)
    assert task.status is Status.DONE
    entry = next(e for e in await core.tasks.history(1) if e.field == "status")
    assert (entry.action, entry.reason) == ("forced", "a hot fix")


async def test_a_force_reason_that_was_not_needed_is_a_plain_move(
    core: Core, alice: Caller
) -> None:
    await core.tasks.create(TaskCreate(title="a"), alice)
    await core.tasks.move(1, to(Status.READY, force_reason="just in case"), alice)
    entry = next(e for e in await core.tasks.history(1) if e.field == "status")
    assert (entry.action, entry.reason) == ("moved", "just in case")


async def test_a_comment_becomes_a_note_and_the_reason(core: Core, alice: Caller) -> None:
    await core.tasks.create(TaskCreate(title="a"), alice)
    task = await core.tasks.move(1, to(Status.READY, comment="all clear"), alice)
    assert task.notes_count == 1
    assert [n.text for n in await core.notes.find(1)] == ["all clear"]
    entry = next(e for e in await core.tasks.history(1) if e.field == "status")
    assert entry.reason == "all clear"


async def test_staying_in_a_status_is_no_move(core: Core, alice: Caller) -> None:
    before = (await core.tasks.create(TaskCreate(title="a"), alice)).task
    assert await core.tasks.move(1, to(Status.BACKLOG), alice) == before


async def test_done_sets_and_reopening_clears_the_completion(
    core: Core, alice: Caller, clock: HeldClock
) -> None:
    task_id = await at(core, Status.CODE_REVIEW, alice)
    clock.advance(60)
    done = await core.tasks.move(task_id, to(Status.DONE), alice)
    assert done.completed_at == clock.now()
    reopened = await core.tasks.move(task_id, to(Status.BACKLOG), alice)
    assert reopened.completed_at is None


async def test_done_is_refused_until_criteria_dependencies_and_subtasks_are(
    core: Core, alice: Caller
) -> None:
    """A task was called Done with 0 of 2 criteria checked and an open dependency."""
    other = await at(core, Status.CODE_REVIEW, alice)
    task_id = await at(core, Status.CODE_REVIEW, alice)
    sub = (await core.tasks.create(TaskCreate(title="sub", parent_id=task_id), alice)).task.id
    wanted = TaskUpdate.model_validate({"acceptance_criteria": ["works"], "depends_on": [other]})
    await core.tasks.update(task_id, wanted, alice)
    with pytest.raises(DomainError) as refusal:
        await core.tasks.move(task_id, to(Status.DONE), alice)
    assert refusal.value.code == "not_proven"
    assert refusal.value.details["open"] == [
        "criterion 1 is not checked",
        f"dependency #{other} is in Code Review",
        f"subtask #{sub} is in Backlog",
    ]
    await core.tasks.move(other, to(Status.DONE), alice)
    await core.tasks.move(sub, to(Status.DONE, force_reason="empty"), alice)
    await core.tasks.update(task_id, TaskUpdate(check={1: "pytest: 12 passed"}), alice)
    assert (await core.tasks.move(task_id, to(Status.DONE), alice)).status is Status.DONE


async def test_moments_in_the_history_are_written_as_everywhere_else(
    core: Core, alice: Caller
) -> None:
    task_id = await at(core, Status.DONE, alice)
    task = await core.tasks.get(task_id)
    entry = next(e for e in await core.tasks.history(task_id) if e.field == "completed_at")
    assert entry.new == task.model_dump(mode="json")["completed_at"]
    assert entry.new.endswith("Z")
