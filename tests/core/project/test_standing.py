"""Code and CLAUDE.md are those of the worktree that the session is in, wherever it went."""

import json
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.schemas.project import ProjectSettingsUpdate
from claudetask_core.schemas.search import SearchQuery
from claudetask_core.schemas.task import Status, StatusChange, TaskCreate
from claudetask_core.services.repository.locate import Places, locate
from claudetask_core.services.repository.standing import Standing
from claudetask_core.services.tasks.claims import Caller
from claudetask_core.services.verify.trust import Trust, read_config


def run(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, timeout=20
    )


def begun(folder: Path) -> Path:
    folder.mkdir(parents=True)
    run(folder, "init", "-q", "-b", "main")
    (folder / "CLAUDE.md").write_text("# Main\n", "utf-8")
    run(folder, "add", ".")
    run(folder, "commit", "-qm", "first")
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return begun(tmp_path / "my repo é")


@pytest.fixture
def worktree(repository: Path) -> Path:
    folder = repository / ".claude" / "worktrees" / "feat-x"
    run(repository, "worktree", "add", "-q", str(folder), "-b", "feat-x")
    (folder / "CLAUDE.md").write_text("# Feature\n", "utf-8")
    (folder / "okapi.py").write_text("def okapi():\n    return 1\n", "utf-8")
    (folder / "src").mkdir()
    return folder


class Client:
    """A process of Claude Code that can be put anywhere."""

    def __init__(self, at: Path) -> None:
        self.at: Path | None = at

    def __call__(self) -> str | None:
        return None if self.at is None else str(self.at)


async def place(began: Path, at: Path | None) -> Path:
    """The root where a session began in one folder and its client is in another."""
    client = Client(began)
    client.at = at
    return await Standing(await locate(began, exact=False), client)()


@asynccontextmanager
async def opened(
    settings: Settings, client: Client, start: Path, trusted: Path | None = None
) -> AsyncGenerator[Core]:
    async with open_core(settings, start=start, home=None, trusted=trusted, client=client) as core:
        yield core


async def test_a_session_is_followed_into_a_worktree_and_out_again(
    repository: Path, worktree: Path
) -> None:
    client = Client(repository)
    standing = Standing(await locate(repository, exact=False), client)
    assert await standing() == repository
    for at, root in ((worktree, worktree), (worktree / "src", worktree), (repository, repository)):
        client.at = at
        assert await standing() == root


async def test_one_that_began_in_a_worktree_is_followed_to_the_main_one(
    repository: Path, worktree: Path, tmp_path: Path
) -> None:
    run(repository, "worktree", "add", "-q", str(tmp_path / "beside"), "-b", "beside")
    assert await place(worktree, repository) == repository
    assert await place(worktree, tmp_path / "beside") == tmp_path / "beside"


async def test_where_nobody_sees_the_client_the_session_stays_where_it_began(
    repository: Path,
) -> None:
    assert await place(repository, None) == repository
    assert await Standing(await locate(repository, exact=False))() == repository


async def test_another_repository_is_not_followed_to(
    repository: Path, worktree: Path, tmp_path: Path
) -> None:
    other = begun(tmp_path / "other")
    for at in (other, tmp_path, Path("/"), worktree.with_name("gone"), worktree / "gone (deleted)"):
        expected = worktree if at.is_relative_to(worktree) else repository
        assert await place(repository, at) == expected


async def test_a_folder_that_only_says_that_it_is_a_worktree_is_none(
    repository: Path, worktree: Path, tmp_path: Path
) -> None:
    lure = tmp_path / "lure"
    lure.mkdir()
    (lure / ".git").write_text((worktree / ".git").read_text("utf-8"), "utf-8")
    assert await place(repository, lure) == repository


async def test_outside_of_a_repository_nothing_is_followed(tmp_path: Path, worktree: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    places = Places(plain, plain / ".claudetask", git=False)
    assert await Standing(places, Client(worktree))() == plain


async def test_search_and_claude_md_go_along_and_the_board_stays(
    repository: Path, worktree: Path, settings: Settings
) -> None:
    client = Client(repository)
    async with opened(settings, client, repository) as core:
        question = SearchQuery(query="okapi", top_k=1)
        assert (await core.search.search(question)).results == []
        client.at = worktree
        assert [hit.path for hit in (await core.search.search(question)).results] == ["okapi.py"]
        assert (await core.claude_md.read()).content == "# Feature\n"
        seen = await core.project.settings()
        assert (seen.project_path, seen.claude_config) == (str(worktree), "# Feature\n")
        assert core.places.board == repository / ".claudetask"
        client.at = repository
        assert (await core.search.search(question)).results == []
        assert (await core.claude_md.read()).content == "# Main\n"


async def test_a_project_that_a_setting_or_the_settings_name_is_where_one_stays(
    repository: Path, worktree: Path, settings: Settings, tmp_path: Path
) -> None:
    client = Client(worktree)
    named = settings.model_copy(update={"project_path": repository})
    async with opened(named, client, repository) as core:
        assert (await core.project.settings()).project_path == str(repository)
    other = begun(tmp_path / "other")
    async with opened(settings, client, repository) as core:
        wanted = ProjectSettingsUpdate(project_path=str(other))
        assert (await core.project.update(wanted, "ann")).project_path == str(other)


async def test_what_proves_a_task_done_runs_where_the_session_is(
    repository: Path, worktree: Path, settings: Settings, tmp_path: Path, alice: Caller
) -> None:
    """The tests of the main checkout were run for what had been written in the worktree."""
    client = Client(repository)
    async with opened(settings, client, repository, tmp_path / "trusted") as core:
        vector = [sys.executable, "-I", "-c", "import os; os.stat('okapi.py')"]
        file = core.places.board / "config.toml"
        file.write_text(f"[verify]\ncommands = {json.dumps([vector])}\n", "utf-8")
        config = read_config(core.places.board)
        assert config is not None
        Trust(tmp_path / "trusted").give(config)
        task = (await core.tasks.create(TaskCreate(title="a"), alice)).task.id
        for status in (Status.IN_PROGRESS, Status.CODE_REVIEW):
            await core.tasks.move(task, StatusChange(status=status), alice)
        client.at = worktree
        moved = await core.tasks.move(task, StatusChange(status=Status.DONE), alice)
        assert moved.status is Status.DONE
    assert not (repository / "okapi.py").exists()
