import pytest
from pydantic import ValidationError

from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import Status, StatusChange, Task, TaskCreate, TaskUpdate
from claudetask_core.services.tasks import graph as task_graph
from claudetask_core.services.tasks import waits as task_waits
from claudetask_core.services.tasks.claims import Caller
from tests.support import questions


async def make(core: Core, caller: Caller, **fields: object) -> Task:
    data = TaskCreate.model_validate({"title": "a task", **fields})
    return (await core.tasks.create(data, caller)).task


def update(**fields: object) -> TaskUpdate:
    return TaskUpdate.model_validate(fields)


async def test_absent_fields_stay_as_they_are(core: Core, alice: Caller) -> None:
    before = await make(core, alice, description="d", git_branch="b", depends_on=[])
    after = await core.tasks.update(1, update(title="new"), alice)
    changed = {"title", "version", "updated_at"}
    assert after.model_dump(exclude=changed) == before.model_dump(exclude=changed)
    assert (after.title, after.version) == ("new", 2)


async def test_null_empties_what_may_be_empty_and_is_refused_elsewhere(
    core: Core, alice: Caller
) -> None:
    await make(core, alice, git_branch="b", analysis="a")
    task = await core.tasks.update(1, update(git_branch=None, analysis=None), alice)
    assert (task.git_branch, task.analysis) == (None, None)
    with pytest.raises(ValidationError, match="title must not be null"):
        update(title=None)


async def test_a_write_that_changes_nothing_leaves_no_trace(core: Core, alice: Caller) -> None:
    before = await make(core, alice, description="d")
    events = await core.events.latest()
    assert await core.tasks.update(1, update(title="a task", description="d"), alice) == before
    assert len(await core.tasks.history(1)) == 1
    assert await core.events.latest() == events


async def test_a_stale_version_is_refused_and_names_what_changed(
    core: Core, alice: Caller, bob: Caller
) -> None:
    await make(core, alice)
    await core.tasks.update(1, update(priority="High"), bob, expected_version=1)
    with pytest.raises(DomainError) as refusal:
        await core.tasks.update(1, update(title="x"), alice, expected_version=1)
    assert refusal.value.code == "version_stale"
    assert refusal.value.details == {
        "version": 2,
        "changed": ["priority"],
        "current": {"priority": "High"},
    }


async def test_writes_without_a_version_merge_by_field(
    core: Core, alice: Caller, bob: Caller
) -> None:
    await make(core, alice)
    await core.tasks.update(1, update(title="from alice"), alice)
    task = await core.tasks.update(1, update(description="from bob"), bob)
    assert (task.title, task.description) == ("from alice", "from bob")


async def test_a_cycle_over_more_tasks_than_one_question_takes_is_found(
    core: Core, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_graph, "AT_ONCE", 2)
    for _ in range(7):
        await make(core, alice)
    for number in range(2, 7):
        await core.tasks.update(number, TaskUpdate(depends_on=[7]), alice)
    await core.tasks.update(1, TaskUpdate(depends_on=[6]), alice)
    with pytest.raises(DomainError) as refusal:
        await core.tasks.update(7, TaskUpdate(depends_on=[1]), alice)
    assert refusal.value.details["cycle"] == [7, 1, 6, 7]


async def test_the_end_of_a_long_chain_takes_no_more_statements_than_its_beginning(
    core: Core, alice: Caller
) -> None:
    await make(core, alice, title="whole")
    asked: list[int] = []
    for number in range(2, 32):
        links = {"parent_id": 1, "depends_on": [number - 1] if number > 2 else []}
        with questions(core) as seen:
            made = await make(core, alice, title=f"part {number}", **links)
            assert await core.links.waits_for_itself(made) == ""
        asked.append(len(seen))
    assert asked[-1] - asked[1] < 5


