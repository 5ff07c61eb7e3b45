"""Makes questions for code search out of commits: which files does such a change touch?

    python -m bench.commit_questions pin GITS PINS    chooses revisions for entries without them
    python -m bench.commit_questions make GITS PINS OUT

GITS holds one git directory for each repository of PINS, named owner+name (or owner+name/repo).
`make` writes what `bench/code_search.py` reads: OUT/repos/NAME, the whole tree at the base
revision, with the history up to it (its objects stay in GITS); OUT/annotations/NAME.json;
OUT/repos.json, and for each half that pins name OUT/repos_HALF.json. A question is a later
commit's subject; the answers are the files of the base tree that the commit modified. The same
pins give the same questions; an entry may say how many its repository is asked (`questions`).
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.commit_messages import Commit, Question, question_of
from claudetask_core.safe_git import SWITCHES, environment

COUNT: Final = 24  # questions taken from a repository whose entry does not say how many
BEHIND: Final = 60  # usable commits between the base and the tip
SCANNED: Final = 4000  # commits of a history that are looked at
MOST_PER_FILE: Final = 2  # questions that one file may answer
IN_PLACE: Final = re.compile(r"(?:100644 100644|100755 100755) .* M$")


def git(folder: Path, *arguments: str, index: Path | None = None) -> str:
    """What git answers about the git directory `folder`; CalledProcessError where it refuses."""
    extra = {"GIT_INDEX_FILE": str(index)} if index else {}
    done = subprocess.run(
        ["git", *SWITCHES, f"--git-dir={folder}", *arguments],
        env={**environment(), **extra},
        capture_output=True,
        check=True,
        timeout=600,
    )
    return done.stdout.decode("utf-8", "replace")


def history(folder: Path, *what: str) -> Iterator[Commit]:
    """The commits that `git log` lists for `what`, merges left out, newest first."""
    form = "--format=%x01%H%x02%ct%x02%an <%ae>%x02%s%x03"
    listed = git(
        folder, "log", "--no-merges", "--raw", "--no-renames", "-z", "--no-abbrev", form, *what
    )
    for record in listed.split("\x01")[1:]:
        head, _, rest = record.partition("\x03")
        revision, seconds, author, subject = head.split("\x02")
        modified: list[str] = []
        others: list[str] = []
        for entry in re.split(r"(?:^|\0)\s*:(?=\d{6} )", rest)[1:]:
            fields, path = entry.strip("\0\n").split("\0")
            (modified if IN_PLACE.match(fields) else others).append(path)
        yield Commit(revision, int(seconds), author, subject, tuple(modified), tuple(others))


def tree_of(folder: Path, revision: str) -> frozenset[str]:
    return frozenset(git(folder, "ls-tree", "-r", "-z", "--name-only", revision).split("\0"))


def base_of(folder: Path, tip: str) -> str:
    """The commit of the main line before the oldest of the last usable commits."""
    usable: list[Commit] = []
    for commit in history(folder, f"-{SCANNED}", tip):
        if question_of(commit, frozenset(commit.modified)):
            usable.append(commit)
        if len(usable) == BEHIND:
            break
    before = f"--before={usable[-1].seconds - 1}"
    return git(folder, "rev-list", "-1", "--first-parent", before, tip).strip()


def chosen(folder: Path, base: str, tip: str, most: int = COUNT) -> list[Question]:
    """What the `most` commits nearest after the base ask of its tree, no file asked too often."""
    tree = tree_of(folder, base)
    asked: Counter[str] = Counter()
    found: list[Question] = []
    for commit in reversed(list(history(folder, f"{base}..{tip}"))):
        question = question_of(commit, tree)
        if question is None or asked[question.query]:
            continue
        if any(asked[path] >= MOST_PER_FILE for path in question.relevant):
            continue
        asked.update([question.query, *question.relevant])
        found.append(question)
    return found[:most]


def export(folder: Path, revision: str, target: Path) -> None:
    """Writes the whole tree; `git archive` would leave out what the project does not package."""
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        index = Path(temporary) / "index"
        git(folder, "read-tree", revision, index=index)
        plain = ("-c", "core.symlinks=false", "-c", "core.autocrlf=false", f"--work-tree={target}")
        git(folder, *plain, "checkout-index", "--all", f"--prefix={target}{os.sep}", index=index)


def give_history(folder: Path, revision: str, root: Path) -> None:
    """Makes a tree a work tree at its revision; the objects stay where they are."""
    own = root / ".git"
    git(own, "init", "--quiet", "--template=")
    objects = (folder / git(folder, "rev-parse", "--git-path", "objects").strip()).resolve()
    (own / "objects" / "info").mkdir(exist_ok=True)
    (own / "objects" / "info" / "alternates").write_text(f"{objects}\n")
    git(own, "config", "core.bare", "false")
    git(own, "update-ref", "--no-deref", "HEAD", revision)
    git(own, "read-tree", revision)


def made(folder: Path, pin: dict[str, Any], out: Path) -> dict[str, Any]:
    """Exports one pinned repository with its questions and describes it for repos.json."""
    name = pin["github"].rsplit("/", 1)[-1]
    root = out / "repos" / name
    if not root.exists():
        export(folder, pin["base"], root)
        give_history(folder, pin["base"], root)
    questions = [
        {
            "query": question.query,
            "relevant": list(question.relevant),
            "secondary": list[str](),
            "category": "commit",
        }
        for question in chosen(folder, pin["base"], pin["tip"], pin.get("questions", COUNT))
    ]
    (out / "annotations").mkdir(exist_ok=True)
    (out / "annotations" / f"{name}.json").write_text(json.dumps(questions, indent=1) + "\n")
    own = root / ".git"
    files = [path for path in root.rglob("*") if path.is_file() and own not in path.parents]
    sizes = [path.stat().st_size for path in files]
    return {
        "name": name,
        "language": pin["language"],
        "github": pin["github"],
        "used_revision": pin["base"],
        "benchmark_root": None,
        "files": len(sizes),
        "bytes": sum(sizes),
        "queries": len(questions),
    }


def directory_of(gits: Path, github: str) -> Path:
    folder = gits / github.replace("/", "+")
    return folder if (folder / "HEAD").exists() else folder / "repo"


def pin_all(gits: Path, pins: Path) -> None:
    entries = json.loads(pins.read_text())
    for entry in entries:
        if "tip" not in entry:
            folder = directory_of(gits, entry["github"])
            entry["tip"] = git(folder, "rev-parse", "HEAD").strip()
            entry["base"] = base_of(folder, entry["tip"])
    pins.write_text(json.dumps(entries, indent=1) + "\n")


def make_all(gits: Path, pins: Path, out: Path) -> None:
    halves: dict[str, list[dict[str, Any]]] = {}
    for pin in json.loads(pins.read_text()):
        specs = halves.setdefault(pin["half"], [])
        specs.append(made(directory_of(gits, pin["github"]), pin, out))
    everything = [spec for _, specs in sorted(halves.items()) for spec in specs]
    for name, specs in (("", everything), *((f"_{half}", specs) for half, specs in halves.items())):
        (out / f"repos{name}.json").write_text(json.dumps(specs, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    for step in ("pin", "make"):
        command = steps.add_parser(step)
        command.add_argument("gits", type=Path)
        command.add_argument("pins", type=Path)
    steps.choices["make"].add_argument("out", type=Path)
    arguments = parser.parse_args()
    if arguments.step == "pin":
        pin_all(arguments.gits, arguments.pins)
    else:
        make_all(arguments.gits, arguments.pins, arguments.out)


if __name__ == "__main__":
    main()
