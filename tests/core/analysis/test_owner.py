import asyncio
import os
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from claudetask_core.services.analysis import owner as analysis_owner
from claudetask_core.services.analysis.owner import Owner, Watch, this_process
from tests.support import START, eventually

HERE = this_process()
LATER = START + timedelta(seconds=31)
NOW = 1000.0
NO_PROCESS = 2**22 + 1
JOB = "j"


def is_gone(owner: str, heartbeat: datetime | None, now: float, watch: Watch | None = None) -> bool:
    return (watch or Watch(HERE)).is_gone(JOB, owner, heartbeat, now)


def owner_of(pid: int) -> Owner:
    """The process of this place that has the number."""
    return Owner(HERE.place, pid, fields(pid)[19])


def is_stopped(pid: int) -> bool:
    return fields(pid)[0] == "T"


def fields(pid: int) -> list[str]:
    """What the system says of a process behind its name: its state first."""
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()


def test_an_owner_is_read_as_it_was_written() -> None:
    assert Owner.parse(str(HERE)) == HERE
    assert Owner.parse("nonsense") is None


def test_this_process_is_not_gone_however_long_it_was_silent() -> None:
    """A machine that slept has not lost its servers."""
    watch = Watch(HERE)
    assert not is_gone(str(HERE), START, NOW, watch)
    assert not is_gone(str(HERE), START, NOW + 31, watch)


@pytest.mark.skipif(not HERE.started, reason="this system does not say which process is stopped")
async def test_a_process_that_is_stopped_is_gone_once_it_was_silent() -> None:
    """As with Ctrl-Z: nobody else can tell whether it will ever go on."""
    stopped = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE
    )
    try:
        owner, watch = str(owner_of(stopped.pid)), Watch(HERE)
        assert not is_gone(owner, START, NOW, watch)
        stopped.send_signal(signal.SIGSTOP)
        await eventually(lambda: is_stopped(stopped.pid))
        assert not is_gone(owner, START, NOW + 31, watch)  # seen to be stopped for the first time
        assert not is_gone(owner, START, NOW + 60, watch)
        assert is_gone(owner, START, NOW + 62, watch)
        stopped.send_signal(signal.SIGCONT)
        await eventually(lambda: not is_stopped(stopped.pid))
        assert not is_gone(owner, START, NOW + 63, watch)
    finally:
        stopped.kill()
        await asyncio.wait_for(stopped.wait(), 5)


def test_a_process_that_ended_is_gone_at_once() -> None:
    assert is_gone(str(Owner(HERE.place, NO_PROCESS, "1")), START, NOW)


@pytest.mark.skipif(not HERE.started, reason="this system does not say when a process started")
def test_a_number_that_was_given_out_again_is_another_process() -> None:
    assert is_gone(str(Owner(HERE.place, HERE.pid, "1")), START, NOW)


ELSEWHERE = ["elsewhere/1:1:1", "nonsense", str(Owner(HERE.place, HERE.pid, ""))]


@pytest.mark.parametrize("owner", ELSEWHERE, ids=["elsewhere", "nonsense", "without a start"])
@pytest.mark.parametrize("heartbeat", [START, START - timedelta(days=1), LATER, None])
def test_of_a_process_elsewhere_a_heartbeat_that_stands_still_tells(
    owner: str, heartbeat: datetime | None
) -> None:
    """Also where the clock there is wrong."""
    watch = Watch(HERE)
    assert not is_gone(owner, heartbeat, NOW, watch)
    assert not is_gone(owner, heartbeat, NOW + 29, watch)
    assert is_gone(owner, heartbeat, NOW + 31, watch)


def test_a_heartbeat_that_moves_on_is_one_of_a_living_process() -> None:
    watch, owner = Watch(HERE), "elsewhere/1:1:1"
    assert not is_gone(owner, START, NOW, watch)
    assert not is_gone(owner, START + timedelta(seconds=5), NOW + 31, watch)
    watch.forget_all_but([JOB])
    assert is_gone(owner, START + timedelta(seconds=5), NOW + 62, watch)
    watch.forget_all_but([])
    assert not is_gone(owner, START, NOW + 62, watch)


def test_a_process_of_another_user_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbidden)
    assert not is_gone(str(HERE), START, NOW)


class NoFile:
    """A path under which there is nothing."""

    def __init__(self, _path: str) -> None: ...

    def readlink(self) -> None:
        raise FileNotFoundError

    def read_text(self, *_: str) -> None:
        raise FileNotFoundError


def test_a_system_without_proc_still_names_its_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis_owner, "Path", NoFile)
    owner = this_process()
    assert (owner.pid, owner.started) == (os.getpid(), "")
    assert owner.place.count("/") == 1
