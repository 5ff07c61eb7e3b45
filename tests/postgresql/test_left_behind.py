"""Tests that are killed leave no PostgreSQL server behind."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.postgresql_server import binaries
from tests.support import eventually, is_alive

SECONDS = 60
STARTING = """
import sys
from pathlib import Path
from tests.postgresql_server import running

with running(Path(sys.argv[1])) as server:
    pid = (server.folder / "data" / "postmaster.pid").read_text().split()[0]
    print(pid, server.folder, flush=True)
    sys.stdin.read()
"""
ROOT = Path(__file__).parents[2]


async def test_a_server_ends_with_the_tests_that_are_killed_and_its_folder_is_gone() -> None:
    programs = binaries()
    if programs is None:
        pytest.skip("NO POSTGRESQL: install Debian's package postgresql")
    tests = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", STARTING, str(programs)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,
    )
    assert tests.stdout is not None
    said = await asyncio.wait_for(tests.stdout.readline(), SECONDS)
    pid, folder = said.decode().split()
    assert is_alive(int(pid))

    os.killpg(tests.pid, signal.SIGKILL)
    await tests.wait()

    await eventually(lambda: not is_alive(int(pid)), SECONDS)
    await eventually(lambda: not Path(folder).exists(), SECONDS)
    assert await asyncio.wait_for(tests.stdout.read(), SECONDS) == b""
