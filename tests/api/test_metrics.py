"""What is counted, and that no caller can make up a series."""

import importlib.util
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from httpx2 import ASGITransport, AsyncClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from claudetask_api import telemetry
from claudetask_api.app import create_app
from claudetask_core.config import Settings
from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from claudetask_core.services.access.rate_limit import RateLimiter
from tests.api.support import BASE, MakeTask
from tests.mcp.process import started


async def figures(client: AsyncClient) -> dict[str, float]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_requests_are_counted_by_the_route_that_answered(
    client: AsyncClient, make_task: MakeTask
) -> None:
    await make_task("a")
    await make_task("b")
    for path in ("/api/tasks/1", "/api/tasks/2", "/api/tasks/404", "/no/such/1", "/no/such/2"):
        await client.get(path)
    await client.request("BREW", "/api/tasks/1")
    found = await figures(client)
    labels = 'claudetask_http_requests_total{{method="{}",route="{}",status="{}"}}'
    assert found[labels.format("POST", "/api/tasks", 201)] == 2
    assert found[labels.format("GET", "/api/tasks/{task_id}", 200)] == 2
    assert found[labels.format("GET", "/api/tasks/{task_id}", 404)] == 1
    assert found[labels.format("GET", "other", 404)] == 2
    assert not any("BREW" in name or "/no/such" in name for name in found)
    assert found['claudetask_http_request_seconds_count{route="/api/tasks/{task_id}"}'] == 3


async def test_the_board_and_the_process_are_shown_as_they_are(
    client: AsyncClient, make_task: MakeTask
) -> None:
    await make_task("a")
    found = await figures(client)
    assert found['claudetask_tasks{status="Backlog"}'] == 1
    assert found['claudetask_tasks{status="Done"}'] == 0
    assert found["claudetask_jobs_unfinished"] == 0
    assert 0 <= found["claudetask_index_complete"] <= 1
    assert found["process_resident_memory_bytes"] > 0
    await client.delete("/api/tasks/1")
    assert (await figures(client))['claudetask_tasks{status="Backlog"}'] == 0


async def test_what_is_mounted_beside_is_counted_by_its_path(core: Core) -> None:
    beside = Route("/mcp", _beside, methods=["GET"])
    app = create_app(core, limiter=RateLimiter(core.settings), port=8765, extra_routes=[beside])
    async with AsyncClient(transport=ASGITransport(app=app), base_url=BASE) as asked:
        await asked.get("/mcp")
        found = await figures(asked)
    assert found['claudetask_http_requests_total{method="GET",route="/mcp",status="200"}'] == 1


async def _beside(_: Request) -> PlainTextResponse:
    return PlainTextResponse("beside")


async def test_figures_need_the_token_like_all_else(core: Core) -> None:
    object.__setattr__(core, "settings", Settings(token="t", rate_limit_enabled=False))  # pyright: ignore[reportArgumentType] — as the environment gives it
    app = create_app(core, limiter=RateLimiter(core.settings), port=8765)
    async with AsyncClient(transport=ASGITransport(app=app), base_url=BASE) as asked:
        assert (await asked.get("/metrics")).status_code == 401


async def test_an_app_that_fails_is_counted_as_a_fault(
    client: AsyncClient, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(type(core.tasks), "get", broken)
    assert (await client.get("/api/tasks/1")).status_code == 500
    name = 'claudetask_http_requests_total{method="GET",route="/api/tasks/{task_id}",status="500"}'
    assert (await figures(client))[name] == 1


def test_telemetry_without_its_libraries_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(_: str) -> None:
        return None

    assert telemetry.telemetry(Settings(telemetry=True)).get("tracing")
    monkeypatch.setattr(telemetry, "find_spec", missing)
    assert not telemetry.telemetry(Settings()).get("tracing")
    with pytest.raises(DomainError, match=r"claudetask-mcp\[otel\]"):
        telemetry.telemetry(Settings(telemetry=True))


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec(telemetry.EXPORTER) is None, reason="the extra otel is not installed"
)
async def test_traces_go_where_the_environment_says_and_hold_no_contents(project: Path) -> None:
    came, bodies = Event(), list[bytes]()

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()
            came.set()

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 — as the library has it

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        Thread(target=collector.serve_forever, daemon=True).start()
        where = f"http://127.0.0.1:{collector.server_port}"
        environment = {
            "CLAUDETASK_TELEMETRY": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": where,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "OTEL_METRICS_EXPORTER": "none",
        }
        async with started(project, "serve", "--port", "0", **environment) as program:
            assert program.process.stderr is not None
            said = b""
            while b"Listening on " not in said:
                said = await program.process.stderr.readline()
            address = said.decode().split()[-1]
            async with httpx.AsyncClient(base_url=address) as client:
                await client.post("/api/tasks", json={"title": "hunter2"})
            import asyncio  # noqa: PLC0415 — beside its one use

            assert await asyncio.to_thread(came.wait, 30)
        collector.shutdown()
    whole = b"".join(bodies)
    assert b"/api/tasks" in whole
    assert b"hunter2" not in whole
