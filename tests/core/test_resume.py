import pytest

from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from claudetask_core.resume_text import MAX_CHARACTERS
from claudetask_core.schemas.task import Priority, StatusChange, TaskCreate, TaskUpdate
from claudetask_core.schemas.workflow import Status
from claudetask_core.services.tasks.claims import Caller
from tests.support import HeldClock


async def test_a_session_is_told_what_it_holds_what_changed_and_what_is_next(
    core: Core, alice: Caller, bob: Caller, clock: HeldClock
) -> None:
    data = {"title": "mine", "git_branch": "work", "acceptance_criteria": ["one", "two"]}
    await core.tasks.create(TaskCreate.model_validate({**data, "priority": "High"}), alice)
    await core.tasks.create(TaskCreate(title="other", priority=Priority.LOW), alice)
    await core.queue.next(alice, claim=True)
    await core.notes.create(1, "half way", alice)
    await core.tasks.update(1, TaskUpdate(check={1: "seen"}), alice)
    clock.advance(60)
    await core.tasks.update(2, TaskUpdate(title="renamed"), bob)
    text = await core.resume.text(alice)
    assert "#1 mine (In Progress, branch work; alice until 09:30 UTC)" in text
    assert "open: 2: two" in text
    assert "last note: half way" in text
    assert "#2 renamed: updated title by bob" in text
    assert "Next: #2 renamed" in text


async def test_what_was_told_once_is_not_told_again(
    core: Core, alice: Caller, bob: Caller, clock: HeldClock
) -> None:
    await core.tasks.create(TaskCreate(title="a"), alice)
    clock.advance(1)
    await core.tasks.update(1, TaskUpdate(title="b"), bob)
    clock.advance(1)
    assert "updated title by bob" in await core.resume.text(alice)
    clock.advance(1)
    assert "Nobody else changed anything" in await core.resume.text(alice)


async def test_what_one_caller_did_to_a_task_is_one_line(
    core: Core, alice: Caller, bob: Caller
) -> None:
    for title in ("mine", "theirs", "later"):
        await core.tasks.create(TaskCreate(title=title), alice)
    await core.resume.text(alice)
    await core.queue.next(bob, claim=True)
    await core.notes.create(1, "begun", bob)
    await core.notes.create(1, "half way", bob)
    await core.tasks.move(1, StatusChange(status=Status("Testing")), bob)
    await core.tasks.update(2, TaskUpdate(priority=Priority.LOW, git_branch="b"), bob)
    await core.queue.release(1, bob)
    with pytest.raises(DomainError):
        await core.tasks.move(1, StatusChange(status=Status("Done")), bob)
    assert (
        "Changed by others since your last call, newest first:\n"
        "#1 mine: released by bob\n"
        "#2 theirs: updated priority, updated git_branch by bob\n"
        "#1 mine: Backlog → In Progress, claimed, noted, In Progress → Testing by bob\n"
        "\n"
    ) in await core.resume.text(alice)


async def test_of_many_changes_the_newest_are_told_and_that_there_are_more(
    core: Core, alice: Caller, bob: Caller
) -> None:
    for number in range(12):
        await core.tasks.create(TaskCreate(title=f"task {number}"), alice)
    await core.resume.text(alice)
    for number in range(12):
        await core.notes.create(number + 1, "seen", bob)
    text = await core.resume.text(alice)
    assert text.count("noted by bob") == 8
    assert "#12 task 11: noted by bob\n#11 task 10" in text
    assert "… and more; get_task and list_tasks show the present state." in text
    for _ in range(30):
        await core.notes.create(1, "x" * 900, bob)
        await core.tasks.move(1, StatusChange(status=Status("Analysis")), bob)
        await core.tasks.move(1, StatusChange(status=Status("Backlog")), bob)
    text = await core.resume.text(alice)
    assert text.count(" by bob") == 1
    assert text.count("Analysis → Backlog") == 1
    assert "… and more; get_task and list_tasks show the present state." in text


async def test_claims_of_a_session_that_is_gone_are_offered_in_its_worktree(
    core: Core, clock: HeldClock
) -> None:
    gone = Caller("claude-code:gone", str(core.places.root))
    await core.tasks.create(TaskCreate(title="left behind"), gone)
    await core.queue.next(gone, claim=True)
    text = await core.resume.text(Caller("claude-code:new", str(core.places.root)))
    assert "#1 left behind" in text
    offered = "If no session or subagent is at work on it any more, update_task_status(task_id=1, "
    assert offered in text
    assert "force_reason" in text
    clock.advance(3600)
    text = await core.resume.text(Caller("claude-code:new", str(core.places.root)))
    assert 'update_task_status(task_id=1, status="In Progress") takes it over' in text
    elsewhere = await core.resume.text(Caller("claude-code:far", "/elsewhere"))
    assert "You hold no task" in elsewhere


async def test_a_claim_left_in_testing_is_offered_and_taken_over_by_the_call_that_is_named(
    core: Core, clock: HeldClock
) -> None:
    gone = Caller("claude-code:gone", str(core.places.root))
    new = Caller("claude-code:new", str(core.places.root))
    await core.tasks.create(TaskCreate(title="nearly done"), gone)
    await core.queue.next(gone, claim=True)
    await core.tasks.move(1, StatusChange(status=Status("Testing")), gone)
    assert "#1 nearly done (Testing" in await core.resume.text(new)
    clock.advance(3600)
    text = await core.resume.text(new)
    assert 'update_task_status(task_id=1, status="In Progress") takes it over' in text
    taken = await core.tasks.move(1, StatusChange(status=Status("In Progress")), new)
    assert taken.claimed_by == new.name


async def test_the_text_stays_within_its_budget(
    core: Core, alice: Caller, bob: Caller, clock: HeldClock
) -> None:
    for number in range(12):
        criteria = [f"{n} " + "c" * 900 for n in range(20)]
        fields = {"title": f"{number}" + "t" * 190, "acceptance_criteria": criteria}
        await core.tasks.create(
            TaskCreate.model_validate({**fields, "status": "In Progress", "git_branch": "b" * 255}),
            alice,
        )
        await core.notes.create(number + 1, "n" * 10_000, alice)
    clock.advance(1)
    for number in range(12):
        await core.tasks.update(number + 1, TaskUpdate(title="u" * 200), bob)
    assert len(await core.resume.text(alice)) <= MAX_CHARACTERS


async def test_an_empty_board_says_so(core: Core, alice: Caller) -> None:
    assert "the board is empty" in await core.resume.text(alice)


async def test_what_the_caller_holds_is_not_said_to_be_held_by_others(
    core: Core, alice: Caller
) -> None:
    await core.tasks.create(TaskCreate(title="mine"), alice)
    await core.queue.next(alice, claim=True)
    text = await core.resume.text(alice)
    assert "You hold:\n#1 mine" in text
    assert text.endswith("No task is free: 1 claimed. In the way: #1 is held by you.")
