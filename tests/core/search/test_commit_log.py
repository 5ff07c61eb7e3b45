import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudetask_core import git_answer
from claudetask_core.search.commits import log as commit_log
from claudetask_core.search.commits.log import Commit, commits_in, position, read_all, read_on
from claudetask_core.stopping import Stopped
from tests.core.search.repositories import Repository

PYTHON = f"{sys.executable}\nimport sys, time"
TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1fG3hJ5"


def never() -> bool:
    return False


def read(repository: Repository) -> list[Commit]:
    return read_all(repository.root, repository.head(), never)


def subjects(repository: Repository) -> list[str]:
    return [commit.subject for commit in read(repository)]


def test_commits_come_newest_first_with_the_files_they_changed(repository: Repository) -> None:
    first = repository.commit("Parse cookies", {"cookies.py": "a\n", "jar.py": "b\n"})
    second = repository.commit("Let cookies expire", {"cookies.py": "c\n", "begin.txt": None})
    newer, older = read(repository)
    assert (newer.revision, newer.subject) == (second, "Let cookies expire")
    assert (newer.paths, newer.changed) == (["cookies.py"], 2)
    assert (older.revision, sorted(older.paths)) == (first, ["cookies.py", "jar.py"])


def test_the_first_commit_and_merges_tell_nothing(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("Count callers", {"count.py": "a\n"})
    repository.git("checkout", "--quiet", "main")
    repository.commit("Name callers", {"name.py": "a\n"})
    repository.git("merge", "--quiet", "--no-ff", "-m", "Merge everything", "side")
    assert sorted(subjects(repository)) == ["Count callers", "Name callers"]


def test_a_sweep_over_many_files_tells_only_what_it_moved(repository: Repository) -> None:
    many = {f"f{number}.py": f"{number}\n" for number in range(30)}
    repository.commit("Reformat", many)
    repository.git("mv", "begin.txt", "end.txt")
    moved, sweep = (
        repository.commit("Move", {f: "x" + t for f, t in many.items()}),
        read(repository),
    )
    assert [(commit.revision, commit.paths) for commit in sweep] == [(moved, [])]
    assert sweep[0].renamed == [("begin.txt", "end.txt")]


def test_a_move_is_known_by_content_or_by_a_name_of_its_own(repository: Repository) -> None:
    repository.commit("Add", {"a/one.py": "one\n", "a/two.py": "two\n", "a/three.py": "3\n"})
    repository.git("mv", "a/one.py", "other.py")
    repository.git("rm", "--quiet", "a/two.py")
    repository.git("rm", "--quiet", "a/three.py")
    repository.commit("Move", {"b/two.py": "two and more\n", "b/new.py": "new\n"})
    assert sorted(read(repository)[0].renamed) == [
        ("a/one.py", "other.py"),
        ("a/two.py", "b/two.py"),
    ]


def test_paths_are_those_below_a_project_in_a_folder_of_the_repository(
    repository: Repository,
) -> None:
    repository.commit("Add both", {"web/app.py": "a\n", "core/app.py": "b\n"})
    repository.commit("Change the other", {"core/app.py": "c\n"})
    commits = read_all(repository.root / "web", repository.head(), never)
    assert [(commit.subject, commit.paths) for commit in commits] == [("Add both", ["app.py"])]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Show \x1b[31mred\x1b[0m and \u202eturned", "Show [31mred [0m and turned"),
        ("First\nline goes on\n\nbody", "First line goes on"),
        ("w" * 150 + " " + "v" * 100, "w" * 150 + " " + "v" * 49),
        ("zażółć gęślą 日本語", "zażółć gęślą 日本語"),
    ],
)
def test_a_subject_becomes_one_safe_line(repository: Repository, written: str, told: str) -> None:
    repository.commit(written, {"a.py": "a\n"})
    assert subjects(repository) == [told]


@pytest.mark.parametrize("subject", [f"Use {TOKEN} for now", "long " * 200, ""])
def test_a_subject_with_a_credential_or_without_end_tells_nothing(
    repository: Repository, subject: str
) -> None:
    repository.commit(subject, {"a.py": "a\n"})
    assert read(repository) == []


def test_bytes_that_are_no_text_are_read_as_far_as_they_are(repository: Repository) -> None:
    tree = repository.asked("write-tree").strip()
    head = repository.head()
    raw = f"tree {tree}\nparent {head}\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\n"
    made = repository.asked(
        "hash-object", "-t", "commit", "-w", "--literally", "--stdin",
        given=raw.encode() + b"Read \xff\xfe caf\xe9 \x00 hidden\n" + b"x" * 3_000_000,
    ).strip()  # fmt: skip
    repository.git("update-ref", "refs/heads/main", made)
    name = os.fsdecode(b"caf\xe9.py")
    repository.commit("Name in Latin", {"a.py": "a\n"})
    (repository.root / name).write_text("x\n")
    repository.git("add", "--all")
    repository.commit("Add it", {})
    assert [(commit.subject, commit.paths) for commit in read(repository)] == [
        ("Add it", [name]),
        ("Name in Latin", ["a.py"]),
    ]


def test_a_hostile_repository_starts_nothing_and_is_read_all_the_same(
    repository: Repository, tmp_path: Path
) -> None:
    mark = tmp_path / "started"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    repository.commit("Parse cookies", {"cookies.py": "a\n", ".gitattributes": "*.py diff=evil\n"})
    for setting, value in (
        ("diff.external", str(program)), ("diff.evil.command", str(program)),
        ("diff.evil.textconv", str(program)), ("core.pager", str(program)),
        ("gpg.program", str(program)), ("log.showSignature", "true"),
        ("core.fsmonitor", str(program)), ("format.pretty", "oneline"), ("log.follow", "true"),
        ("diff.renames", "copies"), ("diff.noprefix", "true"), ("diff.orderFile", "/dev/zero"),
        ("i18n.logOutputEncoding", "UTF-16"), ("color.ui", "always"), ("diff.relative", "true"),
        ("core.quotePath", "false"), ("log.date", "iso"), ("log.decorate", "full"),
        ("log.showRoot", "false"), ("notes.displayRef", "*"), ("log.mailmap", "true"),
    ):  # fmt: skip
        repository.git("config", setting, value)
    (commit,) = read(repository)
    assert (commit.subject, sorted(commit.paths)) == (
        "Parse cookies",
        [".gitattributes", "cookies.py"],
    )
    assert not mark.exists()


@pytest.mark.parametrize("filtered", ["blob:none", "tree:0"])
def test_a_partial_clone_is_read_as_far_as_it_is_there_and_fetches_nothing(
    repository: Repository, tmp_path: Path, filtered: str
) -> None:
    repository.commit("Parse cookies", {"cookies.py": "a\n"})
    repository.commit("Let cookies expire", {"cookies.py": "b\n"})
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    source = f"file://{repository.root}"
    command = ["git", "clone", "--quiet", "--no-checkout", f"--filter={filtered}", source, clone]
    subprocess.run(command, check=True, timeout=20)
    shutil.rmtree(repository.root / ".git")  # nothing could be fetched
    head = position(clone, never)
    assert head is not None
    told = [commit.subject for commit in read_all(clone, head.revision, never)]
    assert told == (["Let cookies expire", "Parse cookies"] if filtered == "blob:none" else [])


def test_a_shallow_clone_tells_what_it_has_but_for_the_commit_it_ends_at(
    repository: Repository, tmp_path: Path
) -> None:
    repository.commit("Parse cookies", {"cookies.py": "a\n"})
    repository.commit("Let cookies expire", {"cookies.py": "b\n"})
    clone = tmp_path / "clone"
    source = f"file://{repository.root}"
    subprocess.run(["git", "clone", "--quiet", "--depth=2", source, clone], check=True, timeout=20)
    head = position(clone, never)
    assert head is not None
    assert head.reach == "shallow"
    told = [commit.subject for commit in read_all(clone, head.revision, never)]
    assert told == ["Let cookies expire"]


def test_without_a_repository_a_commit_or_git_there_is_no_position(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert position(tmp_path, never) is None
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True, timeout=20)
    assert position(tmp_path, never) is None
    monkeypatch.setenv("PATH", "")
    assert position(tmp_path, never) is None
    assert read_all(tmp_path, "HEAD", never) == []


def fake_git(
    folder: Path, monkeypatch: pytest.MonkeyPatch, body: str, *, program: str = PYTHON
) -> None:
    folder.mkdir()
    git = folder / "git"
    git.write_text(f"#!{program}\n{body}\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


RECORDS = r"""
for number in range({count}):
    sys.stdout.write(f"{{number:040x}} 5 a\nSay {{number}}\0\n:100644 100644 a b M\0f.py\0")
    sys.stdout.flush()
"""


def test_a_git_that_never_ends_is_ended_and_what_it_said_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_log, "SECONDS", 1.0)
    record = r"%040d 5 a\nSay it\0\n:100644 100644 a b M\0f.py\0"
    fake_git(tmp_path / "bin", monkeypatch, f"printf '{record}' 1 2; sleep 60", program="/bin/sh")
    assert [commit.subject for commit in read_all(tmp_path, "HEAD", never)] == ["Say it"] * 2
    for old in ("0" * 40, "--output=x"):
        with pytest.raises(LookupError):
            read_on(tmp_path, [], old, "1" * 40, never)


def test_a_git_that_closes_its_output_but_does_not_end_has_not_ended_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_answer, "_POLL_SECONDS", 0.05)
    fake_git(tmp_path / "bin", monkeypatch, "import os; os.close(1); time.sleep(60)")
    answer = git_answer.GitAnswer(tmp_path, ("log",), never, 5, 100)
    assert list(answer) == []
    assert not answer.ended_well


def test_a_git_that_says_too_much_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit_log, "MOST_BYTES", 100_000)
    fake_git(tmp_path / "bin", monkeypatch, RECORDS.format(count=10**9))
    assert 500 < len(read_all(tmp_path, "HEAD", never)) < 2000


def test_a_token_without_end_ends_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = RECORDS.format(count=1) + "while True: sys.stdout.write('x' * 65536)"
    fake_git(tmp_path / "bin", monkeypatch, body)
    assert len(read_all(tmp_path, "HEAD", never)) == 1


def test_reading_ends_when_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_git(tmp_path / "bin", monkeypatch, "time.sleep(60)")
    with pytest.raises(Stopped):
        position(tmp_path, lambda: True)


@given(st.lists(st.binary(max_size=60) | st.sampled_from([
    b"\n:100644 100644 aa bb M\0", b"f.py\0", b"0" * 40 + b" 1 aa\nDo it\0", b"\0", b":", b"\n",
    b"\n:000000 160000 aa bb A\0", b"\n:100644 000000 aa 00 D\0", b"\n:000000 100644 00 aa A\0",
])))  # fmt: skip
def test_no_bytes_at_all_make_the_reader_fail(parts: list[bytes]) -> None:
    for commit in commits_in(parts):
        assert len(commit.revision) >= 40
        assert commit.subject.isprintable()
        assert commit.paths or commit.renamed
