"""The whole program, several times, behind one board in a server."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.mcp.process import Program, started
from tests.postgresql_server import Server
from tests.support import eventually

pytestmark = pytest.mark.slow

SOON = 30.0
QUIET = {
    "CLAUDETASK_RATE_LIMIT_ENABLED": "false",
    "CLAUDETASK_INDEX_WATCH": "false",
    "CLAUDETASK_ANALYSIS_PROVIDER": "none",
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@pytest.fixture
def there(tmp_path: Path) -> Path:
    (tmp_path / "there").mkdir()
    return tmp_path / "there"


@asynccontextmanager
async def serving(folder: Path, url: str) -> AsyncGenerator[tuple[Program, httpx2.AsyncClient]]:
    """A server over HTTP, and a client of it."""
    settings = {**QUIET, "CLAUDETASK_DATABASE_URL": url}
    async with started(folder, "serve", "--port", "0", **settings) as program:
        stderr = program.process.stderr
        assert stderr is not None
        said = await asyncio.wait_for(stderr.readuntil(b"\n"), SOON)
        address = re.findall(r"http://\S+", said.decode())[0]
        async with httpx2.AsyncClient(base_url=address, timeout=SOON) as client:
            yield program, client


async def next_event(client: httpx2.AsyncClient, ready: asyncio.Event) -> dict[str, Any]:
    """The first change of a task that a client is told of, once `ready` says it listens."""
    async with client.stream("GET", "/api/events") as answer:
        assert answer.status_code == 200
        ready.set()
        async for line in answer.aiter_lines():
            if line.startswith("data:") and '"task"' in line:
                data: dict[str, Any] = json.loads(line.removeprefix("data:"))
                return data
    raise AssertionError("the stream ended")


async def test_two_servers_and_a_session_on_one_board_see_each_others_changes(
    database_url: str, here: Path, there: Path
) -> None:
    async with (
        serving(here, database_url) as (_, one),
        serving(there, database_url) as (_, two),
        started(here, **QUIET, CLAUDETASK_DATABASE_URL=database_url) as session,
    ):
        await session.greet()
        ready = [asyncio.Event(), asyncio.Event()]
        watching = [
            asyncio.create_task(next_event(client, event))
            for client, event in zip((one, two), ready, strict=True)
        ]
        await asyncio.wait_for(asyncio.gather(*(event.wait() for event in ready)), SOON)
        assert "#1" in await session.call("create_task", title="from a session")
        told = await asyncio.wait_for(asyncio.gather(*watching), SOON)
        assert [(event["type"], event["id"]) for event in told] == [("task", "1")] * 2
        assert (await two.get("/api/tasks/1")).json()["title"] == "from a session"
        claimed = await one.post("/api/tasks/next", json={"claim": True, "agent": "ann"})
        assert claimed.json()["claimed_by"] == "ann"
        nothing = await two.post("/api/tasks/next", json={"claim": True, "agent": "ben"})
        assert nothing.status_code == 204
        assert "No task is free" in await session.call("get_next_task", claim=True, agent="cy")


async def test_what_a_killed_server_acknowledged_is_there_and_the_others_go_on(
    database_url: str, here: Path, there: Path
) -> None:
    async with (
        serving(here, database_url) as (killed, one),
        serving(there, database_url) as (_, two),
    ):
        made: list[int] = []

        async def write() -> None:
            with suppress(httpx2.HTTPError):
                while True:
                    answer = await one.post("/api/tasks", json={"title": f"task {len(made)}"})
                    made.append(answer.raise_for_status().json()["id"])

        writing = asyncio.create_task(write())
        await eventually(lambda: len(made) >= 10)
        killed.process.kill()
        await asyncio.wait_for(writing, SOON)
        answer = await two.post("/api/tasks", json={"title": "after"})
        assert answer.status_code == 201
        there_now = (await two.get("/api/tasks", params={"limit": 500})).json()
        assert {task["id"] for task in there_now} >= {*made, answer.json()["id"]}


async def test_a_server_whose_database_goes_says_so_and_works_when_it_is_back(
    own_server: Server, here: Path
) -> None:
    url = own_server.create("board", "template0")
    async with serving(here, url) as (_, client):
        assert (await client.post("/api/tasks", json={"title": "a"})).status_code == 201
        own_server.stop("fast")
        for answer in (
            await client.get("/api/tasks/1"),
            await client.post("/api/tasks", json={"title": "b"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "board_unreachable")
        ready = await client.get("/health/ready")
        assert ready.status_code == 503
        assert url.split(":")[2].split("@")[0] not in ready.text
        own_server.start()
        assert (await client.get("/api/tasks/1")).status_code == 200
        assert (await client.post("/api/tasks", json={"title": "b"})).status_code == 201


async def test_a_start_without_its_database_is_a_sentence_without_a_password(
    here: Path, unused_tcp_port: int
) -> None:
    url = f"postgresql+asyncpg://me:hunter2@127.0.0.1:{unused_tcp_port}/board"
    async with started(here, "serve", "--port", "0", CLAUDETASK_DATABASE_URL=url) as program:
        stderr = program.process.stderr
        assert stderr is not None
        said = (await asyncio.wait_for(stderr.read(), SOON)).decode()
        code, _ = await program.ended(SOON)
    assert code != 0
    assert "127.0.0.1/board" in said
    assert "CLAUDETASK_DATABASE_URL" in said
    assert "hunter2" not in said
    assert "Traceback" not in said
