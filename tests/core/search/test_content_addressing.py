"""What was analysed once is never analysed again, in whatever tree or under whatever name."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.index import merging
from claudetask_core.search.index.analysis import Analyser, Batch, Source
from claudetask_core.search.index.store import Store
from tests.core.search.trees import LIMITER, PARSER, Tree


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of what is analysed from now on."""
    paths: list[str] = []
    real = Analyser.analyse

    def noted(self: Analyser, sources: Sequence[Source]) -> Batch:
        paths.extend(source.path for source in sources)
        return real(self, sources)

    monkeypatch.setattr(Analyser, "analyse", noted)
    return paths


@pytest.fixture
def repository(sample: Tree) -> Tree:
    sample.git("init", "-q", "-b", "main")
    sample.git("add", "-A")
    sample.git("commit", "-q", "-m", "all")
    return sample


def test_a_linked_worktree_analyses_only_what_differs(
    repository: Tree, analysed: list[str], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    repository.git("worktree", "add", "-q", str(other))
    (other / "new.py").write_text("def only_here(): pass\n", encoding="utf-8")
    index = CodeIndex(other, repository.database, max_file_bytes=100_000)
    index.refresh()
    assert analysed == ["new.py"]
    assert index.ask(SearchQuery(query="RateLimiter"))[0].path == "src/limiter.py"
    assert repository.paths("only_here") == []
    index.close()


def test_switching_to_a_branch_and_back_analyses_only_what_is_new(
    repository: Tree, analysed: list[str]
) -> None:
    repository.git("checkout", "-q", "-b", "other")
    repository.write("src/limiter.py", LIMITER.replace("acquire_token", "take_coin"))
    repository.git("commit", "-q", "-a", "-m", "coins")
    repository.index.refresh()
    assert "take_coin" in repository.ask("take_coin")[0].text
    repository.git("checkout", "-q", "main")
    repository.index.refresh()
    assert analysed == ["src/limiter.py"]
    assert repository.ask("acquire_token")[0].path == "src/limiter.py"


def test_a_rename_analyses_nothing(repository: Tree, analysed: list[str]) -> None:
    repository.git("mv", "src/http", "src/web")
    repository.index.refresh()
    assert analysed == []
    assert repository.paths("parse_header")[0] == "src/web/parser.py"


def test_files_with_one_content_are_analysed_once(tree: Tree, analysed: list[str]) -> None:
    for name in ("a", "b", "c"):
        tree.write(f"{name}/parser.py", PARSER)
    tree.index.refresh()
    assert len(analysed) == 1
    assert {"a/parser.py", "b/parser.py", "c/parser.py"} == set(tree.paths("parse_header"))


def test_a_content_that_another_process_forgets_meanwhile_is_indexed_by_the_next_look(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write("a.py", LIMITER)
    tree.index.refresh()
    tree.write("b.py", LIMITER)
    real = Store.known

    def forgotten(self: Store, keys: list[bytes]) -> set[bytes]:
        known = real(self, keys)
        self.write((), ["a.py"])
        self._connection.execute("DELETE FROM blobs")  # pyright: ignore[reportPrivateUsage] — as `tidy` of another process does
        return known

    with monkeypatch.context() as racing:
        racing.setattr(Store, "known", forgotten)
        tree.index.refresh()
    tree.index.refresh()
    assert set(tree.paths("RateLimiter")) == {"a.py", "b.py"}


def test_who_leaves_out_something_else_has_a_tree_of_its_own(sample: Tree) -> None:
    sample.index.refresh()
    narrow = sample.another(exclude=("src/http/",))
    for _ in range(2):
        narrow.refresh()
        hits = narrow.ask(SearchQuery(query="parse_header"))
        assert "src/http/parser.py" not in [hit.path for hit in hits]
        assert not sample.index.refresh()
        assert "src/http/parser.py" in sample.paths("parse_header")
    narrow.close()


def test_rules_of_long_ago_are_forgotten(sample: Tree) -> None:
    indexes = [sample.another(exclude=(f"none{n}",)) for n in range(merging.MOST_RULES + 3)]
    for number, index in enumerate(indexes):
        sample.write("src/changed.py", f"def changed_{number}(): pass\n")
        index.refresh()
        index.close()
    with closing(Store(sample.database, sample.root, indexes[-1].rules)) as store:
        store.tidy()
    with closing(sqlite3.connect(sample.database)) as connection:
        kept = connection.execute("SELECT rules FROM trees").fetchall()
    assert set(kept) == {(index.rules,) for index in indexes[-merging.MOST_RULES :]}


def test_what_another_process_indexes_meanwhile_stands_in_the_index_once(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write("a.py", LIMITER)
    tree.write("b.py", PARSER)
    other = tree.another()
    real = Store.known

    def overtaken(self: Store, keys: list[bytes]) -> set[bytes]:
        known = real(self, keys)
        monkeypatch.setattr(Store, "known", real)
        tree.write("c.py", "def only_here(): pass\n")
        other.refresh()
        return known

    monkeypatch.setattr(Store, "known", overtaken)
    tree.index.refresh()
    store = Store(tree.database, tree.root, tree.index.rules)
    connection = store._connection  # pyright: ignore[reportPrivateUsage] — what the file holds
    held = connection.execute("SELECT SUM(chunks) FROM segments").fetchone()
    wanted = connection.execute("SELECT SUM(chunks) FROM blobs").fetchone()
    postings = list(store.postings(["limit"]))
    store.close()
    other.close()
    assert held == wanted
    assert len(postings) == 1
    assert set(tree.paths("acquire_token parse_header only_here")) == {"a.py", "b.py", "c.py"}


def test_a_tree_whose_folder_is_gone_is_forgotten(repository: Tree, tmp_path: Path) -> None:
    other = tmp_path / "other"
    repository.git("worktree", "add", "-q", str(other))
    index = CodeIndex(other, repository.database, max_file_bytes=100_000)
    index.refresh()
    index.close()
    shutil.rmtree(other)
    store = Store(repository.database, repository.root, repository.index.rules)
    store.tidy()
    trees = store._connection.execute("SELECT root FROM trees").fetchall()  # pyright: ignore[reportPrivateUsage] — what the file holds
    store.close()
    assert trees == [(str(repository.root).encode(),)]
