"""The core is opened by the first who needs it, once, and closed by the last."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from mcp import Client

from claudetask_core.core import Core
from claudetask_core.errors import Unavailable
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_mcp import session, warm_up
from claudetask_mcp.rate_limit import RateLimit
from claudetask_mcp.server import Server, build_server
from claudetask_mcp.session import LazyCore
from claudetask_mcp.tools.catalogue import CLASSES
from tests.mcp.support import ERAS, PROCESS, answer, refusal

SOON = 5


class Opener:
    """Counts openings and closings; fails as often as it is told to."""

    def __init__(self, core: Core, failures: int = 0) -> None:
        self.core = core
        self.failures = failures
        self.opened = 0
        self.closed = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.open_now = asyncio.Event()

    @asynccontextmanager
    async def __call__(self) -> AsyncGenerator[Core]:
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise Unavailable("The disk is away.", next_step="Plug it in.")
        self.opened += 1
        self.open_now.set()
        try:
            yield self.core
        finally:
            self.closed += 1


async def idle(_: Core, __: int) -> None:
    await asyncio.Event().wait()


def server_over(opener: Opener) -> Server:
    limit = RateLimit(RateLimiter(opener.core.settings), CLASSES)
    return build_server(opener, process=lambda: PROCESS, limit=limit)


@pytest.mark.parametrize("era", ERAS)
async def test_greeting_and_listing_open_nothing(core: Core, era: str) -> None:
    opener = Opener(core)
    async with Client(server_over(opener), mode=era) as client:
        await client.list_tools()
        await client.list_resources()
        await client.list_prompts()
        assert opener.opened == 0
    assert opener.opened == 0


@pytest.mark.parametrize("era", ERAS)
async def test_the_core_is_opened_soon_after_the_listing(
    core: Core, era: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_up, "AFTER_LISTING", 0.01)
    monkeypatch.setattr(warm_up, "AFTER_GREETING", 60)
    opener = Opener(core)
    async with Client(server_over(opener), mode=era) as client:
        await client.list_tools()
        await asyncio.wait_for(opener.open_now.wait(), SOON)


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_that_lists_nothing_finds_it_open_too(
    core: Core, era: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_up, "AFTER_GREETING", 0.01)
    opener = Opener(core)
    async with Client(server_over(opener), mode=era):
        await asyncio.wait_for(opener.open_now.wait(), SOON)
    assert (opener.opened, opener.closed) == (1, 1)


async def test_calls_at_the_same_time_share_one_opening(core: Core) -> None:
    opener = Opener(core)
    opener.gate.clear()
    async with Client(server_over(opener)) as client, asyncio.TaskGroup() as group:
        calls = [group.create_task(answer(client, "list_tasks")) for _ in range(5)]
        await asyncio.sleep(0)
        opener.gate.set()
    assert {call.result() for call in calls} == {"No task matches."}
    assert (opener.opened, opener.closed) == (1, 1)


async def test_a_failed_opening_is_told_and_tried_again_at_the_next_call(core: Core) -> None:
    opener = Opener(core, failures=2)
    async with Client(server_over(opener)) as client:
        assert await refusal(client, "list_tasks") == "The disk is away. Plug it in."
        assert await refusal(client, "list_tasks") == "The disk is away. Plug it in."
        assert await answer(client, "list_tasks") == "No task matches."
    assert opener.opened == 1


async def test_everybody_who_waits_is_told_of_a_failed_opening(core: Core) -> None:
    lazy = LazyCore(Opener(core, failures=1), idle)
    async with lazy:
        results = await asyncio.gather(*(lazy.get() for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable] * 3


async def test_a_strangers_failure_to_open_is_reported_too(core: Core) -> None:
    @asynccontextmanager
    async def opener() -> AsyncGenerator[Core]:
        raise RuntimeError("no")
        yield core

    lazy = LazyCore(opener, idle)
    async with lazy:
        with pytest.raises(RuntimeError):
            await lazy.get()


async def test_an_opening_that_hangs_does_not_hold_up_the_end(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "CLOSE_SECONDS", 0.01)
    opener = Opener(core)
    opener.gate.clear()
    lazy = LazyCore(opener, idle)
    async with asyncio.timeout(SOON), lazy:
        waiting = asyncio.create_task(lazy.get())
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_server_object_serves_one_client_after_another(core: Core) -> None:
    opener = Opener(core)
    server = server_over(opener)
    for _ in range(2):
        async with Client(server) as client:
            assert await answer(client, "list_tasks") == "No task matches."
    assert (opener.opened, opener.closed) == (2, 2)


async def test_two_clients_of_one_server_share_the_core(core: Core) -> None:
    opener = Opener(core)
    server = server_over(opener)
    async with Client(server) as one, Client(server, mode="legacy") as other:
        await answer(one, "create_task", title="Work")
        assert await answer(other, "list_tasks") == "#1 Backlog Medium: Work\n1 task."
    assert (opener.opened, opener.closed) == (1, 1)
