"""A scripted Messages API on loopback, which the real client takes for Claude."""

import json
import threading
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast

OK: Final = 200
HELD_SECONDS: Final = 60.0
KINDS: Final = {401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What the model answers: blocks, or an error's status, or nothing while it is held."""

    blocks: tuple[Json, ...] = ()
    status: int = OK
    stop: str = ""
    tokens: tuple[int, int] = (10, 10)
    held: bool = False


Script = Callable[[int], Reply]
"""The reply to a request that follows so many answers of the model."""


def text(said: str) -> Json:
    return {"type": "text", "text": said}


def use(name: str, **given: Any) -> Json:
    return {
        "type": "tool_use",
        "id": f"toolu_{uuid.uuid4().hex[:24]}",
        "name": name,
        "input": given,
    }


NO_TOOLS = {"DeferredToolPlaceholder"}
"""What newer versions send besides their tools, and answer "No such tool available" if called."""
WARM_UP = "Warmup"
"""What 2.1.0 asks each of its own agents while it starts; no tool that they call is carried out."""


@dataclass
class Heard:
    """What the client sent: the tools it offered the analysis, and what tools answered, with
    whether that is an error.
    """

    offered: set[str] = field(default_factory=set[str])
    answers: dict[str, tuple[str, bool]] = field(default_factory=dict[str, tuple[str, bool]])
    requests: int = 0

    def take(self, request: Json) -> None:
        self.requests += 1
        if not _warms_up(request):
            self.offered |= {str(tool.get("name")) for tool in request.get("tools", [])} - NO_TOOLS
        for message in request["messages"]:
            for block in _blocks(message):
                if block.get("type") == "tool_result":
                    said = json.dumps(block.get("content"))
                    self.answers[str(block["tool_use_id"])] = said, bool(block.get("is_error"))


class Api(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.heard = Heard()
        self.asked = threading.Event()
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._send(OK, "text/plain", b"")

    def do_GET(self) -> None:
        self.do_HEAD()

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "count_tokens" in self.path or "messages" not in request:
            self._send(OK, "application/json", b'{"input_tokens": 1}')
            return
        api = cast("Api", self.server)
        api.heard.take(request)
        turn = sum(message["role"] == "assistant" for message in request["messages"])
        reply = api.script(turn)
        api.asked.set()
        if reply.held:
            api.released.wait(HELD_SECONDS)
            self.close_connection = True
        elif reply.status != OK:
            self._send(reply.status, "application/json", _error(reply.status))
        else:
            self._send(OK, "text/event-stream", _stream(reply, str(request.get("model"))))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — as its base has it
        del format, args

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _blocks(message: Json) -> list[Json]:
    content = message.get("content")
    return cast("list[Json]", content) if isinstance(content, list) else []


def _warms_up(request: Json) -> bool:
    first: Json = request["messages"][0]
    said = [block.get("text") for block in _blocks(first)] or [first.get("content")]
    return said[-1] == WARM_UP


def _error(status: int) -> bytes:
    error = {"type": KINDS.get(status, "api_error"), "message": f"scripted {status}"}
    return json.dumps({"type": "error", "error": error}).encode()


def _stream(reply: Reply, model: str) -> bytes:
    read, written = reply.tokens
    uses = any(block["type"] == "tool_use" for block in reply.blocks)
    message: Json = {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "usage": {"input_tokens": read, "output_tokens": 1},
    }
    events: list[Json] = [{"type": "message_start", "message": message}]
    for index, block in enumerate(reply.blocks):
        start, delta = _parts(block)
        events += [
            {"type": "content_block_start", "index": index, "content_block": start},
            {"type": "content_block_delta", "index": index, "delta": delta},
            {"type": "content_block_stop", "index": index},
        ]
    ended = {"stop_reason": reply.stop or ("tool_use" if uses else "end_turn")}
    events += [
        {"type": "message_delta", "delta": ended, "usage": {"output_tokens": written}},
        {"type": "message_stop"},
    ]
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events
    )


def _parts(block: Json) -> tuple[Json, Json]:
    if block["type"] == "text":
        return text(""), {"type": "text_delta", "text": block["text"]}
    delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    return {**block, "input": {}}, delta


@contextmanager
def serving(script: Script) -> Generator[Api]:
    """Answers until the end of the block."""
    api = Api(script)
    thread = threading.Thread(target=api.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield api
    finally:
        api.released.set()
        api.shutdown()
        thread.join(10)
        api.server_close()
