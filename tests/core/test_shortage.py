"""What the system no longer gives is refused by name, and what goes on after refusals goes on."""

import threading
from pathlib import Path

import pytest

from claudetask_core.clock import SystemClock
from claudetask_core.core import Core
from claudetask_core.schemas.task import Page, TaskCreate, TaskFilter
from claudetask_core.services import disk_watch
from claudetask_core.services.disk.lanes import Lane
from claudetask_core.services.disk_watch import DiskWatch
from claudetask_core.services.tasks.claims import Caller
from claudetask_core.shortage import OutOfMemory, OutOfThreads
from tests.support import eventually


def no_memory(*_: object) -> None:
    raise MemoryError


def no_thread(*_: object) -> None:
    raise RuntimeError("can't start new thread")


async def test_work_in_a_lane_that_finds_no_memory_is_refused() -> None:
    lane = Lane("test")
    with pytest.raises(OutOfMemory, match="ulimit -v"):
        await lane.run(no_memory)
    assert await lane.run(lambda: 1) == 1


async def test_work_for_which_there_is_no_thread_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(OutOfThreads, match="ulimit -u"):
            await Lane("test").run(lambda: 1)
    assert await Lane("test").run(lambda: 1) == 1


async def test_another_runtime_error_stays_what_it_is() -> None:
    def wrong() -> None:
        raise RuntimeError("dictionary changed size during iteration")

    with pytest.raises(RuntimeError, match="changed size"):
        await Lane("test").run(wrong)


async def test_a_write_that_finds_no_memory_is_refused_and_the_next_is_made(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(core.events, "append", no_memory)
        with pytest.raises(OutOfMemory):
            await core.tasks.create(TaskCreate(title="lost"), Caller("me"))
    await core.tasks.create(TaskCreate(title="kept"), Caller("me"))
    found = await core.tasks.find(TaskFilter(), Page())
    assert [task.title for task in found.tasks] == ["kept"]


async def test_the_look_at_the_disk_goes_on_after_one_that_found_no_memory(
    core: Core, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    look = disk_watch._look  # pyright: ignore[reportPrivateUsage] — what the lane runs

    def short_at_first(*given: object) -> object:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise MemoryError
        return look(*given)  # pyright: ignore[reportArgumentType] — handed on

    async def root() -> Path:
        return project

    monkeypatch.setattr(disk_watch, "SECONDS", 0.01)
    monkeypatch.setattr(disk_watch, "_look", short_at_first)
    watch = DiskWatch(root, core.events, SystemClock())
    watch.start()
    await eventually(lambda: looks > 1)
    await watch.close()
