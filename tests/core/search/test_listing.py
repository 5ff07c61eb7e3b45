import asyncio
import os
import re
import resource
import shutil
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

from claudetask_core import safe_git
from claudetask_core.search.tree import listing
from claudetask_core.search.tree.exclusions import SECRETS, is_secret, is_unwanted, unreadable
from claudetask_core.search.tree.listing import (
    GlobInvalid,
    glob,
    list_files,
    list_tree,
    unlisted_folders,
)
from claudetask_core.services.repository.git import git
from claudetask_core.stopping import Stopped
from tests.core.search.trees import Tree

NOTHING = GitIgnoreSpec.from_lines([])
FILES = 1100
"""More than select(2) can look at."""
SPARE = 200


def never() -> bool:
    return False


def listed(tree: Tree, *exclude: str) -> list[str]:
    return sorted(list_files(tree.root, glob(exclude), lambda: False))


@pytest.mark.parametrize("with_git", [True, False])
def test_gitignore_is_honoured_at_every_level_with_and_without_git(
    tree: Tree, *, with_git: bool
) -> None:
    if with_git:
        tree.git("init", "-q")
    tree.write(".gitignore", "*.log\nbuild/\n")
    tree.write("a.py", "x")
    tree.write("a.log", "x")
    tree.write("build/b.py", "x")
    tree.write("sub/.gitignore", "!kept.log\nsecret.py\n")
    tree.write("sub/kept.log", "x")
    tree.write("sub/secret.py", "x")
    tree.write("sub/deep/c.py", "x")
    assert listed(tree) == [".gitignore", "a.py", "sub/.gitignore", "sub/deep/c.py", "sub/kept.log"]


@pytest.mark.parametrize("with_git", [True, False])
def test_odd_names_are_listed_and_undecodable_ones_are_not(tree: Tree, *, with_git: bool) -> None:
    if with_git:
        tree.git("init", "-q")
    tree.write("with space.py", "x")
    tree.write("new\nline.py", "x")
    tree.write("größe.py", "x")
    (Path(os.fsdecode(os.fsencode(tree.root) + b"/bad\xff.py"))).write_text("x", encoding="utf-8")
    assert listed(tree) == ["größe.py", "new\nline.py", "with space.py"] or listed(tree) == [
        "new\nline.py",
        "with space.py",
        "größe.py",
    ]


def test_tracked_files_stay_listed_though_ignored_and_deleted_ones_do_no_harm(tree: Tree) -> None:
    tree.git("init", "-q")
    tree.write("a.py", "x")
    tree.write("b.py", "x")
    tree.git("add", "-A")
    tree.write(".gitignore", "a.py\n")
    (tree.root / "b.py").unlink()
    tree.index.refresh()
    assert tree.index.progress.total == 2


def test_a_package_below_the_top_of_a_repository_lists_only_itself(tree: Tree) -> None:
    tree.git("init", "-q")
    tree.write("packages/one/a.py", "x")
    tree.write("packages/two/b.py", "x")
    assert list_files(tree.root / "packages/one", NOTHING, lambda: False) == ["a.py"]


def test_submodules_that_are_checked_out_are_listed_with_their_own_rules(
    tree: Tree, tmp_path: Path
) -> None:
    part = Tree(tmp_path / "part", tmp_path / "unused.db")
    part.write("lib.py", "def from_the_submodule(): pass\n")
    part.git("init", "-q")
    part.git("add", "-A")
    part.git("commit", "-q", "-m", "all")
    tree.git("init", "-q")
    tree.write("a.py", "x")
    for name in ("vendor/part", "gone"):
        tree.git("-c", "protocol.file.allow=always", "submodule", "add", str(part.root), name)
    tree.write("vendor/part/.gitignore", "*.log\n")
    tree.write("vendor/part/new.py", "x")
    tree.write("vendor/part/some.log", "x")
    shutil.rmtree(tree.root / "gone")
    assert listed(tree) == [
        ".gitmodules",
        "a.py",
        "gone",
        "vendor/part",
        "vendor/part/.gitignore",
        "vendor/part/lib.py",
        "vendor/part/new.py",
    ]
    tree.index.refresh()
    assert tree.paths("from_the_submodule")[0] == "vendor/part/lib.py"


