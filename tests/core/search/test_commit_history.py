import shutil
import signal
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.commits import keeping as commit_keeping
from claudetask_core.search.commits import log as commit_log
from claudetask_core.search.commits.index import CommitIndex
from claudetask_core.search.commits.keeping import pack, unpack
from claudetask_core.search.commits.log import Commit, read_all
from claudetask_core.search.index.connection import IndexUnavailable
from claudetask_core.search.index.store import Store
from claudetask_core.stopping import Stopped
from tests.core.search.repositories import FIRST, FIX, QUESTION, Repository, fill, paths


def test_only_what_came_since_is_read(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(repository)
    assert repository.refresh()
    assert not repository.refresh()

    def refuse(*_: object) -> list[Commit]:
        pytest.fail("all was read again")

    monkeypatch.setattr(commit_keeping, "read_all", refuse)
    repository.commit("Let tokens expire", {"src/part2.py": "def f2(): 9\n"})
    assert repository.refresh()
    assert repository.kept()[-2:] == ["Say hello", "Let tokens expire"]
    assert repository.paths("tokens that expire")[0] == "src/part2.py"


def test_a_switched_branch_forgets_the_commits_of_the_other(repository: Repository) -> None:
    repository.commit("On both", {"a.py": "a = 1\n"})
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("On the side", {"a.py": "a = 2\n"})
    repository.refresh()
    assert repository.kept() == ["On both", "On the side"]
    repository.git("checkout", "--quiet", "main")
    repository.commit("On main", {"a.py": "a = 3\n"})
    repository.refresh()
    assert repository.kept() == ["On both", "On main"]


@pytest.mark.parametrize("lost", ["commit", "rows"])
def test_all_is_read_anew_where_what_is_kept_leads_nowhere(
    repository: Repository, lost: str
) -> None:
    repository.commit("Stays", {"a.py": "a = 1\n"})
    repository.commit("Goes", {"a.py": "a = 2\n"})
    repository.refresh()
    if lost == "commit":
        repository.git("reset", "--quiet", "--hard", "HEAD^")
        repository.git("reflog", "expire", "--expire=now", "--all")
        repository.git("prune", "--expire=now")
    else:
        data = sqlite3.connect(repository.database)
        data.execute("UPDATE histories SET commits = x'00'")
        data.commit()
        data.close()
    repository.commit("Comes", {"a.py": "a = 3\n"})
    repository.refresh()
    told = ["Stays", "Comes"] if lost == "commit" else ["Stays", "Goes", "Comes"]
    assert repository.kept() == told


def test_a_history_that_was_cut_short_by_a_shallow_clone_is_read_anew_when_it_is_whole(
    repository: Repository, tmp_path: Path
) -> None:
    fill(repository)
    clone = tmp_path / "clone"
    source = f"file://{repository.root}"
    subprocess.run(["git", "clone", "--quiet", "--depth=2", source, clone], check=True, timeout=20)
    index = CodeIndex(clone, repository.database, max_file_bytes=100_000)
    index.read_history()
    assert repository.kept(clone) == ["Say hello"]
    subprocess.run(["git", "-C", clone, "fetch", "--quiet", "--unshallow"], check=True, timeout=20)
    index.read_history()
    assert repository.kept(clone)[-3:] == ["Add part 5", FIX, "Say hello"]
    index.close()


def test_linked_worktrees_have_a_history_each_in_one_index_file(
    repository: Repository, tmp_path: Path
) -> None:
    fill(repository)
    linked = tmp_path / "linked"
    repository.git("worktree", "add", "--quiet", str(linked), "HEAD~2")
    other = CodeIndex(linked, repository.database, max_file_bytes=100_000)
    repository.refresh()
    repository.refresh(other)
    assert repository.paths(QUESTION) == ["src/part4.py"]
    assert paths(other, QUESTION) == []
    shutil.rmtree(linked)
    store = sqlite3.connect(repository.database)
    assert store.execute("SELECT COUNT(*) FROM histories").fetchone() == (2,)
    kept = Store(repository.database, repository.root, repository.index.rules)
    kept.tidy()
    kept.close()
    assert store.execute("SELECT COUNT(*) FROM histories").fetchone() == (1,)
    store.close()
    other.close()


def test_a_damaged_history_has_the_index_made_anew(repository: Repository) -> None:
    fill(repository)
    repository.refresh()
    for damage in (b"", b"damaged", zlib.compress(b""), zlib.compress(b"\0" * 99)):
        data = sqlite3.connect(repository.database)
        data.execute("UPDATE histories SET data = ?, position = position || 'x'", (damage,))
        data.commit()
        data.close()
        assert repository.ask(QUESTION) == []
        repository.refresh()
        assert repository.paths(QUESTION) == ["src/part4.py"]


def test_an_index_that_cannot_be_written_says_so(repository: Repository) -> None:
    fill(repository)
    repository.index.refresh()
    other = sqlite3.connect(repository.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(IndexUnavailable):
        repository.index.read_history()
    other.execute("ROLLBACK")
    other.close()
    assert repository.index.read_history()


def test_reading_ends_when_it_is_told_to_and_goes_on_another_time(repository: Repository) -> None:
    fill(repository)
    repository.index.refresh()
    with pytest.raises(Stopped):
        repository.index.read_history(lambda: True)
    assert repository.kept() == []
    assert repository.index.read_history()


PROCESS = """
import os, signal, sys
from pathlib import Path
from claudetask_core.search.commits import keeping as commit_keeping
from claudetask_core.search.index import store
from claudetask_core.search.code_index import CodeIndex
index = CodeIndex(Path(sys.argv[1]), Path(sys.argv[2]), max_file_bytes=100_000)
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[3] == "reading":
    commit_keeping.CommitIndex.of = die
elif sys.argv[3] == "writing":
    def keep(self, *values):
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(
            "INSERT OR REPLACE INTO histories VALUES (?, ?, ?, ?)", (self.tree, *values)
        )
        die()
    store.Store.keep_history = keep
index.refresh()
print(index.read_history())
"""


def process(repository: Repository, end: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", PROCESS, str(repository.root), str(repository.database), end]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


@pytest.mark.parametrize("moment", ["reading", "writing"])
def test_a_process_that_is_killed_midway_leaves_the_history_as_it_was(
    repository: Repository, moment: str
) -> None:
    repository.refresh()
    fill(repository)
    killed = process(repository, moment)
    killed.communicate(timeout=30)
    assert killed.returncode == -signal.SIGKILL
    assert repository.kept() == []
    assert repository.refresh()
    assert repository.kept()[-1] == "Say hello"


def test_of_several_processes_one_reads_and_all_know(repository: Repository) -> None:
    fill(repository)
    processes = [process(repository, "end") for _ in range(3)]
    said = sorted(one.communicate(timeout=30)[0] for one in processes)
    assert said == [b"False\n", b"False\n", b"True\n"]
    assert not repository.refresh()
    assert repository.paths(QUESTION) == ["src/part4.py"]


def test_a_history_that_was_kept_while_waiting_for_the_turn_is_not_read_again(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(repository)
    repository.index.refresh()
    other = repository.another()
    waited = commit_keeping.turn

    @contextmanager
    def late(*arguments: Any) -> Generator[None]:
        monkeypatch.setattr(commit_keeping, "turn", waited)
        assert other.read_history()
        with waited(*arguments):
            yield

    monkeypatch.setattr(commit_keeping, "turn", late)
    assert not repository.index.read_history()
    other.close()


LETTERS = st.text("abcAB _#1é\udce9", min_size=1, max_size=12)
COMMITS = st.lists(
    st.builds(
        Commit,
        revision=st.text("0123456789abcdef", min_size=40, max_size=40),
        seconds=st.integers(0, 10**9),
        subject=st.text("ab cdE#1_é", max_size=30),
        paths=st.lists(LETTERS, max_size=4, unique=True),
        changed=st.integers(1, 30),
        renamed=st.lists(st.tuples(LETTERS, LETTERS), max_size=3),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(COMMITS)
def test_commits_come_back_from_the_index_file_as_they_were(commits: list[Commit]) -> None:
    assert unpack(pack(commits)) == commits
    made = CommitIndex.of(commits)
    again = CommitIndex.unpacked(made.packed())
    assert (again.told, again.paths, again.words) == (made.told, made.paths, made.words)
    for word in made.words:
        assert again.with_term(word).tolist() == made.with_term(word).tolist() != []
    assert again.owners.tolist() == made.owners.tolist()


EVENTS = st.lists(
    st.sampled_from(["commit", "move", "branch", "switch", "merge", "amend"]),
    min_size=1,
    max_size=7,
)


def happen(repository: Repository, event: str, number: int) -> None:
    repository.commits += 1
    if event == "commit":
        repository.commit(f"Commit {number}", {f"f{number % 3}.py": f"a = {number}\n"})
    elif event == "move":
        repository.git("mv", "-k", "f0.py", f"g{number}.py")
        repository.asked("commit", "--quiet", "--allow-empty", "-m", f"Move {number}")
    elif event == "branch":
        repository.git("checkout", "--quiet", "-b", f"b{number}")
    elif event == "switch":
        branches = repository.asked("branch", "--format=%(refname:short)").split()
        repository.git("checkout", "--quiet", branches[number % len(branches)])
    elif event == "merge":
        newest = repository.asked("branch", "--sort=-committerdate", "--format=%(refname:short)")
        repository.asked("merge", "--quiet", "-s", "ours", "-m", "Merge", newest.split()[0])
    else:
        repository.asked("commit", "--quiet", "--allow-empty", "--amend", "-m", f"Amend {number}")


@settings(max_examples=12, deadline=None)
@given(EVENTS)
def test_reading_on_ends_where_reading_all_does(events: list[str]) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "root"
        root.mkdir()
        repository = Repository(root, Path(folder) / "index.db")
        repository.git("init", "--quiet", "--initial-branch=main")
        repository.commit("Begin", {"f0.py": "a\n"})
        for number, event in enumerate(events):
            happen(repository, event, number)
            repository.index.read_history()
        commits = read_all(root, repository.head(), lambda: False)
        store = Store(repository.database, root, repository.index.rules)
        assert unpack(store.history("commits")) == commits
        assert store.history("data") == CommitIndex.of(commits).packed()
        store.close()
        repository.index.close()


def test_the_oldest_commits_are_left_out_where_there_are_too_many(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_log, "MOST_COMMITS", 3)
    fill(repository)
    repository.refresh()
    assert repository.kept() == ["Add part 5", FIX, "Say hello"]
    repository.commit("Newest", {"a.py": "a = 1\n"})
    repository.refresh()
    assert repository.kept() == [FIX, "Say hello", "Newest"]


@pytest.mark.slow
def test_ten_thousand_commits_are_read_and_ranked(repository: Repository) -> None:
    stream = [f"reset refs/heads/main\nfrom {repository.head()}\n"]
    for number in range(10_500):
        subject = f"Change {'recent' if number >= 500 else 'ancient'} part {number}"
        stream.append(
            f"commit refs/heads/main\ncommitter a <a@b> {FIRST + 100 + number} +0000\n"
            f"data {len(subject)}\n{subject}\nM 100644 inline f{number % 30}.py\n"
            f"data 9\na = {number:05d}\n"
        )
    repository.asked("fast-import", "--quiet", given="\n".join(stream).encode())
    repository.git("reset", "--quiet", "--hard")
    repository.refresh()
    assert len(repository.kept()) == 10_000
    assert repository.paths("what is recent in 10499")[0] == f"f{10499 % 30}.py"
    assert repository.paths("ancient") == []
    assert len(read_all(repository.root, repository.head(), lambda: False)) == 10_000
    assert repository.database.stat().st_size < 20_000_000
