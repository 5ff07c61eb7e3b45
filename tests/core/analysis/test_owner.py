import os
from datetime import datetime, timedelta

import pytest

from claudetask_core.services.analysis import owner as analysis_owner
from claudetask_core.services.analysis.owner import Owner, Watch, this_process
from tests.support import START

HERE = this_process()
LATER = START + timedelta(seconds=31)
NO_PROCESS = 2**22 + 1
JOB = "j"


def is_gone(
    owner: str, heartbeat: datetime | None, now: datetime, watch: Watch | None = None
) -> bool:
    return (watch or Watch(HERE)).is_gone(JOB, owner, heartbeat, now)


def test_an_owner_is_read_as_it_was_written() -> None:
    assert Owner.parse(str(HERE)) == HERE
    assert Owner.parse("nonsense") is None


def test_this_process_is_not_gone_however_long_it_was_silent() -> None:
    """A machine that slept has not lost its servers."""
    assert not is_gone(str(HERE), START, LATER)


def test_a_process_that_ended_is_gone_at_once() -> None:
    assert is_gone(str(Owner(HERE.place, NO_PROCESS, "1")), START, START)


@pytest.mark.skipif(not HERE.started, reason="this system does not say when a process started")
def test_a_number_that_was_given_out_again_is_another_process() -> None:
    assert is_gone(str(Owner(HERE.place, HERE.pid, "1")), START, START)


ELSEWHERE = ["elsewhere/1:1:1", "nonsense", str(Owner(HERE.place, HERE.pid, ""))]


@pytest.mark.parametrize("owner", ELSEWHERE, ids=["elsewhere", "nonsense", "without a start"])
@pytest.mark.parametrize("heartbeat", [START, START - timedelta(days=1), LATER, None])
def test_of_a_process_elsewhere_a_heartbeat_that_stands_still_tells(
    owner: str, heartbeat: datetime | None
) -> None:
    """Also where the clock there is wrong."""
    watch = Watch(HERE)
    assert not is_gone(owner, heartbeat, START, watch)
    assert not is_gone(owner, heartbeat, START + timedelta(seconds=29), watch)
    assert is_gone(owner, heartbeat, LATER, watch)


def test_a_heartbeat_that_moves_on_is_one_of_a_living_process() -> None:
    watch, owner = Watch(HERE), "elsewhere/1:1:1"
    assert not is_gone(owner, START, START, watch)
    assert not is_gone(owner, START + timedelta(seconds=5), LATER, watch)
    watch.forget_all_but([JOB])
    assert is_gone(owner, START + timedelta(seconds=5), LATER + timedelta(seconds=31), watch)
    watch.forget_all_but([])
    assert not is_gone(owner, START, LATER + timedelta(seconds=31), watch)


def test_a_process_of_another_user_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbidden)
    assert not is_gone(str(HERE), START, START)


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
