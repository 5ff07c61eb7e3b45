"""What the SDK's HTTP transport leaves without an answer, put right before it sees a request.

- It keeps no events to send again, and answers who asks for them by none: such a stream begins
  here like any other.
- It refuses half of a character (a lone surrogate), which JavaScript writes as an escape.
- It takes a message whose id is no id for a notification, and says what is none at length.
- It breaks off a stream when the server ends, which the server then reports as a fault.
- Of two requests of a session with one id it forgets the first, whose client waits for ever; here
  the second waits for the first.
"""

import asyncio
from weakref import WeakValueDictionary

from mcp.types import JSONRPCRequest
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from claudetask_api.limits import replayed
from claudetask_mcp.app import SESSION_HEADER
from claudetask_mcp.jsonrpc import looked_at, without_halves

LAST_EVENT = b"last-event-id"
JSON = b"application/json"
Asked = tuple[str, str]
"""A session and the id of a request in it."""


class Wire:
    """Stands between the server and the SDK's application for `/mcp`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._waiting = WeakValueDictionary[Asked, asyncio.Lock]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["method"] == "POST":
            await self._post(_plain(scope), receive, send)
        else:
            await self._stream(_without_replay(scope), receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        last: Message = {"type": ""}

        async def noting(message: Message) -> None:
            nonlocal last
            last = message
            await send(message)

        await self._app(scope, receive, noting)
        if last["type"] == "http.response.start" or last.get("more_body", False):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _whole(receive)
        if body is None:
            return
        text = _text(body)
        message, error = (None, None) if text is None else looked_at(text)
        if error is not None:
            content = error.model_dump_json(by_alias=True)
            await Response(content, 400, media_type="application/json")(scope, receive, send)
            return
        if text is not None:
            body = text.encode()
        session = Headers(scope=scope).get(SESSION_HEADER)
        if session is None or not isinstance(message, JSONRPCRequest):
            await self._app(scope, replayed(body, receive), send)
            return
        # the SDK knows a request by its id as a text: 1 is "1"
        turn = self._waiting.setdefault((session, str(message.id)), asyncio.Lock())
        async with turn:
            await self._app(scope, replayed(body, receive), send)


def _plain(scope: Scope) -> Scope:
    """With the kind of the body as the SDK compares it; the case of its letters means nothing."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    kinds = [value for name, value in headers if name == b"content-type"]
    if len(kinds) != 1 or kinds[0].lower() != JSON or kinds[0] == JSON:
        return scope
    plain = [(name, JSON if name == b"content-type" else value) for name, value in headers]
    return {**scope, "headers": plain}


def _without_replay(scope: Scope) -> Scope:
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != LAST_EVENT]}


async def _whole(receive: Receive) -> bytes | None:
    """The body; None where the client went away before its end. Its size was checked before."""
    taken, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        taken += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(taken)


def _text(body: bytes) -> str | None:
    """None for what is no UTF-8, or nothing at all; the SDK says so."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return without_halves(text) if text.strip() else None
