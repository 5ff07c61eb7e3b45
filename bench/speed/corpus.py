"""The tree that both sides index: copies of the files that both would take."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from speed import peer_setup

from claudetask_core.search.tree.listing import glob, list_files


@dataclass(frozen=True)
class Tree:
    root: Path
    files: list[str]
    size: int


def copied(folders: Sequence[Path], target: Path, venv: Path) -> Tree:
    """Copies what both sides would index of `folders` to below `target`, a git repository."""
    for folder in folders:
        for name in peer_setup.listed(venv, folder):
            copy = target / folder.name / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, copy)
    files = list_files(target, glob(()), lambda: False)
    for path in set(_all(target)) - set(files):
        (target / path).unlink()
    commit(target)
    return Tree(target, files, sum((target / name).stat().st_size for name in files))


def commit(root: Path) -> None:
    """Makes a git repository of a tree."""
    git = ["git", "-C", str(root), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    subprocess.run(["git", "init", "-q", root], check=True)
    subprocess.run([*git, "add", "-A", "-f"], check=True)
    subprocess.run([*git, "-c", "gc.auto=0", "commit", "-q", "-m", "all"], check=True)


def _all(root: Path) -> Iterable[str]:
    for path in root.rglob("*"):
        if path.is_file() and ".git" not in path.relative_to(root).parts:
            yield str(path.relative_to(root))


def questions(files: Sequence[Path]) -> list[str]:
    """The `query` of each object in JSON lists."""
    return [entry["query"] for path in files for entry in json.loads(path.read_text("utf-8"))]
