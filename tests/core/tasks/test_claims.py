import pytest

from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import Status, StatusChange, TaskCreate, TaskUpdate
from claudetask_core.services.tasks import history
from claudetask_core.services.tasks.claims import Caller
from tests.support import HeldClock

LEASE = 1800


@pytest.fixture
async def held(core: Core, alice: Caller) -> int:
    """A task that alice holds in progress."""
    task = (await core.tasks.create(TaskCreate(title="a", acceptance_criteria=[]), alice)).task
    await core.tasks.update(
        task.id, TaskUpdate.model_validate({"acceptance_criteria": ["c"]}), alice
    )
    await core.tasks.move(task.id, StatusChange(status=Status.IN_PROGRESS), alice)
    return task.id


async def test_moving_to_in_progress_claims_for_the_lease(
    core: Core, held: int, clock: HeldClock
) -> None:
    task = await core.tasks.get(held)
    assert task.claimed_by == "alice"
    assert task.claim_expires_at is not None
    assert (task.claim_expires_at - clock.now()).total_seconds() == LEASE


async def test_another_caller_may_not_move_or_check_but_may_write_texts(
    core: Core, held: int, bob: Caller
) -> None:
    for call in (
        core.tasks.move(held, StatusChange(status=Status.READY), bob),
        core.tasks.update(held, TaskUpdate(check={1: "x"}), bob),
        core.tasks.update(held, TaskUpdate.model_validate({"acceptance_criteria": []}), bob),
        core.tasks.update(held, TaskUpdate(status=Status.IN_PROGRESS), bob),
        core.queue.release(held, bob),
    ):
        with pytest.raises(DomainError) as refusal:
            await call
        assert refusal.value.code == "claimed"
        assert "alice" in str(refusal.value)
    task = await core.tasks.update(held, TaskUpdate(description="d", note="n"), bob)
    assert (task.description, task.notes_count, task.claimed_by) == ("d", 1, "alice")


async def test_the_holders_calls_renew_the_lease(
    core: Core, held: int, alice: Caller, bob: Caller, clock: HeldClock
) -> None:
    clock.advance(LEASE - 1)
    await core.tasks.get(held, alice)
    clock.advance(LEASE - 1)
    await core.notes.create(held, "still here", alice)
    clock.advance(LEASE - 1)
    with pytest.raises(DomainError) as refusal:
        await core.tasks.move(held, StatusChange(status=Status.READY), bob)
    assert refusal.value.code == "claimed"


async def test_an_expired_claim_is_taken_over_and_the_history_names_both(
    core: Core, held: int, bob: Caller, alice: Caller, clock: HeldClock
) -> None:
    clock.advance(LEASE)
    taken = await core.queue.next(bob, claim=True)
    assert taken.task is not None
    assert (taken.task.id, taken.task.claimed_by) == (held, "bob")
    entry = (await core.tasks.history(held))[-1]
    assert (entry.action, entry.old, entry.new) == ("taken_over", "alice", "bob")
    with pytest.raises(DomainError) as refusal:
        await core.tasks.move(held, StatusChange(status=Status.TESTING), alice)
    assert refusal.value.code == "claimed"


async def test_the_claim_lasts_through_testing_and_ends_after(
    core: Core, held: int, alice: Caller
) -> None:
    testing = await core.tasks.move(held, StatusChange(status=Status.TESTING), alice)
    assert testing.claimed_by == "alice"
    review = await core.tasks.move(held, StatusChange(status=Status.CODE_REVIEW), alice)
    assert (review.claimed_by, review.claim_expires_at) == (None, None)


async def test_a_force_reason_takes_a_claimed_task(core: Core, held: int, bob: Caller) -> None:
    change = StatusChange(status=Status.IN_PROGRESS, force_reason="alice is on leave")
    task = await core.tasks.move(held, change, bob)
    assert task.claimed_by == "bob"


async def test_a_task_is_deleted_whoever_holds_it(core: Core, held: int, bob: Caller) -> None:
    assert (await core.tasks.delete(held, bob)).task.claimed_by == "alice"
    async with core.database.read() as session:
        (*_, last) = await history.entries(session, held)
    assert (last.action, last.actor, last.old["claimed_by"]) == ("deleted", "bob", "alice")


async def test_releasing_leaves_the_task_in_progress_and_free(
    core: Core, held: int, alice: Caller, bob: Caller
) -> None:
    released = await core.queue.release(held, alice)
    assert (released.status, released.claimed_by) == (Status.IN_PROGRESS, None)
    found = await core.queue.next(bob)
    assert found.task is not None
    assert found.task.id == held
    assert "left in progress" in found.reason


async def test_overriding_a_claim_is_marked_in_the_history_whatever_it_guards(
    core: Core, held: int, bob: Caller
) -> None:
    forced = {"force_reason": "alice is on leave"}
    await core.tasks.update(held, TaskUpdate.model_validate({"check": {1: "seen"}, **forced}), bob)
    await core.tasks.move(held, StatusChange(status=Status.IN_PROGRESS, **forced), bob)
    entries = [e for e in await core.tasks.history(held) if e.actor == "bob"]
    assert [(e.field, e.action, e.reason) for e in entries] == [
        ("acceptance_criteria", "forced", "alice is on leave"),
        ("claimed_by", "taken_over", "alice is on leave"),
    ]


async def test_a_holders_reason_that_overrides_nothing_is_no_override(
    core: Core, held: int, alice: Caller
) -> None:
    change = TaskUpdate.model_validate({"check": {1: "seen"}, "force_reason": "to be sure"})
    await core.tasks.update(held, change, alice)
    assert [(e.action, e.reason) for e in await core.tasks.history(held)][-1] == ("checked", None)


async def test_a_claim_of_a_clock_that_was_years_ahead_holds_nobody_up(
    core: Core, held: int, alice: Caller, bob: Caller, clock: HeldClock
) -> None:
    clock.advance(400 * 24 * 3600)
    await core.queue.next(alice, claim=True)
    clock.advance(-400 * 24 * 3600)
    assert "You hold no task." in await core.resume.text(alice)
    taken = await core.queue.next(bob, claim=True)
    assert taken.task is not None
    assert (taken.task.id, taken.task.claimed_by) == (held, "bob")
    assert "#1 a (In Progress; bob until 09:30 UTC)" in await core.resume.text(bob)
