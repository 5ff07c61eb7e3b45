"""Worktrees that share a board, and the user's own files for all projects."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from claudetask_core.home import Home
from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.disk.replace import NotWritable
from claudetask_core.services.setup import ground as setup_ground
from claudetask_core.services.setup.board import worth_keeping
from claudetask_core.services.setup.ground import ClientBusy, project_ground, user_ground
from claudetask_core.services.setup.setup import Setup, Wanted
from tests.core.setup.installed import ALL, LAUNCH, install, tree, uninstall


def test_worktrees_have_records_of_their_own_and_the_last_one_takes_the_board(
    root: Path, tmp_path: Path
) -> None:
    store = root / ".claudetask"
    store.mkdir()
    linked = tmp_path / "linked"
    linked.mkdir()
    first, second = (
        Setup(project_ground(folder), store, KeptCopies(store / "kept"))
        for folder in (root, linked)
    )
    first.apply(first.plan(ALL), new_board=True)
    second.apply(second.plan(ALL))
    assert first.apply_removal(first.plan_removal()).board
    assert tree(root) == {}
    assert tree(linked) != {}
    assert second.apply_removal(second.plan_removal()).board
    assert tree(linked) == {}
    assert worth_keeping(store, ()) == []


def user(home: Path, config: Path | None = None) -> Setup:
    store = home / ".local/share/claudetask/setup"
    store.mkdir(parents=True)
    return Setup(user_ground(Home(home, config)), store, KeptCopies(store / "kept"))


def test_for_all_projects_the_users_own_files_are_written(tmp_path: Path) -> None:
    (tmp_path / ".claude.json").write_text('{\n  "numStartups": 3\n}')
    (tmp_path / ".claude").mkdir()
    setup = user(tmp_path)
    assert install(setup, Wanted(LAUNCH, hooks=True, approve=True)) == [
        ".claude.json",
        ".claude/settings.json",
    ]
    assert not (tmp_path / ".claude.json.lock").exists()
    uninstall(setup)
    assert (tmp_path / ".claude.json").read_text() == '{\n  "numStartups": 3\n}'
    assert list((tmp_path / ".claude").iterdir()) == []


def test_claude_codes_own_folder_is_followed_where_the_user_moved_it(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    setup = user(tmp_path, tmp_path / "conf")
    assert install(setup, Wanted(LAUNCH, hooks=True)) == [".claude.json", "settings.json"]
    assert (tmp_path / "conf" / ".claude.json").exists()


def test_claude_codes_lock_on_its_file_is_waited_for_and_a_stale_one_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup_ground, "CLIENT_LOCK_SECONDS", 0.05)
    lock = tmp_path / ".claude.json.lock"
    lock.mkdir()
    setup = user(tmp_path)
    plan = setup.plan(Wanted(LAUNCH))
    with pytest.raises(ClientBusy):
        setup.apply(plan)
    assert not (tmp_path / ".claude.json").exists()
    old = time.time() - 60
    os.utime(lock, (old, old))
    setup.apply(plan)
    assert (tmp_path / ".claude.json").exists()
    assert not lock.exists()


def test_a_folder_that_takes_no_lock_is_told(tmp_path: Path) -> None:
    ground = replace(user_ground(Home(tmp_path / "gone")))
    with pytest.raises(NotWritable), ground.client_lock(ground.servers):
        raise AssertionError
