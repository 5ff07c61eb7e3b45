"""An ASGI server for one request, for what a client library would not send or wait for."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI
from starlette.types import Message, Scope

HOST = (b"host", b"127.0.0.1:8765")
SECONDS = 10


def scope_of(
    method: str, path: str, headers: Sequence[tuple[bytes, bytes]] = (HOST,), query: bytes = b""
) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": list(headers),
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8765),
        "state": {},
    }


@dataclass
class Exchange:
    """What was sent to the client, as it comes; `hang_up` ends the client's side."""

    requests: asyncio.Queue[Message] = field(default_factory=asyncio.Queue[Message])
    answers: asyncio.Queue[Message] = field(default_factory=asyncio.Queue[Message])

    async def next(self) -> Message:
        return await asyncio.wait_for(self.answers.get(), SECONDS)

    async def body(self) -> bytes:
        message = await self.next()
        assert message["type"] == "http.response.body"
        body: bytes = message["body"]
        return body

    def send(self, body: bytes, *, more: bool = False) -> None:
        self.requests.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def hang_up(self) -> None:
        self.requests.put_nowait({"type": "http.disconnect"})


@asynccontextmanager
async def exchange(
    app: FastAPI, scope: Scope
) -> AsyncGenerator[tuple[Exchange, asyncio.Task[None]]]:
    """A running request; it must end by itself once the block has hung up or ended it."""
    talk = Exchange()
    if scope["method"] == "GET":
        talk.send(b"")  # as servers do where there is no body
    running = asyncio.create_task(app(scope, talk.requests.get, talk.answers.put))
    try:
        yield talk, running
        await asyncio.wait_for(running, SECONDS)
    finally:
        running.cancel()