async def test_a_dependency_cycle_is_refused_and_named(core: Core, alice: Caller) -> None:
    await make(core, alice)
    await make(core, alice, depends_on=[1])
    await make(core, alice, depends_on=[2])
    with pytest.raises(DomainError) as refusal:
        await core.tasks.update(1, update(depends_on=[3]), alice)
    assert refusal.value.code == "circular_dependency"
    assert refusal.value.details["cycle"] == [1, 3, 2, 1]
    assert (await core.tasks.get(1)).depends_on == []


async def test_a_task_cannot_wait_for_itself_or_be_its_own_ancestor(
    core: Core, alice: Caller
) -> None:
    await make(core, alice)
    await make(core, alice, parent_id=1)
    for fields in ({"depends_on": [1]}, {"parent_id": 2}, {"parent_id": 1}):
        with pytest.raises(DomainError) as refusal:
            await core.tasks.update(1, update(**fields), alice)
        assert refusal.value.code == "circular_dependency"


async def test_what_depends_on_what_it_is_part_of_is_taken_and_told_of(
    core: Core, alice: Caller
) -> None:
    """A plan may be written in any order, and the links be meant otherwise than they are read."""
    await make(core, alice, title="whole")
    await make(core, alice, title="half", parent_id=1)
    quarter = await make(core, alice, title="quarter", parent_id=2)
    assert await core.links.waits_for_itself(quarter) == ""
    quarter = await core.tasks.update(3, update(depends_on=[1]), alice)
    circle = "#3 depends on #1, #1 has the subtask #2, #2 has the subtask #3"
    assert await core.links.waits_for_itself(quarter) == circle
    half = await core.tasks.get(2)
    assert (await core.links.waits_for_itself(half)).startswith("#2 has the subtask #3, ")
    for status in (Status.IN_PROGRESS, Status.CODE_REVIEW, Status.DONE):
        await core.tasks.move(1, StatusChange(status=status, force_reason="all is there"), alice)
    assert await core.links.waits_for_itself(quarter) == ""


async def test_links_that_change_places_in_one_call_are_seen_as_they_will_be(
    core: Core, alice: Caller
) -> None:
    await make(core, alice)
    await make(core, alice, depends_on=[1])
    task = await core.tasks.update(2, update(depends_on=[], parent_id=1), alice)
    assert (task.depends_on, task.parent_id) == ([], 1)
    task = await core.tasks.update(2, update(depends_on=[1], parent_id=None), alice)
    assert (task.depends_on, task.parent_id) == ([1], None)
    await core.tasks.update(1, update(depends_on=[]), alice)
    await make(core, alice, parent_id=1)
    assert (await core.tasks.update(1, update(depends_on=[3]), alice)).depends_on == [3]


async def test_circles_on_a_board_are_named(core: Core, alice: Caller) -> None:
    for _ in range(3):
        await make(core, alice)
    await core.tasks.update(2, update(parent_id=1, depends_on=[1]), alice)
    assert await task_waits.stuck(core.database) == [
        "these can never be Done: #1 has the subtask #2, #2 depends on #1"
    ]
    assert (await core.tasks.update(2, update(depends_on=[1, 3]), alice)).depends_on == [1, 3]
    assert (await core.tasks.update(2, update(depends_on=[3]), alice)).depends_on == [3]
    assert await task_waits.stuck(core.database) == []


async def test_criteria_keep_their_ids_through_a_rewrite(core: Core, alice: Caller) -> None:
    await make(core, alice, acceptance_criteria=["first", "second"])
    await core.tasks.update(1, update(check={2: "seen"}), alice)
    task = await core.tasks.update(
        1,
        update(acceptance_criteria=["second", {"id": 1, "text": "first, better"}, "third"]),
        alice,
    )
    assert [(c.id, c.text, c.checked) for c in task.acceptance_criteria] == [
        (2, "second", True),
        (1, "first, better", False),
        (3, "third", False),
    ]


