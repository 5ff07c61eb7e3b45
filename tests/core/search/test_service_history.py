"""The service takes in what commits say beside the questions, and ends that in time."""

import asyncio
import threading
import time

import pytest

from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.index.connection import IndexUnavailable
from claudetask_core.stopping import Stop, Stopped
from tests.core.search.projects import SECONDS, Project
from tests.support import in_git


async def test_what_commits_say_counts_once_the_index_was_waited_for(project: Project) -> None:
    (project.root / "other.py").write_text("value = 1\n", encoding="utf-8")
    in_git(project.root, "init -q", "add limiter.py", "commit -q -m Begin", "add other.py")
    in_git(project.root, "commit -q -m Calibrate")
    await project.service.wait()
    assert await project.paths("where is it calibrated") == ["other.py"]
    await project.service.close()
    project.service = project.another(history=False)
    await project.service.wait()
    assert await project.paths("where is it calibrated") == []


async def test_no_question_fails_or_waits_for_what_commits_say(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, let = threading.Event(), threading.Event()

    def stuck(_: CodeIndex, stop: Stop) -> bool:
        reading.set()
        assert let.wait(SECONDS)
        if stop():
            raise Stopped
        raise IndexUnavailable("The disk is full.", next_step="Make room.")

    monkeypatch.setattr(CodeIndex, "read_history", stuck)
    assert await project.paths("RateLimiter") == ["limiter.py"]
    assert await asyncio.to_thread(reading.wait, SECONDS)
    assert await project.paths("RateLimiter") == ["limiter.py"]
    let.set()
    assert (await project.service.wait()).state == "ready"


async def test_closing_ends_the_reading_of_commits(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()

    def until_told(_: CodeIndex, stop: Stop) -> bool:
        while not stop():
            time.sleep(0.001)
        ended.set()
        raise Stopped

    monkeypatch.setattr(CodeIndex, "read_history", until_told)
    await project.paths("RateLimiter")
    async with asyncio.timeout(SECONDS):
        await project.service.close()
    assert ended.is_set()
