import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench import commit_questions
from bench.commit_messages import Question
from bench.commit_questions import base_of, chosen, git, history, main, tree_of

SUBJECTS = (
    "Keep idle sockets open longer",
    "Close sockets after an error",
    "Bump the version",
    "Count sockets for each host",
    "Wait until a socket is free",
)


class Repository:
    """A git repository with one commit for each call, an hour after the last."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.hour = 0
        root.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    @property
    def directory(self) -> Path:
        return self.root / ".git"

    def git(self, *arguments: str) -> str:
        at = f"2024-01-01T{self.hour:02}:00:00 +0000"
        return subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            env={**os.environ, "GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at},
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
        ).stdout.strip()

    def commit(self, subject: str, **files: str) -> str:
        self.hour += 1
        for name, text in files.items():
            path = self.root / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "gits" / "owner+pool" / "work")
    made.commit(
        "Start the pool",
        src__pool_dot_py="0",
        src__host_dot_py="0",
        tests__pool_dot_py="0",
        _dot_gitattributes="tests export-ignore\n",
    )
    (made.root / "link").symlink_to("/etc")
    made.commit("Add a symbolic link")
    for number, subject in enumerate(SUBJECTS, 1):
        made.commit(
            subject,
            src__pool_dot_py=str(number),
            **({"src__host_dot_py": str(number)} if "host" in subject else {}),
        )
    (made.root.parent / "repo").symlink_to(made.directory)
    return made


def test_a_history_tells_modified_files_from_all_others(repository: Repository) -> None:
    repository.git("mv", "src/host.py", "src/hosts.py")
    repository.commit("Rename a file", src__pool_dot_py="new", src__more_dot_py="new")
    newest, before, *_ = history(repository.directory, "HEAD")
    assert newest.modified == ("src/pool.py",)
    assert sorted(newest.others) == ["src/host.py", "src/hosts.py", "src/more.py"]
    assert (before.subject, before.modified) == (SUBJECTS[-1], ("src/pool.py",))
    assert newest.seconds - before.seconds == 3600
    assert newest.author == "A <a@example.invalid>"


def test_a_commit_without_files_touches_nothing(repository: Repository) -> None:
    repository.commit("Say something and change nothing")
    newest = next(history(repository.directory, "HEAD"))
    assert newest.modified == newest.others == ()


def test_the_base_stands_before_the_oldest_of_the_usable_commits(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_questions, "BEHIND", 3)
    base = base_of(repository.directory, "HEAD")
    assert repository.git("log", "-1", "--format=%s", base) == SUBJECTS[0]
    assert "src/pool.py" in tree_of(repository.directory, base)


def test_no_file_is_asked_for_too_often(repository: Repository) -> None:
    base = repository.git("rev-parse", "HEAD~5")
    repository.commit("Count the hosts that are known", src__host_dot_py="last")
    asked = chosen(repository.directory, base, "HEAD")
    assert [question.query for question in asked] == [
        SUBJECTS[0],
        SUBJECTS[1],
        "Count the hosts that are known",
    ]


def test_a_subject_is_asked_once(repository: Repository) -> None:
    base = repository.git("rev-parse", "HEAD")
    repository.commit("Close sockets after an error", src__pool_dot_py="a")
    repository.commit("Close sockets after an error", src__host_dot_py="b")
    asked = chosen(repository.directory, base, "HEAD")
    assert asked == [Question("Close sockets after an error", ("src/pool.py",))]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr("sys.argv", ["commit_questions", *map(str, arguments)])
    main()


def history_of(tree: Path) -> list[str]:
    """The newest commit that the tree's own git knows of, and whether anything differs from it."""
    known = git(tree / ".git", "log", "-1", "--format=%H", "--all", "HEAD")
    changed = git(tree / ".git", f"--work-tree={tree}", "-c", "core.symlinks=false", "status", "-s")
    return [*known.split(), *changed.split()]


def test_the_same_pins_make_the_same_questions_on_the_whole_tree(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_questions, "BEHIND", 4)
    gits, pins, out = tmp_path / "gits", tmp_path / "pins.json", tmp_path / "out"
    pins.write_text(json.dumps([{"github": "owner/pool", "language": "python", "half": "a"}]))
    run(monkeypatch, "pin", gits, pins)
    pinned = pins.read_text()
    run(monkeypatch, "pin", gits, pins)
    assert pins.read_text() == pinned

    run(monkeypatch, "make", gits, pins, out)
    annotations = (out / "annotations" / "pool.json").read_text()
    run(monkeypatch, "make", gits, pins, out)
    assert (out / "annotations" / "pool.json").read_text() == annotations

    questions: list[dict[str, Any]] = json.loads(annotations)
    assert [question["query"] for question in questions] == list(SUBJECTS[:2])
    pins.write_text(json.dumps([json.loads(pinned)[0] | {"questions": 1}]))
    run(monkeypatch, "make", gits, pins, tmp_path / "fewer")
    fewer = json.loads((tmp_path / "fewer" / "annotations" / "pool.json").read_text())
    assert fewer == questions[:1]

    assert questions[0] == {
        "query": SUBJECTS[0],
        "relevant": ["src/pool.py"],
        "secondary": [],
        "category": "commit",
    }
    assert (out / "repos" / "pool" / "tests" / "pool.py").read_text() == "0"
    assert (out / "repos" / "pool" / "src" / "pool.py").read_text() == "0"
    assert not (out / "repos" / "pool" / "link").is_symlink()
    assert history_of(out / "repos" / "pool") == [json.loads(pinned)[0]["base"]]
    spec = json.loads((out / "repos_a.json").read_text())[0]
    assert spec == {
        "name": "pool",
        "language": "python",
        "github": "owner/pool",
        "used_revision": json.loads(pinned)[0]["base"],
        "benchmark_root": None,
        "files": 5,
        "bytes": spec["bytes"],
        "queries": 2,
    }
    assert not (out / "repos_b.json").exists()
    assert json.loads((out / "repos.json").read_text()) == [spec]


def test_the_repository_s_own_pins_are_whole() -> None:
    pins = json.loads(Path(commit_questions.__file__).with_suffix(".json").read_text())
    fields = ("github", "language", "half", "tip", "base")
    assert {tuple(pin) for pin in pins if pin["half"] in "ab"} == {fields}
    assert {tuple(pin) for pin in pins if pin["half"] == "c"} == {(*fields, "questions")}
    assert len({pin["github"] for pin in pins}) == len(pins)
    halves = [sum(pin["half"] == half for pin in pins) for half in "ab"]
    assert halves[0] == halves[1]
