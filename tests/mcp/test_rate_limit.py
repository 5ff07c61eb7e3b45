"""Tool calls are counted by class and caller before they are carried out."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import PromptReference

from claudetask_core.config import Settings
from claudetask_core.core import Core
from claudetask_core.schemas.token import Identity, TokenScope, put_identity
from claudetask_core.services.access.rate_limit import RateClass, RateLimiter
from claudetask_mcp.rate_limit import RateLimit, budget
from claudetask_mcp.server import build_server
from claudetask_mcp.tools.catalogue import CATALOGUE, CLASSES
from tests.mcp.support import ERAS, PROCESS, answer, opener_of, refusal, server_of

SEARCH = {"search_codebase", "find_similar_tasks"}
READ = {
    "list_tasks",
    "get_task",
    "list_agents",
    "get_agent",
    "read_claude_md",
    "project_status",
}


def limits(**rates: str) -> Settings:
    return Settings(**{f"rate_limit_{name}": rate for name, rate in rates.items()})  # pyright: ignore[reportArgumentType] — texts of rates


def test_every_tool_has_its_class() -> None:
    for name, kind in CLASSES.items():
        if name in SEARCH:
            assert kind is RateClass.SEARCH
        elif name == "analyze_task":
            assert kind is RateClass.ANALYSIS
        else:
            assert (kind is RateClass.READ) == (name in READ), name
    assert len(CLASSES) == len(CATALOGUE)


async def test_the_call_after_the_last_is_refused_with_the_wait_in_both_eras(core: Core) -> None:
    for era in ERAS:
        async with Client(server_of(core, limits(read="2/minute")), mode=era) as client:
            for _ in range(2):
                await answer(client, "list_tasks")
            said = await refusal(client, "list_tasks", {})
            assert said.startswith("Too many read calls: the limit is 2 per minute. Wait ")
            assert len(said) <= 400
            assert await answer(client, "find_similar_tasks", query="other class")
            assert (await client.list_tools()).tools


async def test_calls_that_fail_count_too(core: Core) -> None:
    async with Client(server_of(core, limits(read="2/minute", write="1/minute"))) as client:
        await refusal(client, "get_task", {"task_id": 404})
        await refusal(client, "no_such_tool", {})
        assert "Too many" in await refusal(client, "list_tasks", {})
        await refusal(client, "create_task", {"titel": "x"})
        assert "Too many" in await refusal(client, "create_task", {"title": "x"})


async def test_what_is_read_by_another_way_than_a_tool_counts_as_a_read(core: Core) -> None:
    for era in ERAS:
        async with Client(server_of(core, limits(read="3/minute")), mode=era) as client:
            await client.read_resource("claudetask://tasks")
            await client.get_prompt("resume")
            prompt = PromptReference(name="work_on_task")
            await client.complete(prompt, {"name": "task_id", "value": "1"})
            assert "Too many read calls" in await refusal(client, "list_tasks", {})
            with pytest.raises(MCPError) as refused:
                await client.read_resource("claudetask://project")
            assert refused.value.error.message.startswith("Too many read calls: the limit is 3 per")
            assert refused.value.error.data["code"] == "rate_limited"
            assert (await client.list_resources()).resources
            assert await answer(client, "find_similar_tasks", query="other class")


async def test_a_limiter_may_be_replaced_while_the_server_runs(core: Core) -> None:
    limit = RateLimit(RateLimiter(limits(read="1/minute")), CLASSES)
    server = build_server(opener_of(core), process=lambda: PROCESS, limit=limit)
    async with Client(server) as client:
        await answer(client, "list_tasks")
        await refusal(client, "list_tasks", {})
        limit.limiter = RateLimiter(limits(read="9/minute"))
        await answer(client, "list_tasks")


def call(headers: Mapping[str, str] | None, key: str | None = None) -> Any:
    state: dict[str, Any] = {}
    if key is not None:
        put_identity(state, Identity(key, TokenScope.READ))
    request = None if headers is None else SimpleNamespace(headers=headers, scope={"state": state})
    return SimpleNamespace(
        request=request, lifespan_context=SimpleNamespace(process=lambda: PROCESS)
    )


def test_the_budget_is_that_of_the_process_the_token_or_the_session() -> None:
    assert budget(call(None)) == PROCESS
    assert budget(call({})) == "mcp"
    session = budget(call({"mcp-session-id": "secret"}))
    assert session.startswith("mcp:")
    assert "secret" not in session
    assert budget(call({}, "t")) == budget(call({"mcp-session-id": "other"}, "t"))
    assert budget(call({}, "t")) != budget(call({}, "u"))
    assert budget(call({"authorization": "Bearer made-up"})) == "mcp"
