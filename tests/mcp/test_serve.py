"""REST and MCP on one port: what is served, and an end in time."""

import asyncio
import gc
import re
import signal
import socket
import time
from argparse import Namespace
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.types import ResourceListChangedNotification

from claudetask_core.config import Settings
from claudetask_core.core import open_core
from claudetask_core.db.models import JobRow
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.tasks.claims import Caller
from claudetask_core.services.tasks.tasks import TaskService
from claudetask_mcp.commands import serve
from claudetask_mcp.entry import Entry
from claudetask_mcp.subscriptions import Subscribers
from tests.mcp.process import SOON, started
from tests.mcp.serving import ACCEPT, HELLO, LISTENING, Serving
from tests.mcp.support import ERAS, answer, read
from tests.support import eventually


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
