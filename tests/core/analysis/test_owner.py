import os
from datetime import timedelta

import pytest

from claudetask_core.services import analysis_owner
from claudetask_core.services.analysis_owner import Owner, is_gone, this_process
from tests.support import START

HERE = this_process()
LATER = START + timedelta(seconds=31)
NO_PROCESS = 2**22 + 1


def test_an_owner_is_read_as_it_was_written() -> None:
    assert Owner.parse(str(HERE)) == HERE
    assert Owner.parse("nonsense") is None


def test_this_process_is_not_gone_however_long_it_was_silent() -> None:
    """A machine that slept has not lost its servers."""
    assert not is_gone(str(HERE), START, LATER, HERE)


def test_a_process_that_ended_is_gone_at_once() -> None:
    assert is_gone(str(Owner(HERE.place, NO_PROCESS, "1")), START, START, HERE)


@pytest.mark.skipif(not HERE.started, reason="this system does not say when a process started")
def test_a_number_that_was_given_out_again_is_another_process() -> None:
    assert is_gone(str(Owner(HERE.place, HERE.pid, "1")), START, START, HERE)


@pytest.mark.parametrize("owner", ["elsewhere/1:1:1", "nonsense"])
def test_of_a_process_elsewhere_the_heartbeat_tells(owner: str) -> None:
    assert not is_gone(owner, START, START, HERE)
    assert is_gone(owner, START, LATER, HERE)
    assert is_gone(owner, None, START, HERE)


def test_where_starts_are_unknown_the_heartbeat_tells_too() -> None:
    unknown = str(Owner(HERE.place, HERE.pid, ""))
    assert not is_gone(unknown, START, START, HERE)
    assert is_gone(unknown, START, LATER, HERE)


def test_a_process_of_another_user_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbidden)
    assert not is_gone(str(HERE), START, START, HERE)


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
    assert "/" not in owner.place