@pytest.mark.parametrize("place", ["../outside", "link", "missing"])
def test_a_submodule_that_leads_elsewhere_is_not_entered(
    tree: Tree, tmp_path: Path, place: str
) -> None:
    outside = Tree(tmp_path / "outside", tmp_path / "unused.db")
    outside.write("private.py", "private_thing = 1\n")
    outside.git("init", "-q")
    tree.git("init", "-q")
    (tree.root / "link").symlink_to(outside.root)
    tree.write(".gitmodules", f'[submodule "x"]\n\tpath = {place}\n\turl = x\n')
    assert [path for path in listed(tree) if "private" in path] == []


def test_a_hook_or_monitor_of_the_repository_is_not_run(tree: Tree) -> None:
    tree.git("init", "-q")
    marker = tree.root / "ran"
    monitor = tree.write("monitor.sh", f"#!/bin/sh\ntouch '{marker}'\n")
    monitor.chmod(0o700)
    tree.git("config", "core.fsmonitor", str(monitor))
    tree.git("config", "core.untrackedCache", "true")
    listed(tree)
    assert not marker.exists()


@pytest.mark.parametrize("with_git", [True, False])
def test_symlinks_are_not_followed(tree: Tree, tmp_path: Path, *, with_git: bool) -> None:
    if with_git:
        tree.git("init", "-q")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "private.py").write_text("secret_thing = 1", encoding="utf-8")
    (tree.root / "link.py").symlink_to(outside / "private.py")
    (tree.root / "folder").symlink_to(outside)
    tree.write("a.py", "x = 1")
    tree.index.refresh()
    assert tree.paths("secret_thing") == []
    assert tree.index.progress.total == 1


def test_what_the_settings_exclude_is_left_out(tree: Tree) -> None:
    tree.write("a.py", "x")
    tree.write("docs/a.md", "x")
    tree.write("docs/deep/b.md", "x")
    assert listed(tree, "docs/") == ["a.py"]
    assert listed(tree, "*.md") == ["a.py"]


def test_a_pattern_that_cannot_be_read_is_refused_in_words() -> None:
    with pytest.raises(GlobInvalid) as refusal:
        glob(["a\\"])
    assert refusal.value.code == "glob_invalid"
    assert refusal.value.next_step


