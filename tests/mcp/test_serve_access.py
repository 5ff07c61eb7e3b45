"""REST and MCP on one port: who gets in, what with, and who shares a budget."""

import asyncio
from argparse import Namespace
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from claudetask_api import door
from claudetask_core.config import Settings
from claudetask_core.core import open_core
from claudetask_core.schemas.audit import AuditKind, AuditPage
from claudetask_core.schemas.token import TokenScope
from claudetask_mcp.commands import serve
from claudetask_mcp.tools.catalogue import SCOPES
from tests.mcp.process import SOON
from tests.mcp.serving import ACCEPT, HELLO, LIST_TASKS, Serving, entry_of
from tests.mcp.support import ERAS, answer, refusal
from tests.support_tokens import bearer, token


async def test_with_a_token_nobody_else_gets_in(serving: Serving) -> None:
    async with serving(token="secret") as url, httpx.AsyncClient(base_url=url) as rest:
        assert (await rest.post("/mcp", json=HELLO, headers=ACCEPT)).status_code == 401
        known = {**ACCEPT, "Authorization": "Bearer secret"}
        assert (await rest.post("/mcp", json=HELLO, headers=known)).status_code == 200
        assert (await rest.get("/health")).status_code == 200


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
async def test_other_sites_are_refused_at_mcp_too(
    serving: Serving, headers: dict[str, str]
) -> None:
    async with serving() as url, httpx.AsyncClient(base_url=url) as rest:
        said = await rest.post("/mcp", json=HELLO, headers={**ACCEPT, **headers})
    assert said.status_code in {403, 421}


async def test_both_faces_take_from_the_budget_of_the_token(serving: Serving) -> None:
    known = {"Authorization": "Bearer secret"}
    async with (
        serving(token="secret", rate_limit_read="2/minute") as url,
        httpx.AsyncClient(base_url=url, headers=known) as rest,
    ):
        for _ in range(2):
            assert (await rest.get("/api/tasks")).status_code == 200
        first = await rest.post("/mcp", json=HELLO, headers=ACCEPT)
        session = {**ACCEPT, "Mcp-Session-Id": first.headers["mcp-session-id"]}
        said = await rest.post("/mcp", json=LIST_TASKS, headers=session)
    assert "Too many read calls" in said.text


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104 — refused here
async def test_a_bind_that_others_can_reach_needs_a_token(project: Path, host: str) -> None:
    with pytest.raises(serve.TokenRequired) as caught:
        await serve.run(entry_of(project, host=host), Namespace())
    assert caught.value.code == "token_required"
    assert f"Refusing to listen on {host} without a token" in str(caught.value)


async def test_a_bind_that_others_can_reach_is_opened_by_an_admins_token(project: Path) -> None:
    entry = entry_of(project, host="192.0.2.1")
    async with open_core(Settings(index_watch=False), start=project, home=None) as core:
        await token(core, "writer", "write")
        with pytest.raises(serve.TokenRequired):
            await serve.run(entry, Namespace())
        await token(core, "boss", "admin")
        with pytest.raises(serve.CannotListen):  # no machine has that address
            await serve.run(entry, Namespace())


@pytest.mark.parametrize("era", ERAS)
async def test_tools_beyond_the_scope_are_neither_offered_nor_carried_out(
    project: Path, serving: Serving, era: str
) -> None:
    async with open_core(Settings(index_watch=False), start=project, home=None) as core:
        secrets = {scope: await token(core, scope, scope) for scope in TokenScope}
        async with serving() as url:
            for scope, secret in secrets.items():
                async with http_client(url, secret, era) as client:
                    offered = {tool.name for tool in (await client.list_tools()).tools}
                    assert offered == {name for name, at in SCOPES.items() if scope.covers(at)}
                    for name in SCOPES.keys() - offered:
                        said = await refusal(client, name, {})
                        assert said.startswith("This needs a token with the scope ")
                        assert len(said) <= 400
                    await answer(client, "get_next_task")
                    if scope is TokenScope.READ:
                        assert "the scope write" in await refusal(
                            client, "get_next_task", {"claim": True}
                        )
                    else:
                        await answer(client, "create_task", title="x", agent="builder")
                        assert "cannot be given" in await refusal(
                            client, "create_task", {"title": "x", "agent": "@ann"}
                        )
        await core.tokens.settle()
        names = {one.actor for one in await core.audit.find(AuditPage(kind=AuditKind.TASK))}
        assert names == {"@write/builder", "@admin/builder"}


@asynccontextmanager
async def http_client(url: str, secret: str, era: str) -> AsyncGenerator[Client]:
    async with (
        httpx2.AsyncClient(headers=bearer(secret)) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=era) as client,
    ):
        yield client


async def test_an_mcp_session_ends_with_its_token(
    project: Path, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "CHECK_SECONDS", 0.05)
    async with open_core(Settings(index_watch=False), start=project, home=None) as core:
        secret = await token(core, "ann", "write")
        async with serving() as url, httpx.AsyncClient(base_url=url) as rest:
            known = {**ACCEPT, **bearer(secret)}
            first = await rest.post("/mcp", json=HELLO, headers=known)
            session = {**known, "Mcp-Session-Id": first.headers["mcp-session-id"]}
            async with rest.stream("GET", "/mcp", headers=session) as open_one:
                assert open_one.status_code == 200
                await core.tokens.revoke("ann", "cli")
                said = await rest.post("/mcp", json=LIST_TASKS, headers=session)
                assert said.status_code == 401
                async with asyncio.timeout(SOON):
                    assert b"data: {" not in b"".join([part async for part in open_one.aiter_raw()])
