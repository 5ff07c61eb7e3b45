"""A repository of small files that is changed at random."""

import itertools
import random
import subprocess
from pathlib import Path
from typing import Final

from claudetask_core.search.text.wordlist import words_of

BRANCHES: Final = ("main", "one", "two")
_WORDS: Final = sorted(
    words_of(
        "get set user file path index token cache store node list map read write open close parse "
        "render request response session handler service client server event queue task worker"
    )
)
_FOLDERS: Final = ("src", "src/http", "src/store", "lib", "docs", "tests")
_FUNCTIONS: Final = {
    ".py": "def {0}_{1}({2}):\n    # {3} the {2}\n    return {2}.{3}({0})\n\n\n",
    ".ts": "export function {0}{1}({2}: string) {{\n  return {3}({2});\n}}\n\n",
    ".go": "func {0}{1}({2} string) error {{\n\treturn {3}({2})\n}}\n\n",
    ".md": "## {0} {1}\n\nHow the {2} is used to {3}.\n\n",
}


class Repository:
    """Files below `root`, each of up to `longest` parts.

    What is drawn comes from `source`, so several may work on one tree.
    """

    def __init__(self, root: Path, source: random.Random, longest: int = 40) -> None:
        self._root = root
        self._source = source
        self._longest = longest
        self._numbers = itertools.count(source.randrange(1_000_000))

    def make(self, files: int) -> None:
        """Makes the repository, with branches that differ in a third of the files."""
        self._root.mkdir(parents=True)
        self._git("init", "-q", "-b", BRANCHES[0])
        for _ in range(files):
            self._write(self._fresh())
        self._commit()
        for branch in BRANCHES[1:]:
            self._git("checkout", "-q", "-b", branch)
            self.rewrite(files // 3)
            self._commit()

    def rewrite(self, files: int) -> None:
        """Gives some files another text."""
        known = self._files()
        for file in self._source.sample(known, min(files, len(known))):
            self._write(file)

    def change(self) -> None:
        """One edit, new file, rename of a file or folder, deletion, commit or switch of branch."""
        files = self._files()
        file = self._source.choice(files) if files else self._fresh()
        kind = self._source.random()
        if kind < 0.45:  # noqa: PLR2004 — most are edits
            self._write(file)
        elif kind < 0.6:  # noqa: PLR2004 — as above
            self._write(self._fresh())
        elif kind < 0.75:  # noqa: PLR2004 — as above
            self._move(file, self._fresh().with_suffix(file.suffix))
        elif kind < 0.85:  # noqa: PLR2004 — as above
            file.unlink(missing_ok=True)
        elif kind < 0.9:  # noqa: PLR2004 — as above
            self._move(file.parent, self._root / f"moved{next(self._numbers)}")
        else:
            self._commit()
            self._git("checkout", "-q", "-f", self._source.choice(BRANCHES))

    def question(self) -> str:
        return " ".join(self._source.sample(_WORDS, 2))

    def _fresh(self) -> Path:
        folder = self._source.choice(_FOLDERS)
        ending = self._source.choice(tuple(_FUNCTIONS))
        return self._root / folder / f"f{next(self._numbers)}{ending}"

    def _write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        parts = [
            _FUNCTIONS.get(file.suffix, "{0} {1} {2} {3}\n").format(
                *self._source.choices(_WORDS, k=4)
            )
            for _ in range(self._source.randint(1, self._longest))
        ]
        file.write_text("".join(parts), "utf-8")

    def _move(self, old: Path, new: Path) -> None:
        if old.exists() and old != self._root:
            new.parent.mkdir(parents=True, exist_ok=True)
            old.rename(new)

    def _files(self) -> list[Path]:
        found = (path for path in self._root.rglob("*") if path.is_file())
        return sorted(path for path in found if ".git" not in path.relative_to(self._root).parts)

    def _commit(self) -> None:
        self._git("add", "-A")
        self._git("commit", "-q", "--allow-empty", "-m", "more")

    def _git(self, *arguments: str) -> None:
        who = ("-c", "user.name=soak", "-c", "user.email=soak@localhost", "-c", "gc.auto=0")
        subprocess.run(["git", "-C", str(self._root), *who, *arguments], check=True)
