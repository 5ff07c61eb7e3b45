"""What is answered to what is no message of the protocol.

The SDK drops such a line over stdio without a word, and who sent it as a request would wait for
ever; over HTTP it says so at length.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self, cast

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from claudetask_mcp.ahead import Ahead

Fault = tuple[int, str]

NOT_JSON: Fault = (PARSE_ERROR, "Parse error: that is not JSON. Send one message at a time.")
NO_MESSAGE: Fault = (
    INVALID_REQUEST,
    "Invalid request: send one object at a time, with jsonrpc, method and a text or number as id.",
)
NO_PARAMS: Fault = (INVALID_PARAMS, "Invalid params: they must be an object, or be left out.")


HALF = "\\ud"
ENDLESS = frozenset({"subscriptions/listen"})
CANCELLED = "notifications/cancelled"
Patience = Callable[["Unanswered"], Awaitable[None]]
"""How long the end waits for answers."""


class Sender(Protocol):
    """Where answers go out, one at a time with all others."""

    async def send(self, item: SessionMessage, /) -> None: ...


class Outgoing(Sender, Protocol):
    """The same, to be closed: what the SDK writes to."""

    async def aclose(self) -> None: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool | None: ...


class Messages:
    """The lines that are messages; each of the others is answered by `sender`.

    After the last line the end is told once all requests are answered, as whoever asked may still
    read, or when `patience` is over.
    """

    def __init__(self, lines: AsyncIterator[str], patience: Patience | None = None) -> None:
        self._lines = lines
        self._patience = patience
        self.sender: Sender | None = None
        self.unanswered = Unanswered()

    async def __aiter__(self) -> AsyncIterator[str]:
        async for line in self._lines:
            message, error = looked_at(line)
            if message is not None:
                self.unanswered.taken(message)
            if error is None:
                yield line
            elif self.sender is not None:
                with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
                    await self.sender.send(SessionMessage(error))
        if self._patience is not None:
            await self._patience(self.unanswered)


class Unanswered:
    """The requests that were taken and not answered yet."""

    def __init__(self) -> None:
        self._ids = Counter[str | int]()
        self._none = asyncio.Event()
        self._none.set()

    def taken(self, message: JSONRPCMessage) -> None:
        if isinstance(message, JSONRPCRequest) and message.method not in ENDLESS:
            self._ids[message.id] += 1
            self._none.clear()
        elif isinstance(message, JSONRPCNotification) and message.method == CANCELLED:
            self._off((message.params or {}).get("requestId"))  # never answered

    def answered(self, message: JSONRPCMessage) -> None:
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            self._off(message.id)

    async def none(self) -> None:
        """Returns when all are answered."""
        await self._none.wait()

    def _off(self, number: Any) -> None:
        if isinstance(number, str | int) and self._ids[number] > 0:
            self._ids[number] -= 1
        if not self._ids.total():
            self._none.set()


class Answers:
    """Where messages go out, which takes note of those that are answers.

    Args:
        stream: Where they go to.
        unanswered: Who is told of the answers.
        ahead: What was answered before; the second answer to it is dropped.
    """

    def __init__(
        self, stream: Outgoing, unanswered: Unanswered, ahead: Ahead | None = None
    ) -> None:
        self._stream = stream
        self._unanswered = unanswered
        self._ahead = ahead

    async def send(self, item: SessionMessage, /) -> None:
        if not self._is_known(item.message):
            await self._stream.send(item)
        self._unanswered.answered(item.message)

    def _is_known(self, message: JSONRPCMessage) -> bool:
        if self._ahead is None or isinstance(message, JSONRPCRequest):
            return False
        if isinstance(message, JSONRPCNotification):
            return self._ahead.drops_told(message.method, message.params)
        return message.id is not None and self._ahead.drops(message.id)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool | None:
        return await self._stream.__aexit__(exc_type, exc_val, exc_tb)


def without_halves(text: str) -> str:
    """The same message as text that the SDK's parser takes.

    JavaScript writes half of a character (a lone surrogate) as an escape, which that parser
    refuses: the call would never be answered.
    """
    if HALF not in text.lower():
        return text
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def looked_at(line: str) -> tuple[JSONRPCMessage | None, JSONRPCError | None]:
    """The message, or the answer to a line that is none; neither of one that is blank."""
    if not line.strip():
        return None, None
    try:
        message = jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        return None, _answer(line)
    if isinstance(message, JSONRPCNotification) and '"id"' in line and "id" in json.loads(line):
        return None, _error(None, NO_MESSAGE)  # a request, whose id the SDK would overlook
    return message, None


def _answer(line: str) -> JSONRPCError | None:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return _error(None, NOT_JSON)
    if not isinstance(said, dict):
        return _error(None, NO_MESSAGE)
    message = cast("dict[str, Any]", said)
    if "method" not in message and message.keys() & {"result", "error"}:
        return None  # an answer to us: who answers an answer may never end
    number = message.get("id")
    known = number if isinstance(number, (str, int)) and not isinstance(number, bool) else None
    wrong_params = not isinstance(message.get("params", {}), dict)
    asked = known is not None and isinstance(message.get("method"), str)
    return _error(known, NO_PARAMS if asked and wrong_params else NO_MESSAGE)


def _error(number: str | int | None, fault: Fault) -> JSONRPCError:
    code, message = fault
    return JSONRPCError(jsonrpc="2.0", id=number, error=ErrorData(code=code, message=message))
