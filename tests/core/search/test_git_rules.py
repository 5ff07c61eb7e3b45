"""What git ignores by files outside of the tree counts with the next question."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.tree import watching
from claudetask_core.search.tree.git_rules import GitRules
from claudetask_core.stopping import Stopped
from tests.core.search.trees import Tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is of Linux")

IGNORED = "src/mine.py\n"


def _never() -> bool:
    return False


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    monkeypatch.setenv("HOME", str(made))
    monkeypatch.delenv("XDG_CONFIG_HOME")
    return made


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root = tmp_path / "tree"
    root.mkdir()
    made = Tree(root, tmp_path / "data" / "index.db")
    made.git("init", "-q", "-b", "main")
    made.write("src/mine.py", "def only_mine_here(): pass\n")
    made.write("src/other.py", "def of_all(): pass\n")
    return made


@pytest.fixture
def watched(tree: Tree, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CodeIndex]:
    """An index of the tree that is whole and followed; the user's `~/rules` are git's."""
    here = watching._file_system(tree.root)  # pyright: ignore[reportPrivateUsage] — wherever the tests are run
    monkeypatch.setattr(watching, "_LOCAL", frozenset({here}))
    _named_by(tree, home, "the user")
    index = CodeIndex(tree.root, tree.database, max_file_bytes=100_000, watch=True)
    index.refresh()
    yield index
    index.close()


def _named_by(tree: Tree, home: Path, where: str) -> Path:
    """The file of rules that git heeds, named so; it need not be there yet."""
    if where == "nobody":
        return home / ".config" / "git" / "ignore"
    if where == "the repository":
        tree.git("config", "core.excludesFile", str(home / "rules"))
    elif where == "the repository, relative":
        tree.git("config", "core.excludesFile", "../rules")
        return tree.root.parent / "rules"
    elif where == "an included file":
        (home / ".gitconfig").write_text("[include]\n\tpath = more\n")
        (home / "more").write_text("[core]\n\texcludesFile = ~/rules\n")
    else:
        (home / ".gitconfig").write_text("[core]\n\texcludesFile = ~/rules\n")
    return home / "rules"


@pytest.mark.parametrize(
    "where",
    ["nobody", "the repository", "the repository, relative", "the user", "an included file"],
)
def test_the_file_that_is_named_counts_as_it_comes_changes_and_goes(
    tree: Tree, home: Path, where: str
) -> None:
    file = _named_by(tree, home, where)
    rules = GitRules(tree.root)
    assert rules.note(_never)
    assert not rules.changed()
    file.parent.mkdir(parents=True, exist_ok=True)
    for content in (IGNORED, "src/others.py\n", None):
        if content is None:
            file.unlink()
        else:
            file.write_text(content)
        assert rules.changed()
        assert rules.note(_never)
        assert not rules.changed()
        assert not rules.note(_never)


@pytest.mark.parametrize("settings", [".gitconfig", ".config/git/config"])
def test_another_file_that_the_user_names_counts(tree: Tree, home: Path, settings: str) -> None:
    rules = GitRules(tree.root)
    rules.note(_never)
    (home / settings).parent.mkdir(parents=True, exist_ok=True)
    (home / settings).write_text("[core]\n\texcludesFile = ~/rules\n")
    assert rules.changed()
    rules.note(_never)
    (home / "rules").write_text(IGNORED)
    assert rules.changed()


def test_a_question_heeds_the_file_at_once_and_asks_no_git(
    watched: CodeIndex, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", None)
        assert watched.catch_up() is False
        (home / "rules").write_text(IGNORED)
        assert watched.catch_up() is None
    watched.refresh()
    assert watched.ask(SearchQuery(query="only_mine_here")) == []
    assert watched.catch_up() is False
    (home / "rules").write_text("")
    assert watched.catch_up() is None


def test_a_look_that_begins_after_a_change_does_not_hide_it(watched: CodeIndex, home: Path) -> None:
    """It notes the rules as they are, and what is indexed is not yet what they say."""
    assert watched.catch_up() is False
    (home / "rules").write_text(IGNORED)
    watched._follower.begins(_never)  # pyright: ignore[reportPrivateUsage] — between two steps
    assert watched.catch_up() is None


def test_a_tree_without_git_has_no_rules_of_it(tmp_path: Path, home: Path) -> None:
    rules = GitRules(tmp_path)
    assert not rules.note(_never)
    (home / ".gitconfig").write_text("[core]\n\texcludesFile = ~/rules\n")
    assert not rules.changed()


def test_what_is_to_end_does_not_wait_for_git(tree: Tree, tmp_path: Path) -> None:
    """A pipe in the place of settings keeps git for as long as nobody writes to it."""
    os.mkfifo(tmp_path / "pipe")
    tree.git("config", "include.path", str(tmp_path / "pipe"))
    with pytest.raises(Stopped):
        GitRules(tree.root).note(lambda: True)