async def test_an_unknown_criterion_is_refused_with_those_there_are(
    core: Core, alice: Caller
) -> None:
    await make(core, alice, acceptance_criteria=["only"])
    for fields in ({"check": {9: "x"}}, {"acceptance_criteria": [{"id": 9, "text": "x"}]}):
        with pytest.raises(DomainError) as refusal:
            await core.tasks.update(1, update(**fields), alice)
        assert refusal.value.code == "criterion_missing"


async def test_a_criterion_named_twice_is_refused(core: Core, alice: Caller) -> None:
    await make(core, alice, acceptance_criteria=["only"])
    twice = [{"id": 1, "text": "x"}, {"id": 1, "text": "y"}]
    with pytest.raises(DomainError, match=r"Criterion 1 is named twice\."):
        await core.tasks.update(1, update(acceptance_criteria=twice), alice)


async def test_a_text_does_not_take_the_criterion_that_another_names(
    core: Core, alice: Caller
) -> None:
    await make(core, alice, acceptance_criteria=["first"])
    wanted = ["first", {"id": 1, "text": "renamed"}]
    task = await core.tasks.update(1, update(acceptance_criteria=wanted), alice)
    assert [(c.id, c.text) for c in task.acceptance_criteria] == [(2, "first"), (1, "renamed")]


async def test_what_is_no_version_is_refused_and_nothing_is_told_to_have_changed(
    core: Core, alice: Caller
) -> None:
    await make(core, alice)
    with pytest.raises(DomainError) as refusal:
        await core.tasks.update(1, update(title="b"), alice, expected_version=0)
    assert refusal.value.code == "version_stale"
    assert refusal.value.details["changed"] == []
    assert "at version 1, and what was expected is no version of it." in str(refusal.value)


async def test_a_criterion_is_unchecked_again_by_writing_it_so(core: Core, alice: Caller) -> None:
    await make(core, alice, acceptance_criteria=["only"])
    await core.tasks.update(1, update(check={1: "seen"}), alice)
    wanted = [{"id": 1, "text": "only", "checked": False}]
    task = await core.tasks.update(1, update(acceptance_criteria=wanted), alice)
    assert (task.acceptance_criteria[0].checked, task.acceptance_criteria[0].evidence) == (
        False,
        None,
    )


async def test_related_files_are_replaced_in_order_and_once_each(core: Core, alice: Caller) -> None:
    await make(core, alice, related_files=["a", "b", "c"])
    task = await core.tasks.update(1, update(related_files=["c", "a", "c"]), alice)
    assert task.related_files == ["c", "a"]
    task = await core.tasks.update(1, update(related_files=["c", "a", "d"]), alice)
    assert task.related_files == ["c", "a", "d"]


async def test_each_changed_field_is_one_entry_with_old_and_new(
    core: Core, alice: Caller, bob: Caller
) -> None:
    await make(core, alice)
    await core.tasks.update(1, update(title="t", priority="Low"), bob)
    entries = [(e.actor, e.field, e.old, e.new) for e in (await core.tasks.history(1))[1:]]
    assert entries == [("bob", "title", "a task", "t"), ("bob", "priority", "Medium", "Low")]


async def test_deleting_a_task_frees_what_waited_for_it_and_says_so_there(
    core: Core, alice: Caller
) -> None:
    await make(core, alice)
    await make(core, alice, depends_on=[1])
    await make(core, alice, parent_id=1)
    await core.tasks.delete(1, alice)
    for number, field in ((2, "depends_on"), (3, "parent_id")):
        assert not getattr(await core.tasks.get(number), field)
        assert [e.field for e in (await core.tasks.history(number))[1:]] == [field]


async def test_a_missing_task_is_named_by_every_method(core: Core, alice: Caller) -> None:
    for call in (
        core.tasks.get(9),
        core.tasks.history(9),
        core.tasks.update(9, update(title="x"), alice),
        core.tasks.delete(9, alice),
        core.notes.find(9),
        core.notes.create(9, "x", alice),
        core.queue.release(9, alice),
    ):
        with pytest.raises(DomainError) as refusal:
            await call
        assert refusal.value.code == "task_not_found"
        assert "#9" in str(refusal.value)
