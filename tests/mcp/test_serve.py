"""REST and MCP on one port: who gets in, who shares a budget, and an end in time."""

import asyncio
import gc
import os
import re
import signal
import socket
import time
from argparse import Namespace
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ResourceListChangedNotification
from sse_starlette.sse import AppStatus

from claudetask_api import door
from claudetask_core.config import Settings
from claudetask_core.core import open_core
from claudetask_core.db.models import JobRow
from claudetask_core.schemas.audit import AuditKind, AuditPage
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.schemas.token import TokenScope
from claudetask_core.services.claims import Caller
from claudetask_core.services.tasks import TaskService
from claudetask_mcp.commands import serve
from claudetask_mcp.entry import Entry
from claudetask_mcp.subscriptions import Subscribers
from claudetask_mcp.tools.catalogue import SCOPES
from tests.mcp.process import INITIALIZE, SOON, started
from tests.mcp.support import ERAS, answer, read, refusal
from tests.support import eventually
from tests.support_tokens import bearer, token

LISTENING = re.compile(r"^Listening on (http://127\.0\.0\.1:\d+)$", re.MULTILINE)
ACCEPT = {"Accept": "application/json, text/event-stream"}
HELLO: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": INITIALIZE,
}
LIST_TASKS: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 2,
    "method": "tools/call",
    "params": {"name": "list_tasks", "arguments": {}},
}
Serving = Callable[..., AbstractAsyncContextManager[str]]


class NoDeadline:
    """Leaves the test's own process alive."""

    def __init__(self, *_: object) -> None: ...

    def start(self) -> None: ...


def entry_of(project: Path, **settings: Any) -> Entry:
    chosen = Settings(analysis_provider="none", port=0, **settings)
    return Entry(chosen, {"analysis_provider": "none", **settings}, project, None, "s")


