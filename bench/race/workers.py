"""Agents with a process of their own: over MCP on stdin and stdout, or with a REST server each."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import httpx

PROGRAM = [sys.executable, "-I", "-m", "claudetask_mcp"]
SOON = 120.0
LINE = 1 << 24
HELLO: dict[str, Any] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"roots": {}},
    "clientInfo": {"name": "races", "version": "1"},
}
SETTINGS = {"CLAUDETASK_RATE_LIMIT_ENABLED": "false", "CLAUDETASK_INDEX_WATCH": "false"}
REVIEW = "Code Review"


class Agent(Protocol):
    """What any task server lets an agent do, ours or another's."""

    name: str
    process: asyncio.subprocess.Process

    async def take(self) -> str | None: ...
    async def finish(self, task: str) -> None: ...
    async def create(self, title: str) -> str: ...
    async def note(self, task: str, text: str) -> None: ...


class Worker(Agent, Protocol):
    """An agent of ours."""

    async def move(self, task: str, status: str) -> str: ...


class Mcp:
    """Speaks MCP over stdin and stdout, as Claude Code does."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.name = name
        self.process = process
        self.folder = folder
        self._number = 0

    async def greet(self) -> None:
        await self._ask("initialize", HELLO)
        self._send({"method": "notifications/initialized"})

    async def call(self, tool: str, **arguments: Any) -> str:
        answer = await self._ask("tools/call", {"name": tool, "arguments": arguments})
        if "result" not in answer:
            return str(answer["error"]["message"])
        return str(answer["result"]["content"][0]["text"])

    async def _ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            if self.process.stdout is None:
                raise EOFError
            line = await asyncio.wait_for(self.process.stdout.readline(), SOON)
            if not line:
                raise EOFError
            if not line.startswith(b"{"):
                continue  # a banner of another's
            message: dict[str, Any] = json.loads(line)
            if message.get("method") == "roots/list":
                root = {"uri": self.folder.as_uri(), "name": self.folder.name}
                self._send({"id": message["id"], "result": {"roots": [root]}})
            elif message.get("id") == self._number and "method" not in message:
                return message

    def _send(self, message: dict[str, Any]) -> None:
        if self.process.stdin is not None:
            self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


class Stdio(Mcp):
    """Our server, over MCP."""

    async def take(self) -> str | None:
        text = await self.call("get_next_task", claim=True, agent=self.name)
        found = re.match(r"#(\d+)", text)
        return found[1] if found else None

    async def finish(self, task: str) -> None:
        await self.move(task, REVIEW)

    async def move(self, task: str, status: str) -> str:
        asked = {"task_id": int(task), "status": status}
        return await self.call("update_task_status", agent=self.name, **asked)

    async def create(self, title: str) -> str:
        text = await self.call("create_task", title=title, agent=self.name)
        return str(re.findall(r"Created #(\d+)", text)[0])

    async def note(self, task: str, text: str) -> None:
        await self.call("update_task", task_id=int(task), note=text, agent=self.name)


class Rest:
    """Calls the REST API of a server of its own."""

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, client: httpx.AsyncClient
    ) -> None:
        self.name = name
        self.process = process
        self._client = client

    async def take(self) -> str | None:
        answer = await self._client.post(
            "/api/tasks/next", json={"claim": True, "agent": self.name}
        )
        return str(answer.json()["id"]) if answer.content else None

    async def finish(self, task: str) -> None:
        await self.move(task, REVIEW)

    async def move(self, task: str, status: str) -> str:
        body = {"status": status, "agent": self.name}
        return (await self._client.put(f"/api/tasks/{task}/status", json=body)).text

    async def create(self, title: str) -> str:
        body = {"title": title, "agent": self.name}
        answer = await self._client.post("/api/tasks", json=body)
        return str(answer.raise_for_status().json()["id"])

    async def note(self, task: str, text: str) -> None:
        body = {"text": text, "agent": self.name}
        (await self._client.post(f"/api/tasks/{task}/notes", json=body)).raise_for_status()


@asynccontextmanager
async def started(
    command: Sequence[str], folder: Path, settings: Mapping[str, str], *, heard: bool = False
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Starts a process; kills it in the end, with those that it started."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, **settings},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE if heard else asyncio.subprocess.DEVNULL,
        limit=LINE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


@asynccontextmanager
async def worker(
    name: str, folder: Path, *, rest: bool, lease: int = 1800
) -> AsyncGenerator[Worker]:
    """Starts a process of ours and speaks to it."""
    settings = {**SETTINGS, "CLAUDETASK_LEASE_SECONDS": str(lease)}
    serving = ["serve", "--port", "0"] if rest else []
    async with started([*PROGRAM, *serving], folder, settings, heard=rest) as process:
        if not rest:
            agent = Stdio(name, process, folder)
            await agent.greet()
            yield agent
            return
        if process.stderr is None:
            raise EOFError
        said = await asyncio.wait_for(process.stderr.readuntil(b"\n"), SOON)
        address = said.decode().split()[-1]
        async with httpx.AsyncClient(base_url=address, timeout=SOON) as client:
            yield Rest(name, process, client)


@asynccontextmanager
async def workers(
    folder: Path, count: int, of: str = "agent", *, lease: int = 1800
) -> AsyncGenerator[list[Worker]]:
    """Half of them over stdio, half with a REST server."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                worker(f"{of}-{number}", folder, rest=number % 2 == 1, lease=lease)
            )
            for number in range(count)
        ]


@contextmanager
def project() -> Generator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="races-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
