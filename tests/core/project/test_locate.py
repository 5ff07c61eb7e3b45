import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from claudetask_core.errors import DomainError
from claudetask_core.services.repository.git import git
from claudetask_core.services.repository.locate import locate, prepare_board, refuse_links_out


def run(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, timeout=20
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "my repo é"
    (folder / "packages" / "one").mkdir(parents=True)
    run(folder, "init", "-q", "-b", "main")
    (folder / "a.txt").write_text("a")
    run(folder, "add", ".")
    run(folder, "commit", "-qm", "first")
    return folder


async def test_from_a_subfolder_the_top_level_is_the_project(repository: Path) -> None:
    places = await locate(repository / "packages" / "one", exact=False)
    assert (places.root, places.board) == (repository, repository / ".claudetask")


async def test_a_named_folder_is_the_very_project_and_shares_the_board(repository: Path) -> None:
    places = await locate(repository / "packages" / "one", exact=True)
    assert places.root == repository / "packages" / "one"
    assert places.board == repository / ".claudetask"


async def test_linked_worktrees_share_one_board(repository: Path, tmp_path: Path) -> None:
    """Elsewhere worktrees got an empty database, or another one."""
    run(repository, "worktree", "add", "-q", str(tmp_path / "feature"))
    places = await locate(tmp_path / "feature", exact=False)
    assert (places.root, places.board) == (tmp_path / "feature", repository / ".claudetask")


async def test_worktrees_of_a_bare_repository_share_one_board(
    repository: Path, tmp_path: Path
) -> None:
    run(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")
    for name in ("one", "two"):
        run(tmp_path / "bare.git", "worktree", "add", "-q", "-b", name, str(tmp_path / name))
    boards = {(await locate(tmp_path / name, exact=False)).board for name in ("one", "two")}
    assert len(boards) == 1


async def test_a_submodule_has_its_own_board(repository: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    run(outer, "init", "-q")
    run(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repository), "sub")
    places = await locate(outer / "sub", exact=False)
    assert (places.root, places.board) == (outer / "sub", outer / "sub" / ".claudetask")


async def test_worktrees_share_their_board_also_where_git_cannot_be_asked(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A git that was missing for one start gave a worktree a board of its own."""
    run(repository, "worktree", "add", "-q", str(tmp_path / "feature"))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    places = await locate(tmp_path / "feature", exact=False)
    assert (places.root, places.board) == (tmp_path / "feature", repository / ".claudetask")


async def test_a_folder_with_a_newline_in_its_name_is_a_project_like_any_other(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "one\ntwo"
    folder.mkdir()
    run(folder, "init", "-q")
    places = await locate(folder, exact=False)
    assert (places.root, places.board) == (folder, folder / ".claudetask")


async def test_a_repository_below_a_folder_called_modules_is_no_submodule(
    repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "modules").mkdir()
    run(tmp_path, "clone", "-q", "--bare", str(repository), "modules/bare.git")
    for name in ("one", "two"):
        run(
            tmp_path / "modules/bare.git", "worktree", "add", "-q", "-b", name, f"{tmp_path}/{name}"
        )
    boards = {(await locate(tmp_path / name, exact=False)).board for name in ("one", "two")}
    assert len(boards) == 1


@pytest.mark.parametrize("name", [".claudetask", ".claudetask/.gitignore", ".claudetask/index/x"])
async def test_a_board_that_a_repository_made_a_link_out_is_refused(
    repository: Path, tmp_path: Path, name: str
) -> None:
    """A clone could have us write beside it, or migrate another program's database."""
    link = repository / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path / "outside")
    with pytest.raises(DomainError) as refusal:
        refuse_links_out(repository / ".claudetask")
    assert refusal.value.code == "board_leads_out"
    assert str(link) in str(refusal.value)


@pytest.mark.parametrize("name", [".claudetask", ".claudetask/config.toml", ".claudetask/index"])
async def test_a_board_with_a_link_in_a_circle_is_refused_by_name(
    repository: Path, name: str
) -> None:
    link = repository / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(link.name)
    with pytest.raises(DomainError) as refusal:
        refuse_links_out(repository / ".claudetask")
    assert refusal.value.code == "board_leads_out"
    assert str(link) in str(refusal.value)


async def test_a_link_that_stays_within_the_board_is_no_matter(repository: Path) -> None:
    board = repository / ".claudetask"
    board.mkdir()
    (board / "a").touch()
    (board / "b").symlink_to(board / "a")
    refuse_links_out(board)


async def test_without_git_the_folder_itself_is_the_project(tmp_path: Path) -> None:
    places = await locate(tmp_path, exact=False)
    assert (places.root, places.board, places.git) == (tmp_path, tmp_path / ".claudetask", False)


async def test_where_git_does_not_answer_the_disk_still_shows_the_top(
    tmp_path: Path,
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").touch()  # not a repository that git would accept
    (tmp_path / "deep").mkdir()
    places = await locate(tmp_path / "deep", exact=False)
    assert (places.root, places.board) == (tmp_path, tmp_path / ".claudetask")


async def test_a_relative_data_folder_belongs_to_the_project_not_to_the_process(
    repository: Path,
) -> None:
    """Two projects were mixed by a data folder relative to wherever the server started."""
    places = await locate(repository, exact=False, board=Path("data/board"))
    assert places.board == repository / "data" / "board"


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DomainError) as refusal:
        await locate(tmp_path / "nowhere", exact=True)
    assert refusal.value.code == "project_missing"


@pytest.mark.parametrize("named", [False, True], ids=["the project", "the board's folder"])
async def test_a_folder_whose_name_is_not_utf8_is_refused_in_words(
    tmp_path: Path, *, named: bool
) -> None:
    """Every command ended in a traceback there."""
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    try:
        odd.mkdir()
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    with pytest.raises(DomainError) as refusal:
        await locate(tmp_path if named else odd, exact=True, board=odd if named else None)
    assert refusal.value.code == "folder_not_utf8"
    assert "caf\\udce9" in str(refusal.value)


async def test_the_board_keeps_itself_out_of_git_but_for_its_configuration(
    repository: Path,
) -> None:
    places = await locate(repository, exact=False)
    prepare_board(places)
    prepare_board(places)
    (places.board / "claudetask.db").touch()
    (places.board / "config.toml").touch()
    status = await git(repository, "status", "--porcelain", "-uall")
    assert status == "?? .claudetask/config.toml\n"
    assert places.board.stat().st_mode & 0o777 == 0o700


async def test_a_repositorys_own_git_configuration_runs_nothing(
    repository: Path, tmp_path: Path
) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\n")
    trap.chmod(0o755)
    run(repository, "config", "core.fsmonitor", str(trap))
    assert await git(repository, "status", "--porcelain") == ""
    assert not (tmp_path / "sprung").exists()


async def test_git_of_a_folder_that_is_gone_answers_nothing(tmp_path: Path) -> None:
    assert await git(tmp_path / "gone", "status") is None


async def test_a_git_that_hangs_with_a_child_of_its_own_is_given_up_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child held the output open, so killing git alone still waited for it."""
    (tmp_path / "git").write_text("#!/bin/sh\nsleep 60\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("claudetask_core.services.repository.git.SECONDS", 0.05)
    async with asyncio.timeout(10):
        assert await git(tmp_path, "status") is None
