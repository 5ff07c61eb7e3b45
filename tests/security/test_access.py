"""What a token opens, what it does not, and what is left of it afterwards."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from httpx2 import ASGITransport, AsyncClient
from pydantic import SecretStr

from claudetask_api import door
from claudetask_api.access import needed
from claudetask_api.app import ROUTERS, create_app
from claudetask_api.security import is_open
from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.schemas.audit import AuditKind, AuditPage
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.schemas.token import TokenScope
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_core.services.tasks.claims import Caller
from claudetask_mcp.tools.catalogue import SCOPES
from tests.api.asgi import HOST, exchange, scope_of
from tests.api.support import BASE
from tests.support_tokens import bearer, token

DOC = (Path(__file__).parents[2] / "docs" / "security.md").read_text("utf-8")
ROUTES = [
    (method, route.path_format, needed(route.name, method))
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
]
FILLED = {
    "{task_id}": "1",
    "{agent_id}": "reviewer",
    "{job_id}": "none",
    "{name}": "none",
    "{name:path}": "none",
}


@asynccontextmanager
async def client_of(
    core: Core, secret: str | None = None, **changes: Any
) -> AsyncGenerator[AsyncClient]:
    values: dict[str, Any] = {"rate_limit_enabled": False, "analysis_provider": "none", **changes}
    object.__setattr__(core, "settings", Settings(**values))
    app = create_app(core, limiter=RateLimiter(core.settings), port=8765)
    headers = bearer(secret) if secret else {}
    async with AsyncClient(
        transport=ASGITransport(app=app), base_url=BASE, headers=headers
    ) as client:
        yield client


def documented() -> dict[str, tuple[set[str], set[str]]]:
    """By scope, the routes and the tools that the documentation names."""
    rows = re.findall(r"^\| `(read|write|admin)` \| (.*) \| (.*) \|$", DOC, re.MULTILINE)
    return {
        scope: (set(re.findall(r"`([A-Z]+ /[^`]+)`", routes)), set(re.findall(r"`(\w+)`", tools)))
        for scope, routes, tools in rows
    }


def test_the_documented_scopes_are_those_that_are_checked() -> None:
    told = documented()
    assert list(told) == list(TokenScope)
    for scope, (routes, tools) in told.items():
        checked = {
            f"{method} {path}"
            for method, path, wanted in ROUTES
            if wanted == scope and (method != "GET" or wanted is not TokenScope.READ)
        }
        assert routes == checked
        offered = {name for name, wanted in SCOPES.items() if wanted == scope}
        assert tools - {"get_next_task"} == offered - {"get_next_task"}
    assert sum(len(routes) for routes, _ in told.values()) >= 25


def address_of(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return path


@pytest.mark.parametrize("scope", list(TokenScope))
async def test_each_scope_is_refused_what_only_the_next_one_covers(
    core: Core, scope: TokenScope
) -> None:
    secret = await token(core, "ann", scope)
    await core.tasks.create(TaskCreate(title="a"), Caller("me"))
    refused = set[str]()
    async with client_of(core, secret) as client:
        for method, path, wanted in ROUTES:
            if path == "/api/events" or is_open(path):
                continue
            body: dict[str, str] | None = {} if method in {"POST", "PUT"} else None
            answer = await client.request(method, address_of(path), json=body)
            is_refused = answer.status_code == 403
            assert is_refused is not scope.covers(wanted), (method, path, answer.text)
            if is_refused:
                refused.add(path)
                assert answer.json()["code"] == "insufficient_scope"
                assert answer.json()["scope"] == wanted
                told = answer.headers["www-authenticate"]
                assert told.endswith(f'error="insufficient_scope", scope="{wanted}"')
    assert bool(refused) is (scope is not TokenScope.ADMIN)


async def test_a_route_that_nobody_decided_on_is_closed() -> None:
    assert needed("something_new", "POST") is TokenScope.ADMIN
    assert needed("something_new", "GET") is TokenScope.READ


async def test_guesses_of_the_servers_token_are_bounded_by_address_and_a_persons_token_goes_on(
    core: Core,
) -> None:
    secret = await token(core, "ann", "read")
    async with client_of(core, token=SecretStr("chosen")) as client:
        for number in range(20):
            answer = await client.get("/api/tasks", headers=bearer(f"guess {number}"))
            assert answer.status_code == 401
        for guess in ("guess", "chosen", f"ctk_{'0' * 12}_{'A' * 43}"):
            answer = await client.get("/api/tasks", headers=bearer(guess))
            assert answer.status_code == 429
            assert answer.json()["code"] == "too_many_guesses"
            assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert (await client.get("/api/tasks", headers=bearer(secret))).status_code == 200
        assert (await client.get("/api/tasks")).status_code == 401


async def test_a_wrong_token_that_is_sent_again_and_again_is_one_guess(core: Core) -> None:
    """A program that goes on with a token of yesterday does not lock out its neighbours."""
    async with client_of(core, token=SecretStr("chosen")) as client:
        for _ in range(30):
            for wrong in ("yesterday", f"ctk_{'0' * 12}_{'A' * 43}"):
                answer = await client.get("/api/tasks", headers=bearer(wrong))
                assert answer.status_code == 401
        assert (await client.get("/api/tasks", headers=bearer("chosen"))).status_code == 200


async def test_no_secret_of_a_token_is_in_an_answer_a_log_or_the_record(
    core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = await token(core, "ann", "admin")
    said = list[str]()
    async with client_of(core, secret) as client:
        for path in ("/api/me", "/api/tokens", "/api/audit", "/nothing", "/api/project/status"):
            said.append((await client.get(path)).text)
        await core.tokens.revoke("ann", "cli")
        for path in ("/api/me", "/api/tokens"):
            said.append((await client.get(path)).text)
        await core.tokens.settle()
    said += [str(one) for one in await core.audit.find(AuditPage())]
    assert [one.actor for one in await core.audit.find(AuditPage(kind=AuditKind.ACCESS))]
    everything = "".join(said) + caplog.text
    assert "ann" in everything
    assert secret[17:] not in everything


async def test_what_was_refused_at_the_door_is_written_down_without_the_secret(core: Core) -> None:
    reader, gone = await token(core, "reader", "read"), await token(core, "gone", "admin")
    await core.tokens.revoke("gone", "cli")
    async with client_of(core) as client:
        await client.get("/api/tasks")  # without any: no attempt
        await client.get("/api/tasks", headers=bearer("nothing like it"))
        await client.get("/api/tasks", headers=bearer(gone))
        await client.post("/api/tasks", headers=bearer(reader), json={"title": "x"})
    await core.tokens.settle()
    found = await core.audit.find(AuditPage(kind=AuditKind.ACCESS))
    assert sorted((one.actor, one.action, one.subject) for one in found) == [
        ("127.0.0.1", "sign_in_refused", "/api/tasks"),
        ("@gone", "sign_in_refused", "/api/tasks"),
        ("@reader", "scope_refused", "POST /api/tasks"),
    ]
    assert "revoked token from 127.0.0.1" in {one.reason for one in found}


async def test_a_tokens_name_is_part_of_every_name_it_writes_under(core: Core) -> None:
    secret = await token(core, "ann", "admin")
    async with client_of(core, secret) as client:
        for agent in (None, "builder", "@ann", "@ann/builder"):
            body = {"title": "x", "agent": agent} if agent else {"title": "x"}
            assert (await client.post("/api/tasks", json=body)).status_code == 201
        headers = {"X-Agent": "from a header"}
        await client.post("/api/tasks", json={"title": "x"}, headers=headers)
        await client.put("/api/project/settings", json={"github_repo": "an/owner"})
        await client.put("/api/claude/config", json={"content": "# A\n", "agent": "builder"})
        await client.post("/api/tokens", json={"name": "bob", "scope": "read"})
        said = (await client.get("/api/audit")).json()
    assert [one["actor"] for one in reversed(said) if one["kind"] == "task"] == [
        "@ann",
        "@ann/builder",
        "@ann",
        "@ann/builder",
        "@ann/from a header",
    ]
    others = {one["kind"]: one["actor"] for one in said if one["actor"] != "cli"}
    assert others == {
        "task": "@ann",
        "project": "@ann",
        "claude_md": "@ann/builder",
        "token": "@ann",
    }


@pytest.mark.parametrize("chosen", [None, "chosen"])
async def test_nobody_else_takes_the_name_of_a_tokens_holder(
    core: Core, chosen: str | None
) -> None:
    bob = await token(core, "bob", "admin") if chosen else ""
    async with client_of(core, chosen, token=SecretStr(chosen) if chosen else None) as client:
        for made in ({"agent": "@ann"}, {"agent": "@ann/builder"}, {"agent": "@"}):
            answer = await client.post("/api/tasks", json={"title": "x", **made})
            assert answer.status_code == 403
            assert answer.json()["code"] == "name_reserved"
        headers = {"X-Agent": "@ann"}
        answer = await client.delete("/api/tasks/1", headers=headers)
        assert answer.status_code in {403, 404}
        answer = await client.post("/api/tasks", json={"title": "x"}, headers=headers)
        assert answer.status_code == 403
        if chosen:
            said = await client.post(
                "/api/tasks", json={"title": "x", "agent": "@ann"}, headers=bearer(bob)
            )
            assert said.json()["code"] == "name_reserved"
    assert await core.audit.find(AuditPage(kind=AuditKind.TASK)) == []


async def test_ending_the_last_token_does_not_open_the_board(core: Core) -> None:
    async with client_of(core) as client:
        assert (await client.get("/api/me")).json() == {
            "name": None,
            "scope": "admin",
            "signed_in": False,
        }
        secret = await token(core, "ann", "write")
        assert (await client.get("/api/me")).status_code == 401
        mine = await client.get("/api/me", headers=bearer(secret))
        assert mine.json() == {"name": "ann", "scope": "write", "signed_in": True}
        await core.tokens.revoke("ann", "cli")
        assert (await client.get("/api/me")).status_code == 401
        await core.tokens.forget("cli")
        assert (await client.get("/api/me")).status_code == 200


async def test_an_address_that_others_reach_is_never_open(core: Core) -> None:
    async with client_of(core, host="0.0.0.0") as client:  # noqa: S104 — nothing is bound
        assert (await client.get("/api/tasks")).status_code == 401
        assert (await client.get("/health")).status_code == 200


async def test_tokens_are_made_listed_and_ended_over_rest(core: Core) -> None:
    admin = await token(core, "boss", "admin")
    async with client_of(core, admin) as client:
        wanted = {"name": "ann", "scope": "read", "expires_seconds": 3600}
        made = (await client.post("/api/tokens", json=wanted)).json()
        again = await client.post("/api/tokens", json=wanted)
        listed = (await client.get("/api/tokens")).json()
        as_ann = await client.get("/api/tasks", headers=bearer(made["secret"]))
        assert (await client.delete("/api/tokens/ann")).status_code == 204
        assert (await client.delete("/api/tokens/ann")).status_code == 404
        ended = await client.get("/api/tasks", headers=bearer(made["secret"]))
    assert (again.status_code, again.json()["code"]) == (409, "token_name_taken")
    assert [one["name"] for one in listed] == ["ann", "boss"]
    assert listed[0]["created_by"] == "@boss"
    assert all("secret" not in one for one in listed)
    assert (as_ann.status_code, ended.status_code) == (200, 401)


@asynccontextmanager
async def stream(core: Core, secret: str) -> AsyncGenerator[Any]:
    app = create_app(core, limiter=RateLimiter(core.settings), port=8765)
    authorization = (b"authorization", f"Bearer {secret}".encode())
    async with exchange(app, scope_of("GET", "/api/events", (HOST, authorization))) as (talk, _):
        assert (await talk.next())["status"] == 200
        await talk.body()
        yield talk
        while (await talk.next()).get("more_body"):
            pass


async def test_a_revoked_token_is_refused_at_once_and_its_streams_end(
    core: Core, project: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "CHECK_SECONDS", 0.05)
    here, there = await token(core, "here", "read"), await token(core, "there", "read")
    stays = await token(core, "stays", "read")
    async with (
        open_core(settings, start=project, home=None) as other,
        client_of(core) as client,
        stream(core, here),
        stream(core, there),
    ):
        await core.tokens.revoke("here", "cli")
        await other.tokens.revoke("there", "cli")
        for secret, status in ((here, 401), (there, 401), (stays, 200)):
            answer = await client.get("/api/tasks", headers=bearer(secret))
            assert answer.status_code == status


async def test_a_stream_outlives_a_board_that_is_busy(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "CHECK_SECONDS", 0.01)
    secret = await token(core, "ann", "read")
    asked = asyncio.Event()
    living = core.tokens.living

    async def busy_at_first(keys: set[str]) -> set[str]:
        if not asked.is_set():
            asked.set()
            raise door.Unavailable("busy")
        return await living(keys)

    monkeypatch.setattr(core.tokens, "living", busy_at_first)
    async with stream(core, secret) as talk:
        await asyncio.wait_for(asked.wait(), 10)
        await core.tasks.create(TaskCreate(title="a"), Caller("me"))
        assert b"event: task" in await talk.body()
        await core.tokens.revoke("ann", "cli")


async def test_the_doors_own_refusals_are_not_the_callers_fault(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(_: str) -> None:
        raise door.Unavailable("the board is busy")

    monkeypatch.setattr(core.tokens, "identify", busy)
    async with client_of(core, "ctk_whatever") as client:
        assert (await client.get("/api/tasks")).status_code == 503
