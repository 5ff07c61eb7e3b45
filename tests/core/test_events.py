import asyncio
from pathlib import Path

import pytest

from claudetask_core.clock import SystemClock
from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.schemas.event import Event, EventType
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services import events as events_module
from claudetask_core.services.board import transfer
from claudetask_core.services.tasks.claims import Caller

WAIT = 10


async def first(core: Core, after: int | None = None) -> Event:
    async for event in core.events.watch(after):
        return event
    raise AssertionError("the watch ended")


async def test_a_watcher_is_told_of_a_change_in_its_own_process(core: Core, alice: Caller) -> None:
    watching = asyncio.create_task(first(core, after=0))
    await core.tasks.create(TaskCreate(title="a"), alice)
    event = await asyncio.wait_for(watching, WAIT)
    assert (event.type, event.action, event.id, event.actor, event.version) == (
        EventType.TASK,
        "created",
        "1",
        "alice",
        1,
    )


async def test_a_watcher_is_told_of_a_change_by_another_process(
    core: Core, project: Path, settings: Settings, alice: Caller
) -> None:
    watching = asyncio.create_task(first(core, after=0))
    async with open_core(settings, start=project, home=None, clock=SystemClock()) as other:
        await other.tasks.create(TaskCreate(title="a"), alice)
        assert (await asyncio.wait_for(watching, WAIT)).id == "1"


async def test_events_are_replayed_from_where_a_watcher_left(core: Core, alice: Caller) -> None:
    for title in ("a", "b", "c"):
        await core.tasks.create(TaskCreate(title=title), alice)
    seen: list[str] = []
    async for event in core.events.watch(1):
        seen.append(event.id)
        if len(seen) == 2:
            break
    assert seen == ["2", "3"]
    assert [event.seq for event in await core.events.since(0)] == [1, 2, 3]


async def test_a_watcher_goes_on_where_an_import_took_the_numbers_back(
    core: Core, project: Path, settings: Settings, alice: Caller
) -> None:
    await core.tasks.create(TaskCreate(title="a"), alice)
    lines = [line async for line in transfer.exported(core.database)]
    for title in ("b", "c"):
        await core.tasks.create(TaskCreate(title=title), alice)
    told: asyncio.Queue[Event] = asyncio.Queue()

    async def watch() -> None:
        async for event in core.events.watch(2):
            told.put_nowait(event)

    watching = asyncio.create_task(watch())
    try:
        assert (await asyncio.wait_for(told.get(), WAIT)).seq == 3
        async with open_core(settings, start=project, home=None, clock=SystemClock()) as other:
            await transfer.imported(other.database, lines, replace=True)
            assert (await asyncio.wait_for(told.get(), WAIT)).seq == 1
            await other.tasks.create(TaskCreate(title="d"), alice)
            assert (await asyncio.wait_for(told.get(), WAIT)).seq == 2
            await core.tasks.create(TaskCreate(title="e"), alice)
            assert (await asyncio.wait_for(told.get(), WAIT)).seq == 3
    finally:
        watching.cancel()


@pytest.mark.parametrize("events", [1, 2, 3])
async def test_a_watcher_of_one_board_ends_where_another_takes_its_place(
    core: Core, project: Path, settings: Settings, alice: Caller, bob: Caller, events: int
) -> None:
    """Also where the other's newest event has the same number, or a later one."""
    nothing = [line async for line in transfer.exported(core.database)]
    for title in "abc"[:events]:
        await core.tasks.create(TaskCreate(title=title), bob)
    lines = [line async for line in transfer.exported(core.database)]
    async with open_core(settings, start=project, home=None, clock=SystemClock()) as other:
        await transfer.imported(other.database, nothing, replace=True)
        told: asyncio.Queue[Event] = asyncio.Queue()

        async def watch() -> None:
            async for event in core.events.watch(0, one_board=True):
                told.put_nowait(event)

        watching = asyncio.create_task(watch())
        for title in ("d", "e"):
            await core.tasks.create(TaskCreate(title=title), alice)
            assert (await asyncio.wait_for(told.get(), WAIT)).actor == "alice"
        await transfer.imported(other.database, lines, replace=True)
        await asyncio.wait_for(watching, WAIT)
        assert told.empty()


async def test_old_events_are_let_go(
    core: Core, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "KEPT", 3)
    monkeypatch.setattr(events_module, "TRIM_EVERY", 5)
    for number in range(5):
        await core.events.announce(EventType.PROJECT, "updated", str(number), "x")
    assert [event.seq for event in await core.events.since(0)] == [3, 4, 5]


async def test_a_watch_without_watchers_stops_polling_and_begins_again(
    core: Core, alice: Caller
) -> None:
    await core.tasks.create(TaskCreate(title="a"), alice)
    for _ in range(2):
        assert (await asyncio.wait_for(first(core, after=0), WAIT)).seq == 1
