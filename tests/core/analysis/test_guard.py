"""The guard around the client, step by step; other tests run it as the program that it is."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from claudetask_core.services.analysis.claude_code import guard
from tests.core.analysis.support import FakeClaude
from tests.support import eventually, is_alive

WAITS = "import signal; signal.pause()"
DEAF = (
    "import signal, sys; [signal.signal(s, signal.SIG_IGN) for s in (2, 15)];"
    "print('deaf', flush=True); signal.pause()"
)
Child = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def child() -> Iterator[Child]:
    made: list[subprocess.Popen[bytes]] = []

    def make(code: str) -> "subprocess.Popen[bytes]":
        argv = [sys.executable, "-I", "-S", "-c", code]
        made.append(subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        return made[-1]

    yield make
    for process in made:
        process.kill()
        process.communicate()


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The guard's signals to its group and its hold on the standard streams are not the test's."""
    sent: list[tuple[int, int]] = []

    def nothing(*_: object) -> None:
        pass

    def killpg(group: int, number: int) -> None:
        sent.append((group, number))

    monkeypatch.setattr(guard, "let_go_of_the_pipes", nothing)
    monkeypatch.setattr(guard, "adopt", nothing)
    monkeypatch.setattr(guard, "end_left", nothing)
    monkeypatch.setattr(guard.signal, "signal", nothing)
    monkeypatch.setattr(guard.os, "killpg", killpg)
    return sent


@pytest.mark.parametrize(("said", "seconds"), [(b"0.5", 0.5), (b"-1", 0.0), (b"", 3.0)])
def test_the_asker_may_say_how_long_an_interrupt_gets(said: bytes, seconds: float) -> None:
    assert guard.grace(said) == seconds


def test_a_command_that_ends_by_itself_hands_on_its_exit_code(
    calm: list[tuple[int, int]],
) -> None:
    leash, held = os.pipe()
    assert guard.main([str(leash), sys.executable, "-ISc", "raise SystemExit(7)"]) == 7
    assert calm == [(0, signal.SIGTERM)]
    os.close(held)


def test_a_command_that_a_signal_ended_answers_as_in_a_shell(calm: list[tuple[int, int]]) -> None:
    leash, held = os.pipe()
    code = "import os; os.kill(os.getpid(), 15)"
    assert guard.main([str(leash), sys.executable, "-ISc", code]) == 128 + 15
    os.close(held)


def test_a_command_ends_when_the_pipe_closes(calm: list[tuple[int, int]]) -> None:
    leash, held = os.pipe()
    os.close(held)
    assert guard.main([str(leash), sys.executable, "-ISc", WAITS]) != 0


def test_a_command_that_does_not_exist_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    leash, held = os.pipe()
    assert guard.main([str(leash), "/no/such/command"]) == guard.CANNOT_START
    assert capsys.readouterr().err == "/no/such/command: No such file or directory\n"
    os.close(held)
    os.close(leash)


def test_a_deaf_command_is_killed_with_its_group(
    child: Child, calm: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "TERMINATE_SECONDS", 0.01)
    deaf = child(DEAF)
    assert deaf.stdout is not None
    deaf.stdout.readline()
    leash, held = os.pipe()
    os.write(held, b"0.01")
    os.close(held)
    guard.watch(leash, deaf, threading.Event(), threading.Event())
    assert calm == [(0, signal.SIGKILL)]
    os.close(leash)


def test_the_guard_lets_go_of_its_streams(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(Path(guard.__file__).parent)!r});"
        "import guard as g; g.let_go_of_the_pipes(); print('unheard', flush=True)"
    )
    argv = [sys.executable, "-I", "-S", "-c", code]
    ended = subprocess.run(argv, check=True, capture_output=True, timeout=10)
    assert ended.stdout == b""


async def test_what_the_client_leaves_behind_ends_with_it(fake: FakeClaude) -> None:
    fake.script(leave=True)
    leash, held = os.pipe()
    argv = [sys.executable, "-IS", guard.__file__, str(leash), str(fake.binary)]
    ended = await asyncio.to_thread(
        subprocess.run,
        argv,
        check=False,
        pass_fds=(leash,),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        timeout=10,
    )
    assert ended.returncode == 0
    left = fake.calls()[0]["left"]
    await eventually(lambda: not is_alive(left))
    os.close(leash)
    os.close(held)


LEAVES = """
import os, pathlib, signal, sys
heard, told = os.pipe()
written = pathlib.Path(sys.argv[1])
if not os.fork():
    os.setsid()
    if not os.fork():
        os.setsid()
        if sys.argv[2] == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        written.with_suffix(".new").write_text(str(os.getpid()))
        written.with_suffix(".new").rename(written)
        os.write(told, b"!")
        signal.pause()
    os._exit(0)
os.wait()
os.read(heard, 1)
if sys.argv[3] == "waits":
    signal.pause()
"""
"""A command that starts a process, which starts one that lives on, each in a session of its own."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to a guard")
@pytest.mark.parametrize("ears", ["hears", "deaf"])
async def test_what_left_for_a_session_of_its_own_ends_with_a_command_that_is_stopped(
    tmp_path: Path, ears: str
) -> None:
    written = tmp_path / "left"
    with _guarded(LEAVES, str(written), ears, "waits") as (guarding, held):
        await eventually(written.exists)
        left = int(written.read_text())
        try:
            assert is_alive(left)
            os.write(held, b"0.1")
            os.close(held)
            await asyncio.to_thread(guarding.wait, 10)
            await eventually(lambda: not is_alive(left))
        finally:
            _ended(left)


async def test_what_left_for_a_session_of_its_own_outlives_a_command_that_ends_by_itself(
    tmp_path: Path,
) -> None:
    written = tmp_path / "left"
    with _guarded(LEAVES, str(written), "hears", "ends") as (guarding, held):
        await asyncio.to_thread(guarding.wait, 10)
        os.close(held)
        left = int(written.read_text())
        try:
            assert is_alive(left)
        finally:
            _ended(left)


@contextmanager
def _guarded(code: str, *arguments: str) -> Generator[tuple["subprocess.Popen[bytes]", int]]:
    leash, held = os.pipe()
    argv = [sys.executable, "-IS", guard.__file__, str(leash)]
    argv += [sys.executable, "-ISc", code, *arguments]
    with subprocess.Popen(argv, pass_fds=(leash,), start_new_session=True) as guarding:
        os.close(leash)
        try:
            yield guarding, held
        finally:
            guarding.kill()


def _ended(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
