"""What the SDK's HTTP transport would leave without an answer, or answer at length."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
from sse_starlette.sse import AppStatus
from starlette.applications import Starlette
from starlette.types import Message

from claudetask_mcp.http import HttpFace
from claudetask_mcp.http_wire import Wire
from claudetask_mcp.server import Server
from tests.mcp.process import INITIALIZE, SOON

ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
HELLO = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": INITIALIZE}
PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}'


Talk = Callable[[], AbstractAsyncContextManager[tuple[httpx.AsyncClient, Starlette]]]


@pytest.fixture
def talk(server: Server, monkeypatch: pytest.MonkeyPatch) -> Talk:
    """Begins a session; entered in the test, whose task must leave it too."""
    # a server that ended ends the streams of all that follow in its process, which is one
    monkeypatch.setattr(AppStatus, "should_exit", False)

    @asynccontextmanager
    async def talking() -> AsyncGenerator[tuple[httpx.AsyncClient, Starlette]]:
        face = HttpFace(server)
        app = Starlette(routes=face.routes)
        where = httpx.ASGITransport(app)
        async with (
            face.open(),
            httpx.AsyncClient(transport=where, base_url="http://t", headers=ACCEPT) as http,
        ):
            hello = await http.post("/mcp", json=HELLO)
            http.headers["Mcp-Session-Id"] = hello.headers["mcp-session-id"]
            yield http, app

    return talking


def call(number: object, tool: str, **arguments: object) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def answers(said: httpx.Response) -> list[dict[str, Any]]:
    found = [line[6:] for line in said.text.splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in found or [said.text]]


async def test_two_requests_of_a_session_under_one_id_are_both_answered(
    talk: Talk,
) -> None:
    async with asyncio.timeout(SOON), talk() as (http, _):
        said = await asyncio.gather(
            *(
                http.post("/mcp", json=call(number, "create_task", title=f"Work {number!r}"))
                for number in (7, 7, "7", 7)
            )
        )
    assert [answers(one)[-1]["id"] for one in said] == [7, 7, "7", 7]
    assert all("Created #" in one.text for one in said)


async def test_half_a_character_is_taken_over_http_too(talk: Talk) -> None:
    half = json.dumps(call(1, "create_task", title="\ud83d broken"))
    async with talk() as (http, _):
        said = await http.post("/mcp", content=half)
    assert (said.status_code, "Created #1 ? broken" in said.text) == (200, True)


@pytest.mark.parametrize(
    ("body", "code", "number"),
    [
        (b"{", -32700, None),
        (f"[{PING}]".encode(), -32600, None),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, None),
        (b'{"jsonrpc":"2.0","id":7}', -32600, 7),
        (b'{"jsonrpc":"2.0","id":8,"method":"tools/list","params":[1]}', -32602, 8),
        (b"\xff", -32700, None),
        (b"", -32700, None),
    ],
)
async def test_what_is_no_message_is_refused_in_a_sentence(
    talk: Talk, body: bytes, code: int, number: int | None
) -> None:
    async with talk() as (http, _):
        said = await http.post("/mcp", content=body)
    error = said.json()
    assert (said.status_code, error["error"]["code"], error["id"]) == (400, code, number)
    assert len(error["error"]["message"]) < 400


@pytest.mark.parametrize(
    "body",
    [
        '{"jsonrpc":"2.0","id":1,"result":{}}',
        '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}',
    ],
)
async def test_answers_and_notifications_are_taken(talk: Talk, body: str) -> None:
    async with talk() as (http, _):
        assert (await http.post("/mcp", content=body)).status_code == 202


@pytest.mark.parametrize("kind", ["Application/JSON", "application/json; charset=utf-8"])
async def test_the_case_of_a_content_type_means_nothing(talk: Talk, kind: str) -> None:
    async with talk() as (http, _):
        said = await http.post("/mcp", content=PING, headers={"Content-Type": kind})
    assert said.status_code == 200


async def test_who_asks_for_earlier_events_gets_a_stream_all_the_same(
    talk: Talk,
) -> None:
    begun = asyncio.get_running_loop().create_future()
    gone = asyncio.Event()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            begun.set_result(message["status"])

    said: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if said:
            return said.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async with asyncio.timeout(SOON), talk() as (http, app):
        headers = {**http.headers, "host": "t", "last-event-id": "41"}
        scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": "/mcp",
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
        stream = asyncio.create_task(app(scope, receive, send))
        assert await begun == 200
        gone.set()
        await stream


async def test_a_client_that_goes_away_within_its_body_is_not_answered() -> None:
    async def never(*_: object) -> None:
        raise AssertionError

    async def away() -> Message:
        return {"type": "http.disconnect"}

    scope: dict[str, Any] = {"type": "http", "method": "POST", "headers": []}
    await Wire(never)(scope, away, never)


async def test_what_is_not_http_goes_through() -> None:
    seen: list[str] = []

    async def app(scope: Any, *_: object) -> None:
        seen.append(scope["type"])

    async def unused(*_: object) -> Any:
        raise AssertionError

    await Wire(app)({"type": "lifespan"}, unused, unused)
    assert seen == ["lifespan"]
