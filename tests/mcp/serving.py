"""A server of both faces in the process of a test."""

import asyncio
import gc
import os
import re
import signal
from argparse import Namespace
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sse_starlette.sse import AppStatus

from claudetask_core.config import Settings
from claudetask_mcp.commands import serve
from claudetask_mcp.entry import Entry
from tests.mcp.process import INITIALIZE, SOON
from tests.support import eventually

LISTENING = re.compile(r"^Listening on (http://127\.0\.0\.1:\d+)$", re.MULTILINE)
ACCEPT = {"Accept": "application/json, text/event-stream"}
HELLO: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": INITIALIZE,
}
LIST_TASKS: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 2,
    "method": "tools/call",
    "params": {"name": "list_tasks", "arguments": {}},
}
Serving = Callable[..., AbstractAsyncContextManager[str]]


class NoDeadline:
    """Leaves the test's own process alive."""

    def __init__(self, *_: object) -> None: ...

    def start(self) -> None: ...


def entry_of(project: Path, **settings: Any) -> Entry:
    chosen = Settings(analysis_provider="none", port=0, **settings)
    return Entry(chosen, {"analysis_provider": "none", **settings}, project, None, "s")


async def _address(running: asyncio.Task[int], capsys: pytest.CaptureFixture[str]) -> str:
    said: list[str] = []

    def listening() -> re.Match[str] | None:
        assert not running.done(), running
        said.append(capsys.readouterr().err)
        return LISTENING.search("".join(said))

    await eventually(listening)
    found = LISTENING.search("".join(said))
    assert found
    return found[1]


def serving_in(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Serving:
    """Serves in this process; ends it by the signal a person would send."""
    monkeypatch.setattr(serve, "Deadline", NoDeadline)
    # a server that ended ends the streams of all that follow in its process, which is one
    monkeypatch.setattr(AppStatus, "should_exit", False)

    @asynccontextmanager
    async def served(**settings: Any) -> AsyncGenerator[str]:
        entry = entry_of(project, **settings)
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        running = asyncio.create_task(serve.run(entry, Namespace()))
        try:
            yield await _address(running, capsys)
            os.kill(os.getpid(), signal.SIGTERM)
            assert await asyncio.wait_for(running, SOON) == 0
        finally:
            signal.signal(signal.SIGINT, before[0])
            signal.signal(signal.SIGTERM, before[1])
            running.cancel()
            gc.unfreeze()  # nothing of the tests before is kept for good

    return served