def test_without_git_on_the_machine_the_tree_is_walked(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write("a.py", "x")
    monkeypatch.setattr(safe_git, "PROGRAM", "no-such-git-here")
    assert listed(tree) == ["a.py"]


def test_a_git_that_hangs_is_ended(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.write("a.py", "x")
    slow = tree.write("slow.sh", "#!/bin/sh\nsleep 30\ntrue\n")
    slow.chmod(0o700)
    monkeypatch.setattr(safe_git, "PROGRAM", str(slow))
    monkeypatch.setattr(listing, "GIT_SECONDS", 0.1)
    assert "a.py" in listed(tree)
    with pytest.raises(Stopped):
        list_files(tree.root, NOTHING, lambda: True)


def test_of_a_git_that_says_too_much_no_more_is_read_and_the_tree_is_walked(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write("a.py", "x")
    talkative = tree.write(
        "talkative.sh", "#!/bin/sh\nhead -c 4000000 /dev/zero | tr '\\0' x\nprintf '\\0'\n"
    )
    talkative.chmod(0o700)
    monkeypatch.setattr(safe_git, "PROGRAM", str(talkative))
    assert listed(tree) == ["x" * 4_000_000]
    monkeypatch.setattr(listing, "MOST_BYTES", 1 << 20)
    assert "a.py" in listed(tree)


def test_more_folders_than_a_pipe_holds_are_asked_for_at_once(tree: Tree) -> None:
    tree.git("init", "-q")
    tree.write(".gitignore", "ignored*/\n")
    tree.write("a.py", "x")
    for number in range(600):
        name = f"{'ignored' if number % 2 else 'kept'}-{number}-{'x' * 200}"
        (tree.root / name).mkdir()
    found = unlisted_folders(tree.root, list_tree(tree.root, NOTHING, never), {""}, never)
    assert len(found) == 300
    assert all(folder.startswith("kept") for folder in found)


def test_git_is_asked_also_where_very_many_files_are_open(tree: Tree) -> None:
    tree.git("init", "-q")
    tree.write(".gitignore", "ignored.py\n")
    tree.write("ignored.py", "x")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES + SPARE:
        pytest.skip("NO ROOM: this user may not open so many files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES + SPARE), hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(FILES)]
    try:
        assert listed(tree) == [".gitignore"]
        assert asyncio.run(git(tree.root, "rev-parse", "--is-inside-work-tree")) == "true\n"
    finally:
        for handle in held:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_walk_stops_when_told(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_git, "PROGRAM", "no-such-git-here")
    with pytest.raises(Stopped):
        list_files(tree.root, NOTHING, lambda: True)


def test_a_walk_goes_only_so_deep(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_DEEPEST", 2)
    tree.write("a/b/c.py", "x")
    tree.write("a/b/c/d/e.py", "x")
    assert listed(tree) == ["a/b/c.py"]


@pytest.mark.parametrize(
    "path",
    [".git/config", "web/node_modules/a/index.js", ".claudetask/config.toml", "logo.png",
     "deep/.env", ".env.production", "server.pem", "id_rsa", "id_rsa.old", "credentials.json",
     ".npmrc", ".pypirc", ".netrc", "app.keystore", "package-lock.json", "Cargo.lock", "a.min.js",
     "PROD.ENV", "x.TFVARS"],
)  # fmt: skip
def test_secrets_binaries_and_lock_files_are_unwanted(path: str) -> None:
    assert is_unwanted(path)


@pytest.mark.parametrize(
    "path", [".env.example", "src/credentials.py", "keys.py", "src/env.py", "a.js", "Makefile"]
)
def test_sources_with_like_names_are_wanted(path: str) -> None:
    assert not is_unwanted(path)


def test_secrets_never_reach_the_index_though_git_tracks_them(tree: Tree) -> None:
    tree.git("init", "-q")
    tree.write(".env", "API_TOKEN=hunter2")
    tree.write("config/prod.pem", "hunter2")
    tree.git("add", "-A")
    tree.index.refresh()
    assert tree.ask("hunter2") == []
    assert b"hunter" not in tree.database.read_bytes()


def test_the_documented_list_of_secrets_is_the_one_in_use() -> None:
    page = Path(__file__).parents[3] / "docs" / "search.md"
    section = page.read_text(encoding="utf-8").split("### Secrets")[1].split("\n#")[0]
    assert set(SECRETS) <= set(re.findall(r"`([^`]+)`", section))
    assert all(is_secret(name.replace("*", "x")) for name in SECRETS)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"abc\0def", "binary"),
        (b"x" * 30_000, "generated"),
        (b"// banner\n" * 40 + b"y" * 30_000, "generated"),
        (b"short\n" * 40 + b"y" * 30_000 + b"\n" + b"z" * 30_000, "generated"),
        (b"x = 1\n" * 10_000, None),
        (b"x = 1\n" * 60 + b"y" * 30_000, None),
        (b"x" * 10_000, None),
    ],
)
def test_binaries_and_minified_giants_are_unreadable(data: bytes, reason: str | None) -> None:
    assert unreadable(data) == reason


def test_prose_with_a_paragraph_to_a_line_is_read() -> None:
    text = b"\n\n".join([b"word " * 300] * 30)
    assert unreadable(text, "markdown") is None
    assert unreadable(text, "javascript") == "generated"
    assert unreadable(b"word" * 10_000, "markdown") == "generated"
