import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from claudetask_core.config import Settings, load_settings
from claudetask_core.core import open_core
from claudetask_core.db.sqlite import sqlite_url
from claudetask_core.errors import DomainError
from claudetask_core.schemas.search import SearchQuery
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.repository.locate import Places, refuse_misplaced
from claudetask_core.services.tasks.claims import Caller


@pytest.mark.embedded(reason="looks at the file")
async def test_opening_makes_a_private_board_once_and_finds_it_again(tmp_path: Path) -> None:
    for expected in (1, 2):
        async with open_core(Settings(), start=tmp_path, home=None) as core:
            made = await core.tasks.create(TaskCreate(title="a"), Caller("x"))
            assert made.task.id == expected
    board = tmp_path / ".claudetask"
    assert board.stat().st_mode & 0o777 == 0o700
    assert (board / "claudetask.db").stat().st_mode & 0o777 == 0o600


async def test_the_projects_own_configuration_is_read_once_the_board_is_known(
    tmp_path: Path, own_home: Path
) -> None:
    (tmp_path / ".claudetask").mkdir()
    (tmp_path / ".claudetask" / "config.toml").write_text("lease_seconds = 60\n")
    async with open_core(
        load_settings(),
        start=tmp_path,
        home=None,
        refine=lambda board: load_settings(board=board),
    ) as core:
        assert core.settings.lease_seconds == 60


async def test_another_database_and_another_folder_can_be_named(tmp_path: Path) -> None:
    settings = Settings(
        database_url=sqlite_url(tmp_path / "elsewhere.db"), data_dir=tmp_path / "data"
    )
    async with open_core(settings, start=tmp_path, home=None) as core:
        await core.ready()
    assert (tmp_path / "elsewhere.db").exists()
    assert not (tmp_path / ".claudetask").exists()


@pytest.mark.embedded(reason="spoils the file")
async def test_a_board_that_is_no_database_is_refused_and_left_alone(project: Path) -> None:
    file = project / ".claudetask" / "claudetask.db"
    file.write_bytes(b"not a database" * 1000)
    with pytest.raises(DomainError) as refusal:
        async with open_core(Settings(), start=project, home=None):
            pass
    assert refusal.value.code == "board_broken"
    assert file.read_bytes() == b"not a database" * 1000


async def test_a_project_path_setting_beats_where_the_process_stands(tmp_path: Path) -> None:
    (tmp_path / "named").mkdir()
    settings = Settings(project_path=tmp_path / "named")
    async with open_core(settings, start=tmp_path / "elsewhere", home=None) as core:
        assert core.places.root == tmp_path / "named"


@pytest.mark.embedded(reason="links the file")
async def test_a_database_that_is_a_link_out_of_the_board_is_not_opened(
    project: Path, tmp_path: Path
) -> None:
    file = project / ".claudetask" / "claudetask.db"
    file.unlink()
    (tmp_path / "cookies.db").touch()
    file.symlink_to(tmp_path / "cookies.db")
    with pytest.raises(DomainError) as refusal:
        async with open_core(Settings(), start=project, home=None):
            pass
    assert refusal.value.code == "board_leads_out"
    assert (tmp_path / "cookies.db").stat().st_size == 0


@pytest.mark.embedded(reason="each has a file of its own")
async def test_two_projects_never_share_tasks_or_hits(
    make_project: Callable[[str], Path], settings: Settings
) -> None:
    """Elsewhere one project's index overwrote another's, and their tasks were mixed."""
    one, two = make_project("one"), make_project("two")
    (one / "only_here.py").write_text("def only_here():\n    return 1\n")
    async with (
        open_core(settings, start=one, home=None) as first,
        open_core(settings, start=two, home=None) as second,
    ):
        await first.tasks.create(TaskCreate(title="of the first"), Caller("x"))
        assert sum((await second.tasks.counts()).values()) == 0
        question = SearchQuery(query="only_here")
        assert [hit.path for hit in (await first.search.search(question)).results] == [
            "only_here.py"
        ]
        assert (await second.search.search(question)).results == []


