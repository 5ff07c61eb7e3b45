import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from claudetask_api import streams
from claudetask_core.core import Core
from claudetask_core.errors import Unavailable
from claudetask_core.schemas.event import Event, EventType
from claudetask_core.services.events import STEP
from tests.api.asgi import HOST, Exchange, exchange, scope_of
from tests.api.live import live_server
from tests.api.support import MakeTask


def parsed(frame: bytes) -> tuple[int, str, dict[str, Any]]:
    fields = dict(line.split(": ", 1) for line in frame.decode().strip().splitlines())
    return int(fields["id"]), fields["event"], json.loads(fields["data"])


async def begun(talk: Exchange) -> None:
    start = await talk.next()
    headers = dict(start["headers"])
    assert start["status"] == 200
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert headers[b"x-accel-buffering"] == b"no"
    assert headers[b"cache-control"] == b"no-store"
    assert (await talk.body()).startswith(b": connected\n")


async def test_a_change_arrives_as_an_event(app: FastAPI, make_task: MakeTask) -> None:
    async with exchange(app, scope_of("GET", "/api/events")) as (talk, _):
        await begun(talk)
        await make_task("x")
        number, kind, data = parsed(await talk.body())
        talk.hang_up()
    assert (number, kind) == (1, "task")
    assert set(data) == {"type", "action", "id", "actor", "at", "version"}
    assert (data["action"], data["id"], data["actor"], data["version"]) == (
        "created",
        "1",
        "rest",
        1,
    )


async def test_last_event_id_replays_what_came_after_it(app: FastAPI, make_task: MakeTask) -> None:
    for title in ("one", "two", "three"):
        await make_task(title)
    scope = scope_of("GET", "/api/events", [HOST, (b"last-event-id", b"1")])
    async with exchange(app, scope) as (talk, _):
        await begun(talk)
        numbers = [parsed(await talk.body())[0] for _ in range(2)]
        talk.hang_up()
    assert numbers == [2, 3]


async def test_a_number_from_another_board_does_not_silence_this_one(
    app: FastAPI, make_task: MakeTask
) -> None:
    scope = scope_of("GET", "/api/events", [HOST, (b"last-event-id", b"5000")])
    async with exchange(app, scope) as (talk, _):
        await begun(talk)
        await make_task("x")
        assert parsed(await talk.body())[0] == 1
        talk.hang_up()


async def test_a_number_that_is_none_is_refused(client: AsyncClient) -> None:
    answer = await client.get("/api/events", headers={"Last-Event-ID": "x"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "last-event-id"


async def test_silence_is_filled_with_pings(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PING_SECONDS", 0.01)
    async with exchange(app, scope_of("GET", "/api/events")) as (talk, _):
        await begun(talk)
        assert await talk.body() == b": ping\n\n"
        talk.hang_up()


async def test_a_client_that_hangs_up_leaves_nothing_behind(app: FastAPI, core: Core) -> None:
    async with exchange(app, scope_of("GET", "/api/events")) as (talk, _):
        await begun(talk)
        talk.hang_up()
    assert app.state.streams._open == set()
    assert core.events._watchers == 0  # pyright: ignore[reportPrivateUsage] — nothing else shows it


async def test_a_dead_client_costs_no_writer_its_answer(app: FastAPI, make_task: MakeTask) -> None:
    """A broadcast to a dead socket made a saved request answer 500."""
    async with exchange(app, scope_of("GET", "/api/events")) as (talk, _):
        await begun(talk)
        talk.hang_up()
        assert (await make_task("x"))["id"] == 1


async def test_streams_end_when_the_server_is_asked_to(app: FastAPI) -> None:
    async with exchange(app, scope_of("GET", "/api/events")) as (talk, _):
        await begun(talk)
        streams.end_streams(app)
        assert await talk.next() == {
            "type": "http.response.body",
            "body": b"",
            "more_body": False,
        }
    async with exchange(app, scope_of("GET", "/api/events")) as (talk, _):
        await begun(talk)
        assert await talk.body() == b""


async def test_a_board_that_stops_answering_ends_the_stream_cleanly(
    app: FastAPI, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(after: int | None = None) -> AsyncGenerator[Event]:
        raise Unavailable("the board is gone")
        yield

    monkeypatch.setattr(core.events, "watch", broken)
    async with exchange(app, scope_of("GET", "/api/events")) as (talk, _):
        await begun(talk)
        assert await talk.body() == b""


async def test_a_real_server_streams_and_stops_within_two_seconds(
    tmp_path: Path, migrated_board: Path, own_home: Path
) -> None:
    loop = asyncio.get_running_loop()
    server = live_server(tmp_path / "live", migrated_board, own_home)
    url = await asyncio.to_thread(server.__enter__)
    async with AsyncClient(base_url=url) as client, client.stream("GET", "/api/events") as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == ": connected"
        await client.post("/api/tasks", json={"title": "x"})
        seen = [await anext(lines) for _ in range(4)]
        assert "event: task" in seen
        begun_at = loop.time()
        await asyncio.to_thread(server.__exit__, None, None, None)
        assert loop.time() - begun_at < 2
        assert [line async for line in lines if line.strip()][-1].startswith("data: ")


async def test_what_happened_to_agents_and_files_is_told_backwards(
    client: AsyncClient, core: Core, make_task: MakeTask
) -> None:
    await make_task("x")
    for name in ("a", "b", "c"):
        await core.events.announce(EventType.AGENT, "created", name, "ann")
    await core.events.announce(EventType.JOB, STEP, "j", "ann")
    await core.events.announce(EventType.INDEX, "ready", "index", "index")
    await core.events.announce(EventType.CLAUDE_MD, "updated", "CLAUDE.md", "bob")
    page = (await client.get("/api/events/past?limit=2")).json()
    assert [(one["type"], one["id"], one["actor"]) for one in page] == [
        ("claude_md", "CLAUDE.md", "bob"),
        ("agent", "c", "ann"),
    ]
    rest = (await client.get(f"/api/events/past?before={page[-1]['seq']}")).json()
    assert [one["id"] for one in rest] == ["b", "a"]
