"""What the kernel tells of a tree takes the place of looking at it."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search import code_index as index_module
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.tree import following, watching
from claudetask_core.search.tree.watching import Watch
from claudetask_core.stopping import Stopped
from tests.core.search.trees import LIMITER, PARSER, Tree

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="inotify is of Linux")
pytestmark = linux_only


class Followed(Tree):
    def another(self, *, max_file_bytes: int = 100_000, exclude: tuple[str, ...] = ()) -> CodeIndex:
        return CodeIndex(
            self.root, self.database, max_file_bytes=max_file_bytes, exclude=exclude, watch=True
        )

    def found(self, question: str) -> list[str]:
        return list(dict.fromkeys(hit.path for hit in self.index.ask(SearchQuery(query=question))))


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Followed]:
    """A git work tree whose index is whole; whoever looks around it from here on fails."""
    monkeypatch.setattr(watching, "_LOCAL", frozenset({watching._file_system(tmp_path)}))  # pyright: ignore[reportPrivateUsage] — wherever the tests are run
    root = tmp_path / "tree"
    root.mkdir()
    made = Followed(root, tmp_path / "data" / "index.db")
    made.git("init", "-q", "-b", "main")
    made.write(".gitignore", "*.log\nbuild/\n")
    made.write("src/limiter.py", LIMITER)
    made.write("src/http/parser.py", PARSER)
    (root / "empty").mkdir()
    (root / "build").mkdir()
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "all")
    made.index.refresh()
    yield made
    made.index.close()


def test_where_nothing_happened_nothing_is_looked_at(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "list_tree", None)
    monkeypatch.setattr(index_module, "look", None)
    assert followed.index.catch_up() is False
    assert followed.found("RateLimiter")[0] == "src/limiter.py"


def test_an_edit_a_new_file_and_a_deleted_one_are_taken_in_without_a_look(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "list_tree", None)
    followed.write("src/limiter.py", LIMITER.replace("acquire_token", "take_coin"))
    assert followed.index.catch_up() is True
    assert followed.found("take_coin") == ["src/limiter.py"]
    followed.write("src/http/brand_new.py", "def brand_new_thing(): pass\n")
    followed.write("empty/first.py", "def brand_new_thing(): return 1\n")
    assert followed.index.catch_up() is True
    assert set(followed.found("brand_new_thing")) == {"src/http/brand_new.py", "empty/first.py"}
    (followed.root / "src/http/parser.py").unlink()
    assert followed.index.catch_up() is True
    assert "src/http/parser.py" not in followed.found("parse_header")
    assert followed.index.catch_up() is False


def test_what_editors_do_to_save_a_file_is_one_change_of_it(followed: Followed) -> None:
    draft = followed.write("src/.limiter.py.swp", LIMITER.replace("acquire_token", "take_coin"))
    draft.replace(followed.root / "src/limiter.py")
    followed.write("src/4913", "").unlink()
    assert followed.index.catch_up() is True
    assert followed.found("take_coin") == ["src/limiter.py"]


def test_ignored_files_and_folders_change_nothing(followed: Followed) -> None:
    followed.write("src/noise.log", "noise")
    followed.write("build/out.py", "noise = 1\n")
    assert followed.index.catch_up() is False
    assert followed.found("noise") == []


@pytest.mark.parametrize(
    "change", ["made", "moved", "deleted", "rules", "emptied", "index gone", "many"]
)
def test_what_only_a_look_can_tell_asks_for_one(
    followed: Followed, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    root = followed.root
    if change == "made":
        followed.write("fresh/deep/a.py", PARSER)
    elif change == "moved":
        (root / "src/http").rename(root / "src/web")
    elif change == "deleted":
        shutil.rmtree(root / "src/http")
    elif change == "rules":
        followed.write(".gitignore", "http/\n")
    elif change == "emptied":
        (root / "empty").rmdir()
    elif change == "index gone":
        followed.database.unlink()
    else:
        monkeypatch.setattr(following, "_MOST", 0)
        followed.write("src/limiter.py", PARSER)
    assert followed.index.catch_up() is None
    followed.index.refresh()
    followed.index.refresh()
    assert followed.index.catch_up() is not None
    fresh = CodeIndex(root, followed.database.with_name("fresh.db"), max_file_bytes=100_000)
    fresh.refresh()
    query = SearchQuery(query="parse_header RateLimiter", top_k=50)
    assert {hit.path for hit in followed.index.ask(query)} == {hit.path for hit in fresh.ask(query)}
    fresh.close()


@pytest.mark.parametrize("linked", [False, True])
def test_rules_in_gits_own_folder_count_with_the_next_question(
    followed: Followed, tmp_path: Path, *, linked: bool
) -> None:
    rules = followed.root / ".git" / "info" / "exclude"
    tree = followed
    if linked:
        followed.git("worktree", "add", "-q", str(tmp_path / "linked"))
        tree = Followed(tmp_path / "linked", tmp_path / "linked.db")
    tree.write("src/mine.py", "def only_mine_here(): pass\n")
    tree.index.refresh()
    assert tree.found("only_mine_here") == ["src/mine.py"]
    rules.write_text("src/mine.py\n")
    assert tree.index.catch_up() is None
    tree.index.refresh()
    assert tree.found("only_mine_here") == []
    rules.write_text("")
    assert tree.index.catch_up() is None
    other = tmp_path / "rules"
    other.write_text("src/mine.py\n")
    tree.git("config", "core.excludesFile", str(other))
    assert tree.index.catch_up() is None
    tree.index.refresh()
    assert tree.found("only_mine_here") == []
    assert tree.index.catch_up() is False
    if linked:
        tree.index.close()


def test_a_folder_that_came_is_followed_too(followed: Followed) -> None:
    (followed.root / "later").mkdir()
    assert followed.index.catch_up() is None
    followed.index.refresh()
    followed.index.catch_up()
    followed.index.refresh()
    followed.write("later/a.py", "def came_later(): pass\n")
    assert followed.index.catch_up() is True
    assert followed.found("came_later") == ["later/a.py"]


def test_a_folder_that_is_another_repository_is_not_followed(followed: Followed) -> None:
    other = Tree(followed.root / "other", followed.database)
    other.write("a.py", "def of_another(): pass\n")
    other.git("init", "-q")
    followed.index.catch_up()
    followed.index.refresh()
    followed.index.catch_up()
    followed.index.refresh()
    other.write("b.py", "def of_another(): pass\n")
    assert followed.index.catch_up() is False


def test_more_than_a_question_can_wait_for_asks_for_a_look(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_LITTLE", 10)
    followed.write("src/limiter.py", PARSER)
    assert followed.index.catch_up() is None


def test_a_look_during_which_a_folder_came_does_not_count(followed: Followed) -> None:
    follower = followed.index._follower  # pyright: ignore[reportPrivateUsage] — between two steps
    look = follower.begins(lambda: False)
    (followed.root / "during").mkdir()
    assert followed.index.catch_up() is None
    follower.ended(look)
    assert followed.index.catch_up() is None


def test_a_tree_without_git_is_followed_but_for_new_files(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    plain = Followed(tmp_path / "tree", tmp_path / "index.db")
    plain.write("a/b/limiter.py", LIMITER)
    plain.index.refresh()
    plain.write("a/b/limiter.py", LIMITER.replace("acquire_token", "take_coin"))
    if plain.index._follower._watch is not None and plain.index._follower._watch.works:  # pyright: ignore[reportPrivateUsage] — not on every file system
        assert plain.index.catch_up() is True
        assert plain.found("take_coin") == ["a/b/limiter.py"]
    plain.write("a/new.py", PARSER)
    assert plain.index.catch_up() is None
    plain.index.close()


def test_an_index_that_does_not_watch_always_asks_for_a_look(sample: Tree) -> None:
    assert sample.index.catch_up() is None


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    monkeypatch.setattr(watching, "_LOCAL", frozenset({watching._file_system(tmp_path)}))  # pyright: ignore[reportPrivateUsage] — wherever the tests are run
    made = Watch(tmp_path)
    made.cover(())
    yield made
    made.close()


def test_too_many_folders_are_not_watched(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "limit").write_text("7", encoding="ascii")
    monkeypatch.setattr(watching, "_LIMIT", tmp_path / "limit")
    assert watch.cover([""]) == [""]
    assert watch.cover(["a", "b"]) == []
    assert not watch.works
    assert watch.changes().unclear
    assert watch.cover(["c"]) == []


@pytest.mark.parametrize("limit", ["missing", "odd"])
def test_a_limit_that_cannot_be_read_is_taken_as_none_at_all(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    (tmp_path / "odd").write_text("many", encoding="ascii")
    monkeypatch.setattr(watching, "_LIMIT", tmp_path / limit)
    assert watch.cover([""]) == []
    assert not watch.works


def test_a_kernel_that_refuses_is_not_asked_again(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "no space left")

    monkeypatch.setattr(watch._kernel, "add_watch", full)  # pyright: ignore[reportPrivateUsage] — the library's object
    assert watch.cover([""]) == []
    assert not watch.works


def test_a_folder_that_is_gone_by_then_is_passed_over(watch: Watch, tmp_path: Path) -> None:
    assert watch.cover(["", "gone"]) == ["", "gone"]
    (tmp_path / "a.py").write_text("x", encoding="utf-8")
    assert watch.changes().paths == {"a.py"}


def test_too_many_events_at_once_are_unclear(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    def overflow(timeout: int) -> list[tuple[int, int, int, str]]:
        return [(-1, 0x4000, timeout, "")]

    monkeypatch.setattr(watch._kernel, "read", overflow)  # pyright: ignore[reportPrivateUsage] — as above
    assert watch.changes().unclear


@pytest.mark.parametrize("mounts", ["", "1 2 0:1 / / rw - nfs4 server:/ rw\n"])
def test_a_file_system_that_others_write_to_is_not_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounts: str
) -> None:
    table = tmp_path / "mounts"
    if mounts:
        table.write_text(mounts, encoding="utf-8")
    monkeypatch.setattr(watching, "_MOUNTS", table)
    watch = Watch(tmp_path)
    assert watch.cover([""]) == []
    assert not watch.works


def test_without_the_library_nothing_is_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_LOCAL", frozenset({watching._file_system(tmp_path)}))  # pyright: ignore[reportPrivateUsage] — wherever the tests are run
    monkeypatch.setitem(sys.modules, "inotify_simple", None)
    watch = Watch(tmp_path)
    assert watch.cover([""]) == []
    assert not watch.works


def test_catching_up_stops_when_told(followed: Followed) -> None:
    followed.write("src/new.py", PARSER)
    with pytest.raises(Stopped):
        followed.index.catch_up(lambda: True)


def test_a_touched_file_is_noticed_by_the_next_look(followed: Followed) -> None:
    os.utime(followed.root / "src/limiter.py", ns=(1, 1))
    assert followed.index.catch_up() is False
    assert followed.index.refresh() is False
