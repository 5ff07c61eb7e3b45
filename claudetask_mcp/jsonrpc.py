"""What is answered to what is no message of the protocol.

The SDK drops such a line over stdio without a word, and who sent it as a request would wait for
ever; over HTTP it says so at length.
"""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Protocol, cast

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCNotification,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

Fault = tuple[int, str]

NOT_JSON: Fault = (PARSE_ERROR, "Parse error: that is not JSON. Send one message at a time.")
NO_MESSAGE: Fault = (
    INVALID_REQUEST,
    "Invalid request: send one object at a time, with jsonrpc, method and a text or number as id.",
)
NO_PARAMS: Fault = (INVALID_PARAMS, "Invalid params: they must be an object, or be left out.")


HALF = "\\ud"


class Sender(Protocol):
    """Where answers go out, one at a time with all others."""

    async def send(self, item: SessionMessage, /) -> None: ...


class Messages:
    """The lines that are messages; each of the others is answered by `sender`."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.sender: Sender | None = None

    async def __aiter__(self) -> AsyncIterator[str]:
        async for line in self._lines:
            error = refused(line)
            if error is None:
                yield line
            elif self.sender is not None:
                with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
                    await self.sender.send(SessionMessage(error))


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


def refused(line: str) -> JSONRPCError | None:
    """The answer to a line that is no message; None to one that is, and to one that is blank."""
    if not line.strip():
        return None
    try:
        message = jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        return _answer(line)
    if isinstance(message, JSONRPCNotification) and '"id"' in line and "id" in json.loads(line):
        return _error(None, NO_MESSAGE)  # a request, whose id the SDK would overlook
    return None


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
