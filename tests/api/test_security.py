"""Who may speak to the server, and in whose name."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from fastapi.routing import APIRoute
from httpx2 import ASGITransport, AsyncClient
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from claudetask_api import routing
from claudetask_api.app import ROUTERS, create_app
from claudetask_api.dashboard import shell
from claudetask_api.dependencies import require_scope
from claudetask_core.config import Settings
from claudetask_core.core import Core
from claudetask_core.schemas.token import TokenCreate, TokenScope
from claudetask_core.services.access.rate_limit import RateLimiter
from tests.api.asgi import exchange, scope_of
from tests.api.support import BASE, MakeTask
from tests.support import HeldClock

Serve = Callable[..., AbstractAsyncContextManager[AsyncClient]]
TOKEN = "a-long-token-é"
OTHER = "http://localhost:3000"


async def _teapot(_: Request) -> PlainTextResponse:
    raise HTTPException(418, "short and stout", {"X-Kind": "pot"})


async def _beside(_: Request) -> PlainTextResponse:
    return PlainTextResponse("beside")


@pytest.fixture
def serve(core: Core) -> Serve:
    """Opens the app under other settings, with a route mounted beside it."""

    @asynccontextmanager
    async def opened(**changes: Any) -> AsyncGenerator[AsyncClient]:
        values: dict[str, Any] = {
            "rate_limit_enabled": False,
            "analysis_provider": "none",
            **changes,
        }
        object.__setattr__(core, "settings", Settings(**values))
        app = create_app(
            core,
            limiter=RateLimiter(core.settings),
            port=lambda: 8765,
            extra_routes=[Route("/mcp", _beside, methods=["GET", "POST"])],
        )
        async with AsyncClient(transport=ASGITransport(app=app), base_url=BASE) as client:
            yield client

    return opened


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "127.0.0.5"])
async def test_every_name_of_this_machine_is_welcome(client: AsyncClient, host: str) -> None:
    answer = await client.get("/api/tasks", headers={"Host": f"{host}:8765"})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/api/tasks", "/health", "/mcp", "/", "/openapi.json"])
@pytest.mark.parametrize(
    "host",
    ["evil.example:8765", "localhost.evil.example:8765", "127.0.0.1:9", "127.0.0.1", "a@b", ""],
)
async def test_another_host_is_refused_on_reads_too(serve: Serve, host: str, path: str) -> None:
    """A name that an attacker points at 127.0.0.1 must not reach the board."""
    async with serve() as client:
        answer = await client.get(path, headers={"Host": host})
    assert answer.status_code == 403
    assert answer.json()["code"] == "host_refused"


@pytest.mark.parametrize(
    "headers", [[], [(b"host", b"127.0.0.1:8765"), (b"host", b"evil.example")]]
)
async def test_no_host_and_two_hosts_are_refused(
    core: Core, headers: list[tuple[bytes, bytes]]
) -> None:
    app = create_app(core, limiter=RateLimiter(core.settings))
    async with exchange(app, scope_of("GET", "/api/tasks", headers)) as (talk, _):
        assert (await talk.next())["status"] == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:3000", "https://127.0.0.1:8765"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_page_of_another_origin_is_refused(
    client: AsyncClient, origin: str, method: str
) -> None:
    """Another port of the loopback address is another origin."""
    body = {"title": "x"} if method == "POST" else None
    answer = await client.request(method, "/api/tasks", json=body, headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json()["code"] == "origin_refused"
    assert "access-control-allow-origin" not in answer.headers
    assert (await client.get("/api/tasks")).json() == []


async def test_the_servers_own_pages_are_welcome(client: AsyncClient) -> None:
    answer = await client.post("/api/tasks", json={"title": "x"}, headers={"Origin": BASE})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("mode", "site", "status"),
    [
        ("no-cors", "cross-site", 403),
        ("no-cors", "same-site", 403),
        ("navigate", "cross-site", 200),
        ("cors", "same-origin", 200),
    ],
)
async def test_an_image_of_another_page_reads_nothing_but_a_link_may_lead_here(
    client: AsyncClient, mode: str, site: str, status: int
) -> None:
    headers = {"Sec-Fetch-Mode": mode, "Sec-Fetch-Site": site}
    assert (await client.get("/api/tasks", headers=headers)).status_code == status


async def test_a_listed_origin_is_welcome_and_told_so(serve: Serve) -> None:
    async with serve(cors_origins=f" {OTHER}/ , https://b.example") as client:
        answer = await client.get("/api/tasks", headers={"Origin": OTHER})
        preflight = await client.options(
            "/api/tasks/1",
            headers={
                "Origin": OTHER,
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": "content-type,if-match,x-agent",
            },
        )
        other = await client.get("/api/tasks", headers={"Origin": "http://localhost:3001"})
    assert answer.headers["access-control-allow-origin"] == OTHER
    assert "ETag" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == OTHER
    assert other.status_code == 403


@pytest.mark.parametrize(
    "path", ["/api/tasks", "/api/board", "/health/ready", "/mcp", "/docs", "/nothing", "/dashboard"]
)
@pytest.mark.parametrize("given", [None, "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer "])
async def test_without_the_token_nothing_is_answered(
    serve: Serve, path: str, given: str | None
) -> None:
    headers = [] if given is None else [(b"Authorization", given.encode())]
    async with serve(token=TOKEN) as client:
        answer = await client.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorized"
    assert answer.headers["www-authenticate"].startswith('Bearer realm="claudetask"')
    assert ("invalid_token" in answer.headers["www-authenticate"]) is (given is not None)


async def test_with_the_token_all_is_answered_and_health_always_is(serve: Serve) -> None:
    async with serve(token=TOKEN) as client:
        allowed = await client.get(
            "/api/tasks", headers=[(b"Authorization", f"bearer {TOKEN}".encode())]
        )
        health = await client.get("/health")
    assert (allowed.status_code, health.status_code) == (200, 200)


@pytest.mark.parametrize("path", ["/", "/dashboard/js/main.js"])
async def test_the_pages_own_files_need_no_token_and_say_nothing_of_the_project(
    serve: Serve, make_task: MakeTask, path: str
) -> None:
    await make_task("a secret plan")
    async with serve(token=TOKEN) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.content in {file.content for file in shell.files().values()}
    assert "a secret plan" not in answer.text
    assert "a project" not in answer.text


async def test_a_preflight_needs_no_token(serve: Serve) -> None:
    async with serve(token=TOKEN, cors_origins=OTHER) as client:
        headers = {"Origin": OTHER, "Access-Control-Request-Method": "POST"}
        assert (await client.options("/api/tasks", headers=headers)).status_code == 200
        refused = await client.get("/api/tasks", headers={"Origin": OTHER})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == OTHER


async def test_a_server_for_all_addresses_goes_by_any_name_under_its_token(serve: Serve) -> None:
    async with serve(host="0.0.0.0", token="t") as client:  # noqa: S104 — nothing is bound
        headers = {"Host": "board.example", "Authorization": "Bearer t"}
        assert (await client.get("/api/tasks", headers=headers)).status_code == 200


async def test_the_configured_host_is_welcome(serve: Serve) -> None:
    async with serve(host="board.lan", token="t") as client:
        headers = {"Host": "Board.lan:8765", "Authorization": "Bearer t"}
        assert (await client.get("/api/tasks", headers=headers)).status_code == 200


@pytest.mark.parametrize("path", ["/api/tasks", "/", "/health", "/nothing", "/openapi.json"])
async def test_every_answer_is_careful_with_browsers(client: AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert (headers.get("cache-control") == "no-store") is path.startswith("/api")


async def test_too_many_calls_are_429_and_say_how_long_to_wait(serve: Serve) -> None:
    rates = {f"rate_limit_{kind}": "1/minute" for kind in ("read", "write", "search", "analysis")}
    async with serve(rate_limit_enabled=True, **rates) as client:
        for method, path in (
            ("GET", "/api/tasks/1"),
            ("POST", "/api/tasks"),
            ("GET", "/api/tasks/similar"),
            ("POST", "/api/tasks/1/analyze"),
        ):
            first = await client.request(method, path)
            second = await client.request(method, path)
            assert first.status_code in {404, 422}
            assert second.status_code == 429, path
            assert second.json()["code"] == "rate_limited"
            assert 1 <= int(second.headers["retry-after"]) <= 60
        made_up = {"Authorization": "Bearer another"}
        assert (await client.get("/api/tasks", headers=made_up)).status_code == 429
        assert (await client.get("/health")).status_code == 200


async def test_what_is_mounted_beside_is_guarded_and_opened_with_the_server(core: Core) -> None:
    opened: list[str] = []

    @asynccontextmanager
    async def beside() -> AsyncGenerator[None]:
        opened.append("begun")
        yield
        opened.append("ended")

    app = create_app(
        core,
        limiter=RateLimiter(core.settings),
        extra_routes=[Route("/mcp", _beside), Route("/tea", _teapot)],
        lifespan_context=beside,
    )
    transport = ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url=BASE) as client,
    ):
        assert (await client.get("/mcp")).text == "beside"
        refused = await client.get("/tea")
    assert (refused.status_code, refused.headers["x-kind"]) == (418, "pot")
    assert refused.json()["detail"] == "short and stout"
    assert opened == ["begun", "ended"]


async def test_a_token_that_ended_is_told_so_and_one_that_never_was_is_not(
    serve: Serve, core: Core, clock: HeldClock
) -> None:
    short = await core.tokens.create(
        TokenCreate(name="short", scope=TokenScope.READ, expires_seconds=60), "cli"
    )
    ended = await core.tokens.create(TokenCreate(name="ended", scope=TokenScope.READ), "cli")
    await core.tokens.revoke("ended", "cli")
    clock.advance(61)
    said: dict[str, str] = {}
    async with serve() as client:
        for secret in (short.secret, ended.secret, f"{short.secret[:-1]}?", "made up"):
            answer = await client.get("/api/me", headers={"Authorization": f"Bearer {secret}"})
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
            said[secret] = answer.json()["detail"]
        said["none"] = (await client.get("/api/me")).json()["detail"]
    assert [text.split(". ")[0] for text in said.values()] == [
        "The token was not accepted: it is expired",
        "The token was not accepted: it is revoked",
        "The token was not accepted: it is not known here",
        "The token was not accepted: it is not known here",
        "This server wants a token",
    ]


def test_no_route_is_made_without_what_is_asked_of_every_request() -> None:
    asked = [depends.dependency for depends in routing.router().dependencies]
    assert require_scope in asked
    for route in (route for router in ROUTERS for route in router.routes):
        assert isinstance(route, APIRoute)
        assert [depends.dependency for depends in route.dependencies][: len(asked)] == asked
