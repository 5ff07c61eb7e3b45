"""Parts that the larger tests reach only in other processes."""

import asyncio
import gc
import logging
import os
import queue
import runpy
import sys
import threading
from pathlib import Path
from typing import BinaryIO

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import JSONRPCRequest, PromptReference

from claudetask_core.config import Settings
from claudetask_core.core import Core
from claudetask_core.errors import Unavailable
from claudetask_mcp import cli, entry, logs, stdio
from claudetask_mcp.deadline import Deadline
from claudetask_mcp.entry import Entry
from claudetask_mcp.jsonrpc import Unanswered
from claudetask_mcp.logs import configure_logging
from claudetask_mcp.stdio import SETTLE_SECONDS, Lines, readable, stdio_server_of
from claudetask_mcp.wire import Wire
from tests.mcp.conftest import Connect
from tests.mcp.support import answer, refusal

SOON = 5


class Ended(BaseException):
    """What leaving the process is, in a test."""


def test_a_deadline_leaves_once_its_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    left: queue.Queue[int] = queue.Queue()
    monkeypatch.setattr(os, "_exit", left.put)
    late = Deadline(3, seconds=0.001)
    late.start()
    late.start()
    assert left.get(timeout=SOON) == 3
    assert left.empty()


async def test_lines_come_as_they_are_read_and_end_with_the_stream() -> None:
    reading, writing = os.pipe()
    started: list[bool] = []

    class Noted(Deadline):
        def start(self) -> None:
            started.append(True)

    os.write(writing, b"one\ntw\xffo\n")
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        lines = Lines(Wire(stream), Noted())
        lines.begin()
        async with asyncio.timeout(SOON):
            assert [line async for line in lines] == ["one\n", "tw\ufffdo\n"]
    assert started == [True]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b'{"a": "b"}\n', '{"a": "b"}\n'),
        (b'{"a": "x\\ud800y"}\n', '{"a": "x?y"}\n'),
        (b'{"a": "\\uD83C\\uDF89"}\n', '{"a": "\U0001f389"}\n'),
        (b'{"a": "\\ud800\n', '{"a": "\\ud800\n'),
        (b"\xff\n", "\ufffd\n"),
        (b'\xef\xbb\xbf{"a": "b"}\n', '{"a": "b"}\n'),
    ],
)
def test_half_a_character_does_not_leave_a_call_unanswered(line: bytes, text: str) -> None:
    assert readable(line) == text


def test_lines_of_a_loop_that_is_gone_are_dropped() -> None:
    class Never(Deadline):
        def start(self) -> None: ...

    async def made(stream: BinaryIO) -> Lines:
        lines = Lines(Wire(stream), Never())
        lines.begin()
        return lines

    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream:
        asyncio.run(made(stream))
        os.write(writing, b"late\n")
        os.close(writing)
        for thread in [t for t in threading.enumerate() if t.name == "stdin"]:
            thread.join(SOON)
            assert not thread.is_alive()


def test_serving_ends_by_leaving_the_process(
    monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    served: list[object] = []
    wanted = Entry(Settings(), {}, project, None, "s")

    async def serve(server: object, _: object) -> None:
        served.append(server)
        raise Ended

    def read(_: object) -> Entry:
        return wanted

    def silent(*_: object) -> None: ...

    monkeypatch.setattr(stdio, "_serve", serve)
    monkeypatch.setattr(stdio, "claimed", silent)
    monkeypatch.setattr(entry, "read_entry", read)
    monkeypatch.setattr(logs, "configure_logging", silent)
    try:
        with pytest.raises(Ended):
            cli.main([])
    finally:
        gc.unfreeze()
    assert len(served) == 1


async def test_the_first_call_counts_too_where_the_project_has_no_limits(project: Path) -> None:
    settings = Settings(analysis_provider="none", rate_limit_read="2/hour")
    overrides = {"analysis_provider": "none", "rate_limit_read": "2/hour"}
    async with Client(stdio_server_of(Entry(settings, overrides, project, None, "s"))) as client:
        await answer(client, "list_tasks")
        await answer(client, "list_tasks")
        assert "2 per hour" in await refusal(client, "list_tasks")


async def test_the_projects_own_limits_replace_the_first_ones(project: Path) -> None:
    rates = "[rate_limits]\nread = '1/hour'\n"
    (project / ".claudetask" / "config.toml").write_text(rates, "utf-8")
    settings = Settings(analysis_provider="none")
    server = stdio_server_of(Entry(settings, {"analysis_provider": "none"}, project, None, "s"))
    async with Client(server) as client:
        await answer(client, "list_tasks")  # counted by the first limiter: the board was shut
        await answer(client, "list_tasks")
        assert "1 per hour" in await refusal(client, "list_tasks")


async def test_a_completion_that_cannot_look_is_a_protocol_error(
    connect: Connect, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(*_: object, limit: int) -> None:
        raise Unavailable("The board is locked.")

    monkeypatch.setattr(core.tasks, "complete", locked)
    prompt = PromptReference(type="ref/prompt", name="work_on_task")
    async with connect() as client:
        with pytest.raises(MCPError) as caught:
            await client.complete(prompt, {"name": "task_id", "value": "1"})
    assert "The board is locked." in caught.value.error.message


def test_logging_goes_to_stderr_with_the_level_of_the_settings() -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        configure_logging("ERROR", "text")
        (handler,) = root.handlers
        assert isinstance(handler, logging.StreamHandler)
        assert root.level == logging.ERROR
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def test_the_folder_one_stands_in_is_not_searched_for_modules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", ["/somebody's project", *sys.path])
    monkeypatch.setattr(sys, "argv", ["claudetask-mcp", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("claudetask_mcp", run_name="__main__", alter_sys=False)
    assert ended.value.code == 0
    assert "/somebody's project" not in sys.path


async def test_a_signal_ends_the_wait_for_answers() -> None:
    class Never(Deadline):
        def start(self) -> None: ...

    unanswered = Unanswered()
    unanswered.taken(JSONRPCRequest(jsonrpc="2.0", id=1, method="ping"))
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream, os.fdopen(writing, "wb"):
        lines = Lines(Wire(stream), Never())
        lines.begin()
        asyncio.get_running_loop().call_soon(lines.stop)
        async with asyncio.timeout(SETTLE_SECONDS / 2):
            await lines.settle(unanswered)
            assert [line async for line in lines] == []
