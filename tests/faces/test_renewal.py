"""Whatever the holder asks of its task, through whichever door, renews the claim."""

import re
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from mcp import Client

from claudetask_api.app import create_app
from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import Status, StatusChange, TaskCreate, TaskUpdate
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_core.services.tasks.claims import Caller
from tests.mcp.support import PROCESS, server_of
from tests.support import HeldClock

ORIGIN = "http://127.0.0.1:8765"
LATE = 1000
Call = Callable[[Core, Caller], Awaitable[object]]


async def held(core: Core, holder: Caller) -> None:
    fields = {"title": "t", "acceptance_criteria": ["c"]}
    await core.tasks.create(TaskCreate.model_validate(fields), holder)
    await core.queue.next(holder, claim=True)


async def is_renewed(core: Core, clock: HeldClock) -> bool:
    until = (await core.tasks.get(1)).claim_expires_at
    assert until is not None
    return (until - clock.now()).total_seconds() == core.settings.lease_seconds


@pytest.mark.parametrize("path", ["", "/notes", "/history", "/branch", "/pack"])
async def test_a_read_over_rest_under_the_holders_name_does(
    core: Core, clock: HeldClock, alice: Caller, path: str
) -> None:
    await held(core, alice)
    clock.advance(LATE)
    app = create_app(core, limiter=RateLimiter(core.settings), port=lambda: 8765)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        for name, expected in (("bob", False), ("alice", True)):
            answer = await client.get(f"/api/tasks/1{path}", headers={"X-Agent": name})
            assert answer.status_code == 200
            assert await is_renewed(core, clock) is expected


@pytest.mark.parametrize("arguments", [{}, {"pack": 500}])
async def test_a_look_of_the_model_does(
    core: Core, clock: HeldClock, arguments: dict[str, int]
) -> None:
    await held(core, Caller(PROCESS))
    clock.advance(LATE)
    async with Client(server_of(core)) as client:
        await client.call_tool("get_task", {"task_id": 1, **arguments})
    assert await is_renewed(core, clock)


REFUSED: list[tuple[str, Call]] = [
    ("illegal_move", lambda c, who: c.tasks.move(1, StatusChange(status=Status.DONE), who)),
    ("criterion_missing", lambda c, who: c.tasks.update(1, TaskUpdate(check={9: "e"}), who)),
    (
        "version_stale",
        lambda c, who: c.tasks.update(1, TaskUpdate(title="x"), who, expected_version=1),
    ),
    ("analysis_unavailable", lambda c, who: c.analysis.start(1, who)),
]


@pytest.mark.parametrize(("code", "call"), REFUSED, ids=[code for code, _ in REFUSED])
async def test_what_the_holder_is_refused_does_too(
    core: Core, clock: HeldClock, alice: Caller, bob: Caller, code: str, call: Call
) -> None:
    await held(core, alice)
    clock.advance(LATE)
    for caller, expected in ((bob, False), (alice, True)):
        with pytest.raises(DomainError) as refusal:
            await call(core, caller)
        assert re.match(f"{code}|claimed|claude_unavailable|no_claude", refusal.value.code)
        assert await is_renewed(core, clock) is expected
