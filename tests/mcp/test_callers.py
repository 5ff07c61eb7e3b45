"""Who calls: a name given, a session, or the client by what it calls itself."""

from types import SimpleNamespace
from typing import Any

import pytest
from mcp import Client
from mcp.types import Implementation

from claudetask_core.core import Core
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_mcp.app import caller_name
from claudetask_mcp.rate_limit import RateLimit, budget
from claudetask_mcp.server import build_server
from claudetask_mcp.tools.catalogue import CLASSES
from tests.mcp.support import ERAS, PROCESS, answer, opener_of


@pytest.mark.parametrize("era", ERAS)
async def test_a_process_without_a_session_is_named_after_its_client(core: Core, era: str) -> None:
    limit = RateLimit(RateLimiter(core.settings), CLASSES)
    server = build_server(opener_of(core), process=lambda: "mcp:ab12", limit=limit)
    info = Implementation(name="cursor", version="1.4")
    async with Client(server, mode=era, client_info=info) as client:
        await answer(client, "create_task", title="Work")
        said = await answer(client, "get_next_task", claim=True)
        named = await answer(client, "update_task", task_id=1, title="Other", agent="helper")
    assert "Claimed for cursor/1.4:ab12 until" in said
    assert named
    actors = [entry.actor for entry in await core.tasks.history(1)]
    assert actors[0] == "cursor/1.4:ab12"
    assert actors[-1] == "helper"


def call(process: str, headers: dict[str, str] | None, name: str | None = "cursor") -> Any:
    info = None if name is None else Implementation(name=name, version="1.4")
    params = None if info is None else SimpleNamespace(client_info=info)
    return SimpleNamespace(
        request=None if headers is None else SimpleNamespace(headers=headers, scope={"state": {}}),
        lifespan_context=SimpleNamespace(process=lambda: process),
        session=SimpleNamespace(client_params=params),
    )


SESSION = {"mcp-session-id": "s"}


@pytest.mark.parametrize(
    ("ctx", "expected"),
    [
        (call(PROCESS, None), PROCESS),
        (call("mcp:ab12", None), "cursor/1.4:ab12"),
        (call("mcp:ab12", None, None), "mcp:ab12"),
        (call("mcp:ab12", None, "\n\x1b \t"), "mcp:ab12"),
        (call("mcp:ab12", None, "n" * 500), "n" * 60 + ":ab12"),
        (call(PROCESS, {}), "cursor/1.4"),
        (call(PROCESS, {}, None), "mcp"),
    ],
)
def test_a_caller_has_the_best_name_that_is_known(ctx: Any, expected: str) -> None:
    assert caller_name(ctx) == expected


def test_a_session_over_http_is_its_own_whatever_the_client_says() -> None:
    ctx = call(PROCESS, SESSION)
    assert caller_name(ctx) == budget(ctx)
    assert caller_name(ctx).startswith("mcp:")


def test_a_client_cannot_get_a_new_budget_by_another_name() -> None:
    assert {budget(call(PROCESS, {}, name)) for name in ("a", "b", None)} == {"mcp"}
