import pytest
from pydantic import ValidationError

from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import OnDuplicate, Priority, Status, TaskCreate, TaskType
from claudetask_core.services.tasks.claims import Caller


async def test_a_title_alone_makes_a_task_with_the_defaults(core: Core, alice: Caller) -> None:
    task = (await core.tasks.create(TaskCreate(title="  Trim me "), alice)).task
    assert (task.id, task.title, task.version) == (1, "Trim me", 1)
    assert (task.type, task.priority) == (TaskType.FEATURE, Priority.MEDIUM)
    assert (task.status, task.claimed_by, task.completed_at) == (Status.BACKLOG, None, None)
    assert await core.tasks.get(1) == task


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": "   "},
        {"title": "x" * 201},
        {"title": "x" * 2_000_000},
        {"title": None},
        {"title": "two\nlines"},
        {"title": "ok", "description": "é" * 32 * 1024 + "e"},
        {"title": "ok", "description": "nul\x00"},
        {"title": "ok", "acceptance_criteria": ["x"] * 101},
        {"title": "ok", "acceptance_criteria": ["x" * 1001]},
        {"title": "ok", "related_files": [str(n) for n in range(201)]},
        {"title": "ok", "colour": "blue"},
        {"title": "ok", "priority": "Urgent"},
    ],
)
def test_what_breaks_a_limit_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TaskCreate.model_validate(fields)


def test_two_hundred_code_points_are_a_title_whatever_their_bytes() -> None:
    assert len(TaskCreate(title="𝄞" * 200).title) == 200


async def test_a_task_may_begin_where_backlog_leads(core: Core, alice: Caller) -> None:
    ready = (await core.tasks.create(TaskCreate(title="a", status=Status.READY), alice)).task
    begun = (await core.tasks.create(TaskCreate(title="b", status=Status.IN_PROGRESS), alice)).task
    assert (ready.status, ready.claimed_by) == (Status.READY, None)
    assert (begun.status, begun.claimed_by) == (Status.IN_PROGRESS, "alice")


async def test_a_task_may_not_begin_done_and_is_not_made(core: Core, alice: Caller) -> None:
    with pytest.raises(DomainError) as refusal:
        await core.tasks.create(TaskCreate(title="a", status=Status.DONE), alice)
    assert refusal.value.code == "illegal_move"
    assert refusal.value.details["allowed"] == ["Backlog", "Analysis", "Ready", "In Progress"]
    assert str(refusal.value) == (
        "A new task cannot begin in Done. Allowed: Backlog, Analysis, Ready, In Progress. "
        "Begin in one of these, or leave the status out."
    )
    assert sum((await core.tasks.counts()).values()) == 0


async def test_a_missing_parent_or_dependency_is_named(core: Core, alice: Caller) -> None:
    for fields in ({"parent_id": 7}, {"depends_on": [7]}):
        with pytest.raises(DomainError) as refusal:
            await core.tasks.create(TaskCreate.model_validate({"title": "a", **fields}), alice)
        assert refusal.value.code == "linked_task_missing"
        assert "#7" in str(refusal.value)


async def test_a_likely_duplicate_is_named_and_refused_where_asked(
    core: Core, alice: Caller
) -> None:
    await core.tasks.create(TaskCreate(title="Refresh the login tokens"), alice)
    made = await core.tasks.create(TaskCreate(title="Refresh login token"), alice)
    assert [hit.id for hit in made.duplicates] == [1]
    with pytest.raises(DomainError) as refusal:
        await core.tasks.create(
            TaskCreate(title="refresh login tokens"), alice, on_duplicate=OnDuplicate.REFUSE
        )
    assert refusal.value.code == "possible_duplicate"
    assert "#1" in str(refusal.value)
    assert sum((await core.tasks.counts()).values()) == 2


async def test_a_number_is_never_used_again(core: Core, alice: Caller) -> None:
    await core.tasks.create(TaskCreate(title="a"), alice)
    await core.tasks.delete(1, alice)
    assert (await core.tasks.create(TaskCreate(title="b"), alice)).task.id == 2


async def test_a_criterion_that_a_new_task_cannot_have_names_no_task(
    core: Core, alice: Caller
) -> None:
    new = {"title": "a", "acceptance_criteria": ["first", {"id": 5, "text": "x"}]}
    with pytest.raises(DomainError, match="no criterion 5") as refusal:
        await core.tasks.create(TaskCreate.model_validate(new), alice)
    assert refusal.value.code == "criterion_missing"
    assert "#" not in str(refusal.value)
