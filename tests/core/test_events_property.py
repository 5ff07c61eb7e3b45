"""Whatever two servers write at once, who watches or asks sees all of it, and nothing twice."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.home import Home
from claudetask_core.schemas.event import EventType
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services import events as events_module
from claudetask_core.services.tasks.claims import Caller
from claudetask_core.services.tasks.graph import LinkedTaskMissing
from claudetask_core.services.tasks.rows import TaskNotFound
from tests.support import HeldClock

WAIT = 30
SERVER = st.integers(0, 1)
WRITE = st.tuples(SERVER, st.sampled_from(["create", "delete", "refused", "announce"]))
STEPS = st.lists(
    st.one_of(
        st.lists(WRITE, min_size=1, max_size=4).map(lambda at_once: ("write", at_once)),
        st.tuples(st.just("watch"), st.tuples(SERVER, st.none() | st.integers(0, 9))),
        st.tuples(st.just("ask"), st.tuples(SERVER, st.integers(1, 3))),
    ),
    min_size=3,
    max_size=12,
)
Steps = Sequence[tuple[str, tuple[int, int | None] | list[tuple[int, str]]]]


@pytest.fixture
async def servers(
    core: Core, project: Path, clock: HeldClock, settings: Settings, own_home: Path
) -> AsyncGenerator[list[Core]]:
    async with open_core(settings, start=project, home=Home(own_home), clock=clock) as beside:
        yield [core, beside]


async def write(core: Core, what: str) -> None:
    me = Caller("me")
    with suppress(LinkedTaskMissing, TaskNotFound):
        if what == "announce":
            await core.events.announce(EventType.AGENT, "updated", "reviewer", "me")
        elif what == "create":
            await core.tasks.create(TaskCreate(title="a"), me)
        elif what == "refused":
            await core.tasks.create(TaskCreate(title="a", depends_on=[10_000]), me)
        else:
            await core.tasks.delete(await core.events.latest(), me)


class Reader:
    """What one has seen who began after an event, and watches or asks from time to time."""

    def __init__(self, core: Core, after: int) -> None:
        self.core, self.after = core, after
        self.seen: list[int] = []

    async def ask(self, limit: int) -> bool:
        """Whether there was anything more."""
        last = self.seen[-1] if self.seen else self.after
        found = [event.seq for event in await self.core.events.since(last, limit)]
        self.seen += found
        return bool(found)


async def check(servers: list[Core], steps: Steps) -> None:
    begun = await servers[0].events.latest()
    asking = [Reader(core, begun) for core in servers]
    watching: list[Reader] = []

    async def follow(reader: Reader) -> None:
        async with aclosing(reader.core.events.watch(reader.after)) as watched:
            async for event in watched:
                reader.seen.append(event.seq)
                if event.id == f"after {begun}":
                    return

    async with asyncio.timeout(WAIT), asyncio.TaskGroup() as group:
        for name, given in steps:
            if isinstance(given, list):
                await asyncio.gather(*(write(servers[which], what) for which, what in given))
            elif name == "watch":
                which, back = given
                latest = await servers[which].events.latest()
                reader = Reader(servers[which], max(0, latest - (back or 0)))
                watching.append(reader)
                group.create_task(follow(reader))
            else:
                await asking[given[0]].ask(given[1] or 1)
        await servers[1].events.announce(EventType.INDEX, "updated", f"after {begun}", "me")
    for reader in asking:
        while await reader.ask(2):
            pass
    every = [event.seq for event in await servers[0].events.since(0, 10_000)]
    for reader in [*asking, *watching]:
        assert reader.seen == [seq for seq in every if seq > reader.after]


@hypothesis_settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    max_examples=8,
    deadline=None,
)
@given(steps=STEPS)
async def test_every_reader_sees_each_event_once_and_in_order(
    servers: list[Core], steps: Steps
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events_module, "POLL_SECONDS", 0.02)
        await check(servers, steps)
