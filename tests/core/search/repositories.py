"""A tree that is a git repository whose commits are a second apart."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.commits.keeping import unpack
from claudetask_core.search.index.store import Store
from tests.core.search.trees import Tree

FIRST = 1_700_000_000
QUESTION = "sessions end too early after login"
FIX = "Keep sessions from ending early after a login"


class Repository(Tree):
    """A tree with commits."""

    commits = 0

    def commit(self, subject: str, files: Mapping[str, str | None]) -> str:
        """Commits the files as they are given, None for one that goes; answers the revision."""
        for path, text in files.items():
            if text is None:
                self.git("rm", "--quiet", "--", path)
            else:
                self.write(path, text)
                self.git("add", "--", path)
        self.commits += 1
        self.asked("commit", "--quiet", "--allow-empty-message", "-m", subject)
        return self.head()

    def head(self) -> str:
        return self.asked("rev-parse", "HEAD").strip()

    def asked(self, *arguments: str, given: bytes = b"") -> str:
        done = subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            check=True,
            capture_output=True,
            timeout=60,
            input=given,
            env={**os.environ, "GIT_COMMITTER_DATE": f"{FIRST + self.commits} +0000"},
        )
        return done.stdout.decode()

    def without_history(self) -> CodeIndex:
        return CodeIndex(self.root, self.database, max_file_bytes=100_000, history=False)

    def kept(self, root: Path | None = None) -> list[str]:
        """The subjects of the commits that are kept of a tree, oldest first."""
        store = Store(self.database, root or self.root, self.index.rules)
        data = store.history("commits")
        store.close()
        return [commit.subject for commit in reversed(unpack(data))] if data else []

    def refresh(self, index: CodeIndex | None = None) -> bool:
        """Brings an index up to date with files and commits; whether the commits were others."""
        index = index or self.index
        index.refresh()
        return index.read_history()


def fill(repository: Repository) -> None:
    """Files of which one was changed for the question, though no word of it names that."""
    for number in range(6):
        repository.commit(f"Add part {number}", {f"src/part{number}.py": f"def f{number}(): 0\n"})
    repository.commit(FIX, {"src/part4.py": "def f4(): 1\n"})
    repository.commit("Say hello", {"src/part1.py": "def f1(): 2\n"})


def paths(index: CodeIndex, query: str) -> list[str]:
    """The files of the hits, in their order."""
    return [hit.path for hit in index.ask(SearchQuery(query=query))]
