"""A scripted Messages API behind respx."""

import json
from collections.abc import Iterable
from typing import Any, cast

import httpx
import respx

BASE = "https://claude.example.invalid"
URL = f"{BASE}/v1/messages"


def sse(*events: dict[str, Any]) -> str:
    return "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)


def answer(
    *blocks: dict[str, Any], stop: str = "tool_use", usage: tuple[int, int] = (100, 20)
) -> httpx.Response:
    """A whole streamed answer with these blocks."""
    return httpx.Response(200, text=stream(*blocks, stop=stop, usage=usage))


def stream(
    *blocks: dict[str, Any], stop: str = "tool_use", usage: tuple[int, int] = (100, 20)
) -> str:
    events: list[dict[str, Any]] = [
        {
            "type": "message_start",
            "message": {
                "id": "msg_1",
                "model": "claude-sonnet-5-5",
                "usage": {"input_tokens": usage[0], "output_tokens": 1},
            },
        },
        {"type": "ping"},
    ]
    for block in blocks:
        events += _block(block)
    events += [
        {
            "type": "message_delta",
            "delta": {"stop_reason": stop},
            "usage": {"output_tokens": usage[1]},
        },
        {"type": "message_stop"},
    ]
    return sse(*events)


def _block(block: dict[str, Any]) -> list[dict[str, Any]]:
    if block["type"] == "text":
        start: dict[str, Any] = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": block["text"]}]
    elif block["type"] == "thinking":
        start = {"type": "thinking", "thinking": "", "signature": ""}
        deltas = [
            {"type": "thinking_delta", "thinking": block["thinking"][:3]},
            {"type": "thinking_delta", "thinking": block["thinking"][3:]},
            {"type": "signature_delta", "signature": block["signature"]},
        ]
    elif "input" not in block:
        start, deltas = block, []
    else:
        start = {**block, "input": {}}
        said = json.dumps(block["input"])
        half = len(said) // 2
        deltas = [
            {"type": "input_json_delta", "partial_json": part}
            for part in (said[:half], said[half:])
        ]
    return [
        {"type": "content_block_start", "index": 0, "content_block": start},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
    ]


def use(name: str, number: int = 1, **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": given}


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def failure(status: int, said: str = "no", **headers: str) -> httpx.Response:
    return httpx.Response(
        status, json={"type": "error", "error": {"message": said}}, headers=headers
    )


def sent(router: respx.MockRouter) -> list[dict[str, Any]]:
    """The bodies of all requests."""
    return [json.loads(request.content) for request in requests(router)]


def requests(router: respx.MockRouter) -> list[httpx.Request]:
    calls = cast("Iterable[respx.models.Call]", router.calls)
    return [call.request for call in calls]