@pytest.fixture(params=["repository", "bare.git"])
def worktree(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """A repository and a linked worktree of it."""
    main, linked = tmp_path / request.param, tmp_path / "linked"
    git = ["git", "-C", str(main)]
    bare = ["--bare"] if request.param == "bare.git" else []
    tree = subprocess.check_output(
        ["git", "hash-object", "-t", "tree", os.devnull], text=True, timeout=20
    ).strip()
    subprocess.run(["git", "init", "-q", *bare, str(main)], check=True, timeout=20)
    subprocess.run([*git, "hash-object", "-w", "-t", "tree", os.devnull], check=True, timeout=20)
    made = subprocess.check_output(
        [*git, "commit-tree", "-m", "first", tree], text=True, timeout=20
    ).strip()
    add = [*git, "worktree", "add", "-q", "-b", "linked", str(linked), made]
    subprocess.run(add, check=True, timeout=20)
    return main, linked


@pytest.mark.embedded(reason="a board elsewhere is none to lose")
async def test_a_worktree_whose_repository_is_not_there_begins_no_board_of_its_own(
    worktree: tuple[Path, Path],
) -> None:
    """The repository was moved, and the worktree went on with an empty board, in silence."""
    main, linked = worktree
    main.rename(main.with_name("moved"))
    for named in (None, linked):
        with pytest.raises(DomainError) as refusal:
            async with open_core(Settings(project_path=named), start=linked, home=None):
                pass
        assert refusal.value.code == "main_worktree_missing"
        assert str(main) in refusal.value.message
    assert not (linked / ".claudetask").exists()
    async with open_core(Settings(data_dir=Path("own")), start=linked, home=None) as core:
        await core.ready()
    main.with_name("moved").rename(main)
    async with open_core(Settings(), start=linked, home=None) as core:
        await core.ready()
    assert next(main.rglob("claudetask.db"))


@pytest.mark.embedded(reason="a board elsewhere is none to lose")
@pytest.mark.parametrize("worktree", ["repository"], indirect=True)
async def test_a_worktree_that_has_a_board_goes_on_with_it(worktree: tuple[Path, Path]) -> None:
    main, linked = worktree
    main.rename(main.with_name("moved"))
    own = Settings(data_dir=linked / ".claudetask")
    async with open_core(own, start=linked, home=None) as core:
        await core.ready()
    async with open_core(Settings(), start=linked, home=None) as core:
        await core.ready()


@pytest.mark.embedded(reason="a board in a server stands in no folder")
def test_a_board_begins_in_the_root_folder_only_where_that_is_named(tmp_path: Path) -> None:
    root = Places(Path("/"), Path("/.claudetask"), git=False)
    board = tmp_path / "claudetask.db"
    with pytest.raises(DomainError) as refusal:
        refuse_misplaced(root, board, Settings())
    assert refusal.value.code == "no_project"
    assert "--project DIR" in (refusal.value.next_step or "")
    refuse_misplaced(root, board, Settings(project_path=Path("/")))
    refuse_misplaced(root, board, Settings(data_dir=tmp_path))
    refuse_misplaced(Places(tmp_path, board.parent, git=False), board, Settings())
    board.touch()
    refuse_misplaced(root, board, Settings())


@pytest.mark.embedded(reason="a board in a server stands in no folder")
async def test_a_board_does_not_begin_in_the_folder_of_the_project(tmp_path: Path) -> None:
    """Its `.gitignore` hid every new file of the project from git."""
    project = tmp_path / "shop"
    project.mkdir()
    settings = Settings(data_dir=Path())
    with pytest.raises(DomainError) as refusal:
        async with open_core(settings, start=project, home=None):
            pass
    assert refusal.value.code == "board_is_project"
    assert str(project) in refusal.value.message
    assert [path.name for path in tmp_path.rglob("*")] == ["shop"]


@pytest.mark.embedded(reason="a board in a server stands in no folder")
async def test_a_board_may_begin_around_the_project_and_goes_on_in_its_own_folder(
    tmp_path: Path,
) -> None:
    around, project = tmp_path / "all", tmp_path / "all" / "shop"
    project.mkdir(parents=True)
    for start in (project, around):
        async with open_core(Settings(data_dir=around), start=start, home=None) as core:
            await core.ready()
