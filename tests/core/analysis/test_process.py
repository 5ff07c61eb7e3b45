import asyncio
import inspect
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.services.analysis.claude_code import process
from claudetask_core.services.analysis.claude_code.process import Command, Ended, Stop, run
from tests.core.analysis.support import FakeClaude
from tests.support import eventually, is_alive


def command(fake: FakeClaude, stdin: bytes = b"") -> Command:
    return Command([str(fake.binary)], fake.folder, dict(os.environ), stdin, 10)


async def test_lines_come_whole_however_they_are_cut(fake: FakeClaude) -> None:
    lines = ["a", "b" * 200_000, "", "ü"]
    fake.script(lines=lines, long=3)
    heard: list[bytes] = []
    ended = await run(command(fake), heard.append, Stop())
    assert heard == [*(line.encode() for line in lines), b"xxx"]
    assert (ended.why, ended.code) == (Ended.BY_ITSELF, 0)


async def test_only_the_last_of_stderr_is_kept(fake: FakeClaude) -> None:
    fake.script(stderr="x" * 100_000 + "the end")
    ended = await run(command(fake), lambda _: None, Stop())
    assert len(ended.stderr) == process.KEPT_STDERR
    assert ended.stderr.endswith("the end")


async def test_a_command_that_does_not_read_its_input_may_end(fake: FakeClaude) -> None:
    fake.script(deaf=True)
    ended = await run(command(fake, b"x" * 1_000_000), lambda _: None, Stop())
    assert ended.code == 0


async def test_a_stop_asked_before_the_start_ends_the_command_at_once(fake: FakeClaude) -> None:
    fake.script(hang=True)
    stop = Stop()
    stop.ask(0.1)
    stop.ask(99)
    ended = await asyncio.wait_for(run(command(fake), lambda _: None, stop), 5)
    assert ended.why is Ended.STOPPED
    stop.bind(lambda _: None)


async def test_a_guard_that_does_not_answer_is_killed_with_the_command(
    fake: FakeClaude, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    guard = tmp_path / "guard.py"
    guard.write_text(
        "import subprocess, sys, signal\n"
        "subprocess.Popen(sys.argv[2:])\n"
        "while True: signal.pause()\n"
    )
    monkeypatch.setattr(process, "GUARD", guard)
    monkeypatch.setattr(process, "LAST_RESORT", 0.05)
    fake.script(hang=True)
    stop = Stop()
    running = asyncio.create_task(run(command(fake), lambda _: None, stop))
    pid = (await fake.called())["pid"]
    stop.ask(0.0)
    ended = await asyncio.wait_for(running, 5)
    assert ended.code == 128 + 9
    await eventually(lambda: not is_alive(pid))


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="what watches it here is a thread")
async def test_what_is_killed_leaves_its_exit_code_to_who_waits_for_it(
    fake: FakeClaude, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    guard = tmp_path / "guard.py"
    guard.write_text("import signal\nwhile True: signal.pause()\n")
    monkeypatch.setattr(process, "GUARD", guard)
    monkeypatch.setattr(process, "LAST_RESORT", 0.05)
    if sys.version_info < (3, 12):  # from then on a loop does so by itself
        watcher = asyncio.PidfdChildWatcher()
        watcher.attach_loop(asyncio.get_running_loop())
        monkeypatch.setattr(asyncio.events, "get_child_watcher", lambda: watcher)
    kill = os.killpg

    def kill_and_see_it_dead(group: int, number: int) -> None:
        kill(group, number)
        os.waitid(os.P_PID, group, os.WEXITED | os.WNOWAIT)

    monkeypatch.setattr(os, "killpg", kill_and_see_it_dead)
    stop = Stop()
    stop.ask(0.0)
    ended = await asyncio.wait_for(run(command(fake), lambda _: None, stop), 5)
    assert ended.code == 128 + 9


async def test_a_run_that_is_abandoned_ends_its_command(fake: FakeClaude) -> None:
    fake.script(hang=True)
    running = asyncio.create_task(run(command(fake), lambda _: None, Stop()))
    pid = (await fake.called())["pid"]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await eventually(lambda: not is_alive(pid))


async def test_a_run_that_is_abandoned_has_reaped_its_guard_when_it_ends(
    fake: FakeClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def starting(*argv: Any, **how: Any) -> asyncio.subprocess.Process:
        started.append(await start(*argv, **how))
        return started[0]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", starting)
    fake.script(hang=True)
    running = asyncio.create_task(run(command(fake), lambda _: None, Stop()))
    pid = (await fake.called())["pid"]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 10)
    assert started[0].returncode is not None
    assert not is_alive(pid)


async def test_a_guard_that_cannot_be_ended_is_not_waited_for_long(
    fake: FakeClaude, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    guard = tmp_path / "guard.py"
    guard.write_text(
        "import os, subprocess, sys, signal\n"
        "subprocess.Popen(sys.argv[2:])\n"
        "while True: signal.pause()\n"
    )
    monkeypatch.setattr(process, "GUARD", guard)
    monkeypatch.setattr(process, "REAP_SECONDS", 0.1)
    monkeypatch.setattr(process, "LAST_RESORT", 60)
    fake.script(hang=True)
    running = asyncio.create_task(run(command(fake), lambda _: None, Stop()))
    pid = (await fake.called())["pid"]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 5)
    os.killpg(os.getpgid(pid), signal.SIGKILL)
    await eventually(lambda: not is_alive(pid))


async def test_a_pipe_that_cannot_be_used_is_not_left_open(
    fake: FakeClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[int, int | None]] = []
    pipe = os.pipe

    def behind(number: int) -> int | None:
        """What a descriptor stands for; the number alone may be somebody else's by now."""
        try:
            return os.fstat(number).st_ino
        except OSError:
            return None

    def remembered() -> tuple[int, int]:
        ends = pipe()
        frame = inspect.currentframe()
        if frame and frame.f_back and frame.f_back.f_globals["__name__"] == process.__name__:
            opened.extend((end, behind(end)) for end in ends)
        return ends

    monkeypatch.setattr(process.os, "pipe", remembered)
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(FileNotFoundError):
        await run(command(fake), lambda _: None, Stop())
    assert len(opened) == 2
    assert all(behind(end) != inode for end, inode in opened)


async def test_a_child_that_left_and_holds_the_output_holds_up_nobody(tmp_path: Path) -> None:
    left = tmp_path / "left"
    script = (
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
        " start_new_session=True)\n"
        f"pathlib.Path({str(left)!r}).write_text(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    hangs = Command([sys.executable, "-c", script], tmp_path, dict(os.environ), b"", 60)
    stop = Stop()
    running = asyncio.create_task(run(hangs, lambda _: None, stop))
    await eventually(lambda: left.exists() and bool(left.read_text()))
    stop.ask(0.1)
    try:
        ended = await asyncio.wait_for(running, 10)
    finally:
        os.kill(int(left.read_text()), signal.SIGKILL)
    assert ended.why is Ended.STOPPED


async def test_what_a_command_leaves_behind_with_its_output_keeps_no_answer_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LAST_WORDS", 0.5)
    script = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
        " start_new_session=True)\n"
        "print(child.pid)\n"
    )
    leaves = Command([sys.executable, "-c", script], tmp_path, dict(os.environ), b"x" * 200_000, 50)
    heard: list[bytes] = []
    try:
        ended = await asyncio.wait_for(run(leaves, heard.append, Stop()), 30)
    finally:
        os.kill(int(heard[0]), signal.SIGKILL)
    assert (ended.why, ended.code) == (Ended.BY_ITSELF, 0)
