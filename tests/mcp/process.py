"""The program as a client starts it: a process of its own, spoken to line by line."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

SOON = 30.0
INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}
DISCOVER = {
    "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
}


class Program:
    """One process and its streams; everything it writes to stdout is kept."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[bytes] = []
        self._number = 0

    async def ask(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Sends a request and waits for its answer."""
        number = self.send(method, params)
        while True:
            message = await self.message()
            if message.get("id") == number:
                return message

    def send(self, method: str, params: Mapping[str, Any] | None = None) -> int:
        self._number += 1
        self._write({"id": self._number, "method": method, "params": dict(params or {})})
        return self._number

    def notify(self, method: str) -> None:
        self._write({"method": method})

    async def message(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), SOON)
        assert line, "the program ended its output"
        self.lines.append(line)
        return json.loads(line)

    async def greet(self) -> dict[str, Any]:
        answer = await self.ask("initialize", INITIALIZE)
        self.notify("notifications/initialized")
        return answer

    async def call(self, tool: str, **arguments: Any) -> str:
        answer = await self.ask("tools/call", {"name": tool, "arguments": arguments})
        return answer["result"]["content"][0]["text"]

    def end(self) -> None:
        """Ends the program's input, as a client does that goes away."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    async def ended(self, within: float) -> tuple[int, bytes]:
        """The exit code and what was left on stdout; too late an end fails."""
        assert self.process.stdout is not None
        code = await asyncio.wait_for(self.process.wait(), within)
        return code, await asyncio.wait_for(self.process.stdout.read(), SOON)

    def _write(self, message: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


def _surroundings(*, measured: bool) -> dict[str, str]:
    """This process's environment; code that hangs has no time to write its coverage down."""
    return {k: v for k, v in os.environ.items() if measured or not k.startswith("COVERAGE")}


@asynccontextmanager
async def started(
    project: Path, *arguments: str, code: str | None = None, **environment: str
) -> AsyncGenerator[Program]:
    """Starts the program in a project, or other code there, and ends it at the latest here."""
    how = ("-c", code) if code is not None else ("-I", "-m", "claudetask_mcp")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *how,
        *arguments,
        cwd=project,
        env={**_surroundings(measured=code is None), **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1024 * 1024,
    )
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
