"""A stand-in for the Messages API: calls one agent after the other and notes what each is given."""

import json
import re
import threading
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

SUBAGENT = "cc_is_subagent=true"


class FakeApi(ThreadingHTTPServer):
    """Answers on loopback; `given` maps each agent that ran to the tools it was offered.

    `asked` holds every request as text.
    """

    daemon_threads = True

    def __init__(self, agents: list[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.agents = agents
        self.given: dict[str, tuple[str, ...]] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def blocks(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """What the model says: an agent says nothing, the session calls the next agent."""
        said = json.dumps(request)
        self.asked.append(said)
        if SUBAGENT in said:
            name = re.search(r"PROBE \[(.*?)\]", said)
            assert name
            self.given[name[1]] = tuple(tool["name"] for tool in request.get("tools", []))
            return [{"type": "text", "text": "done"}]
        turn = sum(message["role"] == "assistant" for message in request["messages"])
        if turn >= len(self.agents):
            return [{"type": "text", "text": "finished"}]
        call = {"description": "t", "subagent_type": self.agents[turn]}
        call["prompt"] = f"PROBE [{self.agents[turn]}]"
        return [{"type": "tool_use", "id": f"toolu_{turn}", "name": "Agent", "input": call}]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer("text/plain", b"")

    def do_GET(self) -> None:
        self.do_HEAD()

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "count_tokens" in self.path or "messages" not in request:
            self._answer("application/json", b'{"input_tokens": 1}')
            return
        assert isinstance(self.server, FakeApi)
        self._answer("text/event-stream", _stream(self.server.blocks(request)))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — as its base has it
        del format, args

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _stream(blocks: list[dict[str, Any]]) -> bytes:
    usage = {"input_tokens": 1, "output_tokens": 1}
    reason = "tool_use" if blocks[-1]["type"] == "tool_use" else "end_turn"
    message: dict[str, Any] = {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
    }
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "usage": usage}}
    ]
    for index, block in enumerate(blocks):
        start, delta = _parts(block)
        events += [
            {"type": "content_block_start", "index": index, "content_block": start},
            {"type": "content_block_delta", "index": index, "delta": delta},
            {"type": "content_block_stop", "index": index},
        ]
    ended = {"stop_reason": reason, "stop_sequence": None}
    events += [
        {"type": "message_delta", "delta": ended, "usage": usage},
        {"type": "message_stop"},
    ]
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events
    )


def _parts(block: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    if block["type"] == "text":
        return {"type": "text", "text": ""}, {"type": "text_delta", "text": block["text"]}
    start: dict[str, Any] = {**block, "input": {}}
    return start, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}


Api = TypeVar("Api", bound=FakeApi)


@contextmanager
def fake_api(agents: list[str]) -> Generator[FakeApi]:
    """Serves until the end of the block."""
    with serving(FakeApi(agents)) as server:
        yield server


@contextmanager
def serving(server: Api) -> Generator[Api]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
