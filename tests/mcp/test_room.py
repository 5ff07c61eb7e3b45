"""A server without memory or threads: it says so and goes on, or ends by itself."""

import asyncio
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.core import Core
from claudetask_mcp import room
from claudetask_mcp.room import Room
from tests.mcp.conftest import Connect
from tests.mcp.process import SOON, started
from tests.mcp.support import answer, refusal

QUICK = """
from claudetask_mcp import room, start
room.SECONDS = 0.05
start.main([])
"""
DEAF = """
from claudetask_mcp import start, stdio
def short(line):
    raise MemoryError
stdio.readable = short
start.main([])
"""
NO_THREAD = """
import sys, threading
from claudetask_mcp.deadline import Deadline
def short(thread):
    raise RuntimeError("can't start new thread")
threading.Thread.start = short
Deadline(0, 0.1).start()
sys.stdin.read()
"""


async def test_a_server_whose_memory_does_not_come_back_ends_and_says_so(project: Path) -> None:
    async with started(project, code=QUICK) as program:
        await program.greet()
        assert "Created #1" in await program.call("create_task", title="Work")
        pid = program.process.pid
        status = Path(f"/proc/{pid}/status").read_text()
        found = re.search(r"VmSize:\s+(\d+) kB", status)
        assert found is not None
        has = int(found[1]) << 10
        resource.prlimit(pid, resource.RLIMIT_AS, (has // 2, resource.RLIM_INFINITY))
        code, _ = await program.ended(2 * SOON)
        assert program.process.stderr is not None
        said = (await program.process.stderr.read()).decode()
    assert code == 1
    assert "no memory is left" in said
    assert "/mcp, reconnect" in said


async def test_a_server_whose_memory_comes_back_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, enough = 0, asyncio.Event()

    def every_fourth() -> bool:
        nonlocal looks
        looks += 1
        if looks == 5 * room.PATIENCE:
            enough.set()
        return looks % 4 == 0

    def ended(_: int) -> None:
        pytest.fail("it ended")

    monkeypatch.setattr(room, "SECONDS", 0.001)
    monkeypatch.setattr(room, "_is_there", every_fourth)
    monkeypatch.setattr(room, "leave", ended)
    watched = Room("")
    watched.watch()
    await asyncio.wait_for(enough.wait(), SOON)
    watched.close()


async def test_a_client_whose_words_find_no_memory_sees_the_end(project: Path) -> None:
    async with started(project, code=DEAF) as program:
        program.send("initialize")
        code, _ = await program.ended(SOON)
    assert code == 0


def test_the_deadline_is_kept_where_there_is_no_thread_for_it() -> None:
    with subprocess.Popen(
        [sys.executable, "-I", "-c", NO_THREAD], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as waiting:
        try:
            assert waiting.wait(SOON) == -signal.SIGALRM
        finally:
            waiting.kill()


async def test_a_tool_that_finds_no_memory_names_the_next_step(
    connect: Connect, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def short(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(core.tasks, "counts", short)
    async with connect() as client:
        assert "no memory left" in await refusal(client, "project_status")
        assert await answer(client, "list_tasks") == "No task matches."