@pytest.fixture
def serving(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Serving:
    """Serves in this process; ends it by the signal a person would send."""
    monkeypatch.setattr(serve, "Deadline", NoDeadline)
    # a server that ended ends the streams of all that follow in its process, which is one
    monkeypatch.setattr(AppStatus, "should_exit", False)

    @asynccontextmanager
    async def served(**settings: Any) -> AsyncGenerator[str]:
        entry = entry_of(project, **settings)
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        running = asyncio.create_task(serve.run(entry, Namespace()))
        try:
            yield await _address(running, capsys)
            os.kill(os.getpid(), signal.SIGTERM)
            assert await asyncio.wait_for(running, SOON) == 0
        finally:
            signal.signal(signal.SIGINT, before[0])
            signal.signal(signal.SIGTERM, before[1])
            running.cancel()

    return served


async def _address(running: asyncio.Task[int], capsys: pytest.CaptureFixture[str]) -> str:
    said = ""
    async with asyncio.timeout(SOON):
        while not (found := LISTENING.search(said)):
            assert not running.done(), running
            await asyncio.sleep(0.01)
            said += capsys.readouterr().err
    return found[1]


async def test_garbage_is_collected_while_it_serves(serving: Serving) -> None:
    gc.disable()  # as the start does
    try:
        async with serving():
            assert gc.isenabled()
    finally:
        gc.enable()


async def test_the_index_starts_with_the_server(serving: Serving, project: Path) -> None:
    (project / "parse.py").write_text("def parse_date(text):\n    return text\n", "utf-8")
    async with serving() as url, httpx.AsyncClient(base_url=url) as rest:

        async def indexed() -> bool:
            index = (await rest.get("/api/project/status")).json()["index"]
            return index["state"] == "ready" and index["files"] > 0

        await eventually(indexed)


@pytest.mark.parametrize("era", ERAS)
async def test_both_eras_are_served_beside_the_api(serving: Serving, era: str) -> None:
    async with serving() as url, httpx.AsyncClient(base_url=url) as rest:
        async with Client(f"{url}/mcp", mode=era) as client:
            assert len((await client.list_tools()).tools) == 17
            await answer(client, "create_task", title="Work")
            await answer(client, "update_task_status", task_id=1, status="In Progress")
            _, text = await read(client, "claudetask://tasks/1")
        task = (await rest.get("/api/tasks/1")).json()
    assert task["title"] == "Work"
    named = {"legacy": r"mcp:[0-9a-f]{16}", "auto": r"mcp/[0-9.]+"}  # by session, else by client
    assert re.fullmatch(named[era], task["claimed_by"])
    assert '"title":"Work"' in text


async def test_an_older_client_that_went_is_forgotten(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = asyncio.Event()
    forget = Subscribers._forget  # pyright: ignore[reportPrivateUsage] — nothing else tells of it

    def told(self: Subscribers, key: tuple[object, str]) -> None:
        forget(self, key)
        gone.set()

    monkeypatch.setattr(Subscribers, "_forget", told)
    async with serving() as url:
        async with Client(f"{url}/mcp", mode="legacy") as client:
            await client.list_tools()
            assert not gone.is_set()
        await asyncio.wait_for(gone.wait(), SOON)


async def test_a_change_through_rest_reaches_an_older_mcp_client(serving: Serving) -> None:
    told = asyncio.Event()

    async def heard(message: Any) -> None:
        if isinstance(message, ResourceListChangedNotification):
            told.set()

    async with (
        serving() as url,
        httpx.AsyncClient(base_url=url) as rest,
        Client(f"{url}/mcp", mode="legacy", message_handler=heard) as client,
    ):
        await answer(client, "list_tasks")
        await rest.post("/api/tasks", json={"title": "Work"})
        await asyncio.wait_for(told.wait(), SOON)


async def test_a_job_that_a_killed_server_left_is_taken_over_by_one_that_starts(
    project: Path, serving: Serving
) -> None:
    now = datetime.now(UTC)
    async with open_core(Settings(index_watch=False), start=project, home=None) as core:
        await core.tasks.create(TaskCreate(title="Work"), Caller("alice"))
        async with core.database.write() as session:
            session.add(
                JobRow(
                    id="left",
                    task_id=1,
                    kind="analysis",
                    status="queued",
                    progress=0.0,
                    message="",
                    provider="claude-code",
                    actor="alice",
                    owner="",
                    cancel_requested=False,
                    created_at=now,
                    heartbeat_at=now,
                )
            )
    async with (
        serving() as url,
        httpx.AsyncClient(base_url=url) as rest,
        asyncio.timeout(SOON),
    ):
        while (job := (await rest.get("/api/jobs/left")).json())["status"] == "queued":  # noqa: ASYNC110 — a client can only ask
            await asyncio.sleep(0.01)
    assert job["status"] == "failed"
    assert "CLAUDETASK_ANALYSIS_PROVIDER is none" in job["error"]


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


async def test_a_port_in_use_is_said(project: Path, serving: Serving) -> None:
    async with serving() as url:
        taken = Settings(port=int(url.rsplit(":", 1)[1]))
        with pytest.raises(serve.CannotListen) as caught:
            await serve.run(Entry(taken, {}, project, None, "s"), Namespace())
    assert caught.value.code == "cannot_listen"


def test_no_answer_waits_for_the_clients_delayed_acknowledgement() -> None:
    """Every answer took 40 ms more than it needed."""
    with (
        serve.bind("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()[:2]),
        listening.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_addresses_are_written_as_urls() -> None:
    with serve.bind("127.0.0.1", 0) as four:
        assert serve.address(four) == f"http://127.0.0.1:{four.getsockname()[1]}"
    with serve.bind("::1", 0) as six:
        assert serve.address(six) == f"http://[::1]:{six.getsockname()[1]}"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_server_ends_in_time_with_streams_open(
    project: Path, number: signal.Signals
) -> None:
    async with started(project, "serve", "--port", "0") as program:
        assert program.process.stderr is not None
        line = await asyncio.wait_for(program.process.stderr.readline(), SOON)
        found = LISTENING.search(line.decode().rstrip())
        assert found, line
        async with (
            httpx.AsyncClient(base_url=found[1]) as rest,
            rest.stream("GET", "/api/events") as stream,
        ):
            assert stream.status_code == 200
            begun = time.monotonic()
            program.process.send_signal(number)
            code, out = await program.ended(within=SOON)
            seconds = time.monotonic() - begun
    assert seconds < 2
    assert code == 0
    assert out == b""


async def test_a_request_that_the_end_overtakes_is_told_so_and_is_no_fault(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun = asyncio.Event()

    async def hangs(*_: object, **__: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(TaskService, "create", hangs)
    async with httpx.AsyncClient(timeout=SOON) as rest:
        async with serving() as url:
            making = asyncio.create_task(rest.post(f"{url}/api/tasks", json={"title": "late"}))
            await asyncio.wait_for(begun.wait(), SOON)
        answer = await making
    assert (answer.status_code, answer.json()["code"]) == (503, "server_ending")
    assert "look first" in answer.json()["detail"]
    assert not [record for record in caplog.records if record.exc_info]


async def test_what_newer_clients_listen_to_ends_in_order_with_the_server(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[object] = []

    async def listen(url: str) -> None:
        async with (
            Client(f"{url}/mcp") as client,
            client.listen(resources_list_changed=True) as stream,
        ):
            listening.set()
            seen.extend([event async for event in stream])

    listening = asyncio.Event()
    async with serving() as url:
        ear = asyncio.create_task(listen(url))
        async with asyncio.timeout(SOON):
            await listening.wait()
    async with asyncio.timeout(SOON):
        await ear
    assert seen == []
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_the_stream_of_an_older_client_ends_in_order_with_the_server(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    async with httpx.AsyncClient(headers=ACCEPT) as rest, AsyncExitStack() as stack:
        async with serving() as url:
            first = await rest.post(f"{url}/mcp", json=HELLO)
            session = {"Mcp-Session-Id": first.headers["mcp-session-id"]}
            stream = await stack.enter_async_context(
                rest.stream("GET", f"{url}/mcp", headers=session)
            )
            assert stream.status_code == 200
        async with asyncio.timeout(SOON):
            await stream.aread()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


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
