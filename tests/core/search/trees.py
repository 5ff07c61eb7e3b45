"""A folder of files with its index."""

import os
import subprocess
from pathlib import Path
from typing import Any

from claudetask_core.schemas.search import SearchHit, SearchQuery
from claudetask_core.search.code_index import CodeIndex

LIMITER = '''"""Limits how often a caller may call."""


class RateLimiter:
    """A token bucket."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def acquire_token(self) -> bool:
        return self.rate > 0
'''
PARSER = '''def parse_header(line):
    """Splits a header line into its name and value."""
    name, _, value = line.partition(":")
    return name.strip(), value.strip()
'''


class Tree:
    """A folder of files, each written at a moment of its own, and the index of it."""

    def __init__(self, root: Path, database: Path) -> None:
        self.root = root
        self.database = database
        self.moment = 1_700_000_000 * 10**9
        self.index = self.another()

    def another(self, *, max_file_bytes: int = 100_000, exclude: tuple[str, ...] = ()) -> CodeIndex:
        """A further index of the same tree in the same file, as another process has it."""
        return CodeIndex(self.root, self.database, max_file_bytes=max_file_bytes, exclude=exclude)

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        self.moment += 10**9
        os.utime(file, ns=(self.moment, self.moment))
        return file

    def ask(self, query: str, **fields: Any) -> list[SearchHit]:
        return self.index.ask(SearchQuery.model_validate({"query": query, **fields}))

    def paths(self, query: str, **fields: Any) -> list[str]:
        return list(dict.fromkeys(hit.path for hit in self.ask(query, **fields)))

    def git(self, *arguments: str) -> None:
        subprocess.run(
            ["git", "-C", str(self.root), "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
            check=True,
            capture_output=True,
            timeout=20,
        )
