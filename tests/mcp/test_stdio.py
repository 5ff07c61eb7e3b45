"""The program over stdio, in a process of its own: start, purity, and an end in time."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.mcp.process import DISCOVER, INITIALIZE, SOON, Program, started

pytestmark = pytest.mark.slow

IN_TIME = 2.0
NEVER = ("fastapi", "alembic", "httpx", "anthropic")
NOT_BEFORE_A_CALL = (*NEVER, "sqlalchemy", "aiosqlite", "asyncpg")
LISTING = """
import asyncio, json, sys
from mcp import Client
from claudetask_mcp.entry import read_entry
from claudetask_mcp.stdio import stdio_server_of

async def main():
    server = stdio_server_of(read_entry({}))
    async with Client(server, mode="legacy") as client:
        await client.list_tools()
        print(json.dumps(sorted(sys.modules)))

asyncio.run(main())
"""
HANGING = """
import asyncio, sys, time
from contextlib import asynccontextmanager
from claudetask_mcp import cli, entry

@asynccontextmanager
async def hang(self):
    {hang}
    yield

entry.Entry.open = hang
sys.exit(cli.main([]))
"""
DEAF = """while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass
"""
HANGS = (
    ("await asyncio.sleep(3600)", "SIGTERM"),
    ("time.sleep(3600)", "end of input"),
    ("time.sleep(3600)", "SIGTERM"),
    ("await asyncio.to_thread(time.sleep, 3600)", "SIGINT"),
    (DEAF, "end of input"),
)


async def end_by(program: Program, how: str) -> tuple[int, bytes, float]:
    begun = time.monotonic()
    if how == "end of input":
        program.end()
    else:
        program.process.send_signal(signal.Signals[how])
    code, rest = await program.ended(within=SOON)
    return code, rest, time.monotonic() - begun


async def test_both_eras_are_greeted_and_told_the_tools(project: Path) -> None:
    async with started(project) as program:
        hello = await program.greet()
        tools = await program.ask("tools/list")
    assert hello["result"]["protocolVersion"] == "2025-11-25"
    assert hello["result"]["serverInfo"]["name"] == "claudetask"
    assert len(tools["result"]["tools"]) == 17
    async with started(project) as program:
        hello = await program.ask("server/discover", DISCOVER)
        tools = await program.ask("tools/list", DISCOVER)
    assert hello["result"]["supportedVersions"] == ["2026-07-28"]
    assert len(tools["result"]["tools"]) == 17


@pytest.mark.parametrize("how", ["end of input", "SIGTERM", "SIGINT"])
async def test_an_idle_program_ends_in_time_and_its_output_was_pure(
    project: Path, how: str
) -> None:
    async with started(project, CLAUDE_CODE_SESSION_ID="s-1") as program:
        await program.greet()
        await program.ask("tools/list")
        assert (await program.call("create_task", title="Work")).startswith("Created #1")
        claimed = await program.call("get_next_task", claim=True)
        code, rest, seconds = await end_by(program, how)
    assert "Claimed for claude-code:s-1 until" in claimed
    assert code == 0
    assert seconds < IN_TIME
    for line in [*program.lines, *rest.splitlines()]:
        assert json.loads(line)["jsonrpc"] == "2.0"


PATIENT = """
from claudetask_mcp import start, stdio
stdio.SETTLE_SECONDS = stdio.Deadline.__init__.__defaults__[1] * 20
stdio.Deadline.__init__.__defaults__ = (0, stdio.SETTLE_SECONDS)
start.main([])
"""
"""The program with twenty times its time: how quick the machine is is no matter here."""


def test_what_was_asked_before_the_end_of_input_is_answered(project: Path) -> None:
    """A script may write all it asks at once and close: its calls were given up."""
    asked = [
        {"id": 1, "method": "initialize", "params": INITIALIZE},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
        {
            "id": 3,
            "method": "tools/call",
            "params": {"name": "create_task", "arguments": {"title": "Work"}},
        },
        {"id": "four", "method": "nope"},
        {"id": 5, "method": "ping"},
        {"method": "notifications/cancelled", "params": {"requestId": 5}},
    ]
    text = "".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in asked)
    command = (sys.executable, "-I", "-c", PATIENT)
    done = subprocess.run(
        command, cwd=project, input=text.encode(), capture_output=True, timeout=SOON, check=True
    )
    said = {message["id"]: message for message in map(json.loads, done.stdout.splitlines())}
    assert said.keys() >= {1, 2, 3, "four"}
    assert len(said[2]["result"]["tools"]) == 17
    assert said[3]["result"]["content"][0]["text"].startswith("Created #1")
    assert said["four"]["error"]["code"] == -32601


def test_a_client_that_no_longer_reads_is_one_that_went_away(project: Path) -> None:
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE}
    command = (sys.executable, "-I", "-m", "claudetask_mcp")
    with subprocess.Popen(command, cwd=project, stdin=PIPE, stdout=PIPE, stderr=PIPE) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdin.write(json.dumps(hello).encode() + b"\n")
        program.stdin.flush()
        assert program.stdout.readline()
        program.stdout.close()
        program.stdin.write(b'{"jsonrpc": "2.0", "id": 2, "method": "tools/list"}\n')
        program.stdin.flush()
        assert program.wait(SOON) == 0
        assert b"Traceback" not in program.stderr.read()


@pytest.mark.parametrize(("hang", "how"), HANGS)
async def test_the_program_ends_in_time_whatever_hangs(project: Path, how: str, hang: str) -> None:
    async with started(project, code=HANGING.format(hang=hang)) as program:
        await program.greet()
        await program.ask("tools/list")
        program.send("tools/call", {"name": "list_tasks", "arguments": {}})
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(program.message(), 0.3)
        _, _, seconds = await end_by(program, how)
    assert seconds < IN_TIME


async def test_the_listing_loads_neither_the_database_nor_a_web_framework(project: Path) -> None:
    async with started(project, code=LISTING) as program:
        code, loaded = await program.ended(within=SOON)
    assert code == 0
    modules = {name.split(".")[0] for name in json.loads(loaded)}
    assert modules.isdisjoint(NOT_BEFORE_A_CALL)


async def test_a_call_on_a_board_at_head_loads_no_migrations(project: Path) -> None:
    async with started(project, PYTHONPROFILEIMPORTTIME="1") as program:
        assert program.process.stderr is not None
        errors = asyncio.create_task(program.process.stderr.read())
        await program.greet()
        await program.ask("tools/list")
        assert await program.call("list_tasks") == "No task matches."
        program.end()
        await program.ended(within=SOON)
        told = (await asyncio.wait_for(errors, SOON)).decode()
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in told.splitlines()}
    assert loaded.isdisjoint(NEVER)


async def test_a_board_that_cannot_be_opened_is_told_in_the_answer(project: Path) -> None:
    async with started(project, CLAUDETASK_DATA_DIR="/proc/none") as program:
        await program.greet()
        said = await program.call("list_tasks")
        again = await program.call("list_tasks")
    assert "/proc/none" in said
    assert said == again


async def test_the_projects_own_limits_hold_once_its_board_is_open(project: Path) -> None:
    (project / ".claudetask" / "config.toml").write_text(
        "[rate_limits]\nread = '1/hour'\n", "utf-8"
    )
    async with started(project) as program:
        await program.greet()
        await program.call("list_tasks")
        await program.call("list_tasks")
        said = await program.call("list_tasks")
    assert said.startswith("Too many read calls: the limit is 1 per hour.")


async def test_what_prints_goes_to_stderr(project: Path) -> None:
    code = """
import os, sys
from claudetask_mcp import cli, entry
first = entry.Entry.open
def loud(self, **how):
    print("noise"); os.system("echo noise"); sys.stdout.flush()
    return first(self, **how)
entry.Entry.open = loud
sys.exit(cli.main([]))
"""
    async with started(project, code=code) as program:
        await program.greet()
        assert await program.call("list_tasks") == "No task matches."
        program.end()
        _, rest = await program.ended(within=SOON)
    assert b"noise" not in b"".join(program.lines) + rest
