"""Writers who do not know of each other: what is refused, merged, and told by the history."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.overview import ActivityPage
from claudetask_core.schemas.task import Status, StatusChange, TaskCreate, TaskUpdate
from claudetask_core.services.tasks.claims import Caller
from tests.support import HeldClock

LEASE = 1800


async def test_a_stale_version_is_refused_with_what_changed_since_and_how_it_is_now(
    core: Core, alice: Caller, bob: Caller
) -> None:
    await core.tasks.create(TaskCreate(title="a", description="old"), alice)
    await core.tasks.update(1, TaskUpdate(title="b"), alice)
    change = TaskUpdate.model_validate({"description": "x" * 5000, "related_files": ["a.py"]})
    await core.tasks.update(1, change, bob)
    with pytest.raises(DomainError) as refusal:
        await core.tasks.update(1, TaskUpdate(title="c"), alice, expected_version=1)
    assert refusal.value.code == "version_stale"
    said = str(refusal.value)
    assert "at version 3, not 1" in said
    assert "title is 'b' (alice)" in said
    assert 'related_files is ["a.py"] (bob)' in said
    assert len(said) <= 400
    assert refusal.value.details["changed"] == ["description", "related_files", "title"]
    assert refusal.value.details["current"]["title"] == "b"
    assert len(refusal.value.details["current"]["description"]) <= 62


async def test_a_write_without_a_version_is_merged_by_field_and_says_with_what(
    core: Core, alice: Caller, bob: Caller
) -> None:
    await core.tasks.create(TaskCreate(title="a"), alice)
    await core.tasks.update(1, TaskUpdate(title="bobs", note="n"), bob)
    written = await core.tasks.write(1, TaskUpdate(description="alices"), alice)
    assert (written.task.title, written.task.description) == ("bobs", "alices")
    assert written.since == 1
    assert written.others == {"notes": "bob", "title": "bob"}
    again = await core.tasks.write(1, TaskUpdate(description="more"), alice)
    assert (again.since, again.others) == (3, {})
    stranger = await core.tasks.write(1, TaskUpdate(note="hello"), Caller("carol"))
    assert (stranger.since, stranger.others) == (None, {})


async def test_a_former_holders_write_is_refused_and_the_history_has_both_names(
    core: Core, alice: Caller, bob: Caller, clock: HeldClock
) -> None:
    await core.tasks.create(TaskCreate(title="a"), alice)
    await core.queue.next(alice, claim=True)
    clock.advance(LEASE)
    await core.queue.next(bob, claim=True)
    taken = (await core.tasks.history(1))[-1]
    assert (taken.action, taken.old, taken.new) == ("taken_over", "alice", "bob")
    assert taken.reason == "the claim of alice ran out at 09:30:00 UTC"
    version = (await core.tasks.get(1)).version
    for call in (
        core.tasks.move(1, StatusChange(status=Status.TESTING), alice),
        core.tasks.update(1, TaskUpdate.model_validate({"acceptance_criteria": ["c"]}), alice),
        core.queue.release(1, alice),
    ):
        with pytest.raises(DomainError) as refusal:
            await call
        assert refusal.value.code == "claimed"
        assert "Your claim is over. Task #1 is claimed by bob" in str(refusal.value)
    refused = [e for e in await core.tasks.history(1) if e.action == "refused"]
    assert [(e.actor, e.old, e.new, e.reason) for e in refused] == [
        ("alice", "alice", "bob", "move to Testing")
    ]
    assert (await core.tasks.get(1)).version == version


async def test_a_stranger_who_is_refused_leaves_no_trace(
    core: Core, alice: Caller, bob: Caller
) -> None:
    await core.tasks.create(TaskCreate(title="a"), alice)
    await core.queue.next(alice, claim=True)
    before = await core.tasks.history(1)
    with pytest.raises(DomainError) as refusal:
        await core.tasks.move(1, StatusChange(status=Status.TESTING), bob)
    assert "Your claim is over" not in str(refusal.value)
    assert await core.tasks.history(1) == before


Write = Callable[[Core, Caller], Awaitable[object]]
WRITES: dict[str, Write] = {
    "create": lambda core, caller: core.tasks.create(TaskCreate(title="another"), caller),
    "update": lambda core, caller: core.tasks.update(1, TaskUpdate(title="b"), caller),
    "delete": lambda core, caller: core.tasks.delete(1, caller),
    "note": lambda core, caller: core.notes.create(1, "seen", caller),
    "release": lambda core, caller: core.queue.release(1, caller),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_what_waits_for_another_write_is_told_of_a_later_time_than_that(
    core: Core, alice: Caller, clock: HeldClock, write: Write
) -> None:
    await core.tasks.create(TaskCreate(title="a", status=Status("In Progress")), alice)
    async with core.database.write():
        waiting = asyncio.ensure_future(write(core, alice))
        await asyncio.wait({waiting}, timeout=0.05)
        clock.advance(60)
    await waiting
    [newest] = await core.overview.activity(ActivityPage(limit=1))
    assert newest.at == clock.now()
