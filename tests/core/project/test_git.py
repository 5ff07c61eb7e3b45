import asyncio
import gc
import warnings
from pathlib import Path

import anyio
import pytest

from claudetask_core.services.repository import git as asking
from claudetask_core.services.repository.git import git
from tests.support import eventually, is_alive

VERSION = ("version",)


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


async def given_up(folder: Path, moment: int) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(git, folder, *VERSION)
        for _ in range(moment):
            await asyncio.sleep(0)
        group.cancel_scope.cancel()


@pytest.mark.slow
def test_a_question_that_is_given_up_at_any_moment_leaves_nothing_open(tmp_path: Path) -> None:
    """The loop ends right after, as it does where a server is stopped while a client asks."""
    gc.collect()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for moment in range(8):
            asyncio.run(given_up(tmp_path, moment))
            gc.collect()
    assert [str(one.message) for one in said] == []


async def test_a_git_whose_question_is_given_up_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path / "bin", monkeypatch, f"sleep 60 & echo $! >{tmp_path}/child; wait")
    child = tmp_path / "child"
    question = asyncio.ensure_future(git(tmp_path, *VERSION))
    await eventually(lambda: child.exists() and child.read_text().endswith("\n"))
    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question
    await eventually(lambda: not is_alive(int(child.read_text())))


async def test_a_git_that_does_not_answer_in_time_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SECONDS", 0.2)
    stand_in(tmp_path / "bin", monkeypatch, "echo begun; sleep 60")
    assert await asyncio.wait_for(git(tmp_path, *VERSION), 20) is None


@pytest.mark.parametrize("script", ["echo some; exit 1", "exit 128"])
async def test_a_git_that_fails_is_no_answer_whatever_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    stand_in(tmp_path / "bin", monkeypatch, script)
    assert await git(tmp_path, *VERSION) is None


async def test_without_git_there_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await git(tmp_path, *VERSION) is None
