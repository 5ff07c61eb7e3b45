"""A task's branch through every door: what git says of it, beside the task."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client

from claudetask_api.app import create_app
from claudetask_core.core import Core
from claudetask_core.schemas.task import TaskCreate, TaskUpdate
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_core.services.tasks.claims import Caller
from claudetask_mcp import cli
from tests.mcp.support import answer, read, server_of
from tests.support import in_git

ORIGIN = "http://127.0.0.1:8765"


@pytest.fixture
async def worked_on(core: Core, project: Path, alice: Caller) -> Path:
    """A repository with a task on a branch of two commits."""
    (project / "dates.py").touch()
    in_git(
        project,
        "init -q -b main",
        "commit -q --allow-empty -m first",
        "checkout -q -b fix/dates",
        "add dates.py",
        "commit -q -m zones",
        "commit -q --allow-empty -m offsets",
    )
    await core.tasks.create(TaskCreate(title="Parse", git_branch="fix/dates"), alice)
    await core.tasks.create(TaskCreate(title="None"), alice)
    return project


async def rest(core: Core, path: str) -> Any:
    app = create_app(core, limiter=RateLimiter(core.settings), port=lambda: 8765)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        return (await client.get(path)).json()


async def test_rest_answers_commits_and_files(core: Core, worked_on: Path) -> None:
    told = await rest(core, "/api/tasks/1/branch")
    assert [one["subject"] for one in told["commits"]] == ["offsets", "zones"]
    assert {name: told[name] for name in ("name", "state", "trunk", "files", "worktree")} == {
        "name": "fix/dates",
        "state": "open",
        "trunk": "main",
        "files": ["dates.py"],
        "worktree": str(worked_on),
    }
    assert (await rest(core, "/api/tasks/2/branch"))["state"] == "none"
    assert (await rest(core, "/api/tasks/3/branch"))["code"] == "task_not_found"


async def test_the_model_is_shown_them_with_the_task(
    core: Core, alice: Caller, worked_on: Path
) -> None:
    await core.tasks.update(2, TaskUpdate(git_branch="nowhere"), alice)
    async with Client(server_of(core)) as client:
        said = await answer(client, "get_task", task_id=1)
        other = await answer(client, "get_task", task_id=2)
        _, whole = await read(client, "claudetask://tasks/1")
    assert f"branch fix/dates in {worked_on}\n" in said
    assert "\n\nCommits of the branch (2, not in main):\n" in said
    assert " offsets\n" in said
    assert "\n\nChanged in them (1 file):\n- dates.py" in said
    assert "branch nowhere (git knows no such branch)" in other
    assert json.loads(whole)["branch"]["files"] == ["dates.py"]


async def test_a_merged_branch_is_told_as_such(core: Core, worked_on: Path) -> None:
    in_git(worked_on, "checkout -q main", "merge -q --no-ff fix/dates", "branch -qD fix/dates")
    async with Client(server_of(core)) as client:
        said = await answer(client, "get_task", task_id=1)
    assert "Commits of the branch (2, merged into main):" in said


def test_the_command_shows_them_too(
    worked_on: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(worked_on)
    assert cli.main(["task", "show", "1"]) == 0
    assert "Changed in them (1 file):\n- dates.py" in capsys.readouterr().out
