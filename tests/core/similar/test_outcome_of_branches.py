"""What came of a task, with the files that its branch's commits touched."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from claudetask_core.core import Core
from claudetask_core.errors import Unavailable
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.similar import outcome as similar_outcome
from claudetask_core.services.similar.outcome import CameOf, touched_by
from claudetask_core.services.tasks.claims import Caller


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=ann", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    git(folder, "add", *names)
    git(folder, "commit", "-m", names[0])


@pytest.fixture
def repository(project: Path) -> Path:
    """A trunk with one file, and a branch `fix/tokens` with two commits of its own."""
    git(project, "init", "-q", "-b", "main")
    commit(project, "trunk.py")
    git(project, "switch", "-q", "-c", "fix/tokens")
    commit(project, "src/tokens.py", "src/größe.py")
    commit(project, "tests/test_tokens.py")
    git(project, "switch", "-q", "main")
    return project


async def test_a_similar_task_tells_what_its_branch_touched(
    core: Core, repository: Path, alice: Caller
) -> None:
    files = ["src/tokens.py", "docs/tokens.md"]
    data = TaskCreate(title="Rotate tokens", git_branch="fix/tokens", related_files=files)
    await core.tasks.create(data, alice)
    assert (await core.similar.find("rotate tokens")).results[0].outcome == (
        "branch fix/tokens; its commits touched src/größe.py, src/tokens.py, tests/test_tokens.py; "
        "files docs/tokens.md"
    )


def came(branch: str | None) -> CameOf:
    return CameOf("Done", None, branch, (), None)


async def test_what_is_not_told_in_time_or_not_at_all_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(similar_outcome, "SECONDS", 0.05)

    async def files_of(branch: str) -> list[str]:
        if branch == "slow":
            await asyncio.Event().wait()
        if branch == "broken":
            raise Unavailable("no")
        return [f"{branch}.py"]

    found = {1: came("slow"), 2: came("quick"), 3: came(None), 4: came("broken")}
    assert await touched_by(found, files_of) == {2: ["quick.py"], 4: []}
    assert await touched_by({3: came(None)}, files_of) == {}
    many = {number: came("x") for number in range(20)}
    assert list(await touched_by(many, files_of)) == [0, 1, 2, 3, 4]
