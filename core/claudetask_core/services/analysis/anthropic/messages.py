"""One request to the Messages API, as a stream, tried again where that may help."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, cast

import httpx

from claudetask_core.errors import Unavailable
from claudetask_core.services.analysis.claude_code.failures import advice, redacted

VERSION: Final = "2023-06-01"
PATH: Final = "/v1/messages"
RETRIES: Final = 2
PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
SILENCE: Final = 90.0
MOST_BYTES: Final = 8 << 20
AGAIN: Final = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
BY_STATUS: Final = {
    400: "Check CLAUDETASK_ANALYSIS_MODEL.",
    401: "Check ANTHROPIC_API_KEY and restart the server.",
    403: "The key may not do this: use another one.",
    404: "Set CLAUDETASK_ANALYSIS_MODEL to a model that your key may use.",
    413: "Shorten the task's description and notes.",
    429: "The key's limit is reached: try again later.",
    529: "The API is overloaded: try again later.",
}
LATER: Final = "Try again later."

Sleep = Callable[[float], Awaitable[None]]


class ApiFailed(Unavailable):
    code = "anthropic_failed"


@dataclass
class Reply:
    """An answer of the model: its blocks, why it ended, what it took."""

    id: str = ""
    model: str = ""
    stop_reason: str | None = None
    content: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    usage: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def text(self) -> str:
        return " ".join(str(block.get("text", "")) for block in self.content).strip()


class _Again(Exception):
    """A failure that may pass; `pause` is what the API asks to wait, where it does."""

    def __init__(self, failure: ApiFailed, pause: float | None = None) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.pause = pause


class Messages:
    """The API under an address with a key.

    Args:
        client: Sends the requests; its base is the API's address.
        key: The user's.
        sleep: Waits before another try.
    """

    def __init__(self, client: httpx.AsyncClient, key: str, sleep: Sleep = asyncio.sleep) -> None:
        self._client = client
        self._headers = {"x-api-key": key, "anthropic-version": VERSION}
        self._sleep = sleep

    async def send(self, body: dict[str, Any]) -> Reply:
        """The model's answer to a request.

        Raises:
            ApiFailed: There is none, and the sentence says why and what to do.
        """
        for attempt in range(RETRIES + 1):
            try:
                return await self._try(body)
            except _Again as again:
                pause = PAUSE * 2**attempt if again.pause is None else again.pause
                if attempt == RETRIES or pause > LONGEST_PAUSE:
                    raise again.failure from again
                await self._sleep(pause)
        raise AssertionError  # the last try returns or raises

    async def _try(self, body: dict[str, Any]) -> Reply:
        try:
            async with self._client.stream(
                "POST", PATH, json={**body, "stream": True}, headers=self._headers, timeout=SILENCE
            ) as response:
                if response.status_code != int(httpx.codes.OK):
                    raise await _refusal(response)
                return await _whole(_events(response))
        except httpx.TimeoutException as error:
            raise _Again(_failed("did not answer in time", LATER)) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = f"cannot be reached ({type(error).__name__})"
            raise _Again(_failed(said, "Check the network and ANTHROPIC_BASE_URL.")) from error


async def _refusal(response: httpx.Response) -> Exception:
    status = response.status_code
    words = redacted(_words(await response.aread()))
    failure = _failed(f"answered {status}: {words}", advice(words, BY_STATUS.get(status)))
    if status not in AGAIN:
        return failure
    return _Again(failure, _retry_after(response.headers.get("retry-after")))


def _retry_after(said: str | None) -> float | None:
    try:
        return max(0.0, float(said)) if said is not None else None
    except ValueError:
        return None


def _words(data: bytes) -> str:
    try:
        said: Any = json.loads(data)
        return str(said["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return data[:200].decode("utf-8", "replace")


async def _events(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The events of a stream; what is no JSON object is passed over."""
    size = 0
    async for line in response.aiter_lines():
        size += len(line)
        if size > MOST_BYTES:
            raise _failed("sent more than can be taken in", LATER)
        if not line.startswith("data:"):
            continue
        try:
            event: Any = json.loads(line[5:])
        except ValueError:
            continue
        if isinstance(event, dict):
            yield cast("dict[str, Any]", event)


async def _whole(events: AsyncIterator[dict[str, Any]]) -> Reply:
    """The answer that a stream of events makes up, once it is whole."""
    reply = Reply()
    partial: list[str] = []
    async for event in events:
        match event:
            case {"type": "message_start", "message": {**message}}:
                reply.id, reply.model = str(message.get("id")), str(message.get("model"))
                reply.usage |= message.get("usage") or {}
            case {"type": "content_block_start", "content_block": {**block}}:
                reply.content.append(block)
                partial = []
            case {"type": "content_block_delta", "delta": {**delta}} if reply.content:
                _append(reply.content[-1], delta, partial)
            case {"type": "content_block_stop"} if reply.content:
                _close(reply.content[-1], partial)
            case {"type": "message_delta", "delta": {**delta}}:
                reply.stop_reason = delta.get("stop_reason") or reply.stop_reason
                reply.usage |= event.get("usage") or {}
            case {"type": "message_stop"}:
                return reply
            case {"type": "error", "error": {**error}}:
                words = redacted(str(error.get("message") or error.get("type")))
                raise _Again(_failed(f"broke off: {words}", LATER))
            case _:
                pass
    raise _Again(_failed("broke off in the middle of an answer", LATER))


def _append(block: dict[str, Any], delta: dict[str, Any], partial: list[str]) -> None:
    match delta:
        case {"type": "text_delta", "text": str(text)}:
            block["text"] = str(block.get("text", "")) + text
        case {"type": "input_json_delta", "partial_json": str(text)}:
            partial.append(text)
        case {"type": "thinking_delta", "thinking": str(text)}:
            block["thinking"] = str(block.get("thinking", "")) + text
        case {"type": "signature_delta", "signature": str(text)}:
            block["signature"] = str(block.get("signature", "")) + text
        case _:
            pass


def _close(block: dict[str, Any], partial: list[str]) -> None:
    if block.get("type") != "tool_use":
        return
    try:
        block["input"] = json.loads("".join(partial)) if partial else block.get("input") or {}
    except ValueError:
        block["input"] = {}
    partial.clear()


def _failed(what: str, next_step: str) -> ApiFailed:
    return ApiFailed(f"The Claude API {what}.", next_step=next_step)
