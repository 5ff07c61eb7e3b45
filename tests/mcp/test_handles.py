"""A server that may open no more files: what it says of it, and how often."""

import asyncio
import errno
import logging
import os
import resource
from contextlib import ExitStack
from pathlib import Path
from socket import create_connection

import httpx
import pytest

from claudetask_mcp.handles import NO_MORE, OutOfHandles
from tests.mcp.process import SOON, started
from tests.mcp.serving import LISTENING

CLIENTS = 6
SAID = "No connection can be taken: [Errno 24] Too many open files."


async def said_until(stderr: asyncio.StreamReader, wanted: str) -> list[str]:
    """The lines of a log up to the one that holds a text."""
    lines: list[str] = []
    async with asyncio.timeout(SOON):
        while not lines or wanted not in lines[-1]:
            lines.append((await stderr.readline()).decode())
            assert lines[-1], "the server ended"
    return lines


async def test_connections_that_cannot_be_taken_wait_and_do_not_fill_the_log(project: Path) -> None:
    async with started(project, "serve", "--port", "0") as server:
        stderr = server.process.stderr
        assert stderr is not None
        found = LISTENING.search((await said_until(stderr, "Listening on "))[-1])
        assert found
        address = found[1]
        port = int(address.rpartition(":")[2])
        pid = server.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        with ExitStack() as waiting:
            held = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 — off no disk
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (held, before[1]))
            for _ in range(CLIENTS):
                waiting.enter_context(create_connection(("127.0.0.1", port)))
            lines = await said_until(stderr, "No connection can be taken")
            assert SAID in lines[-1]
            assert f"(ulimit -n, which is {held})" in lines[-1]
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        async with httpx.AsyncClient(base_url=address, timeout=SOON) as rest:
            assert (await rest.get("/health")).status_code == 200
        server.process.terminate()
        rest_of_log = (await asyncio.wait_for(stderr.read(), SOON)).decode()
        assert "system resource" not in rest_of_log
        assert rest_of_log.count("No connection can be taken") == 0


async def test_anything_else_that_nobody_caught_is_told_as_ever(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handler, loop = OutOfHandles(), asyncio.get_running_loop()
    full = OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            handler(loop, {"message": NO_MORE, "exception": full})
        handler(loop, {"message": "Task exception was never retrieved", "exception": ValueError()})
    assert [record.name for record in caplog.records] == ["claudetask_mcp.handles", "asyncio"]
