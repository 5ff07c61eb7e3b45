"""Our side of the comparison, with the shipped table as users have it; run by `processes.py`."""

from pathlib import Path
from typing import Any

from child import run

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.search.code_index import CodeIndex
from claudetask_core.search.vectors.table import Table

TOP = 10
LARGEST = 1_000_000


class Ours:
    _index: CodeIndex
    _job: dict[str, Any]

    def prepare(self, job: dict[str, Any]) -> None:
        self._job = job

    def build(self) -> None:
        self.open(checked=True)

    def save(self) -> None:
        """Building writes as it goes."""

    def open(self, *, checked: bool) -> None:
        self._index = CodeIndex(
            Path(self._job["root"]),
            Path(self._job["state"], "index.db"),
            max_file_bytes=LARGEST,
            workers=self._job["workers"],
            table=Table.load(),
        )
        if checked:
            self._index.refresh()

    def update(self) -> None:
        self._index.refresh()

    def settle(self) -> None:
        while self._index.settle():
            pass

    def ask(self, question: str) -> int:
        return len(self._index.ask(SearchQuery(query=question, top_k=TOP)))

    def size(self) -> dict[str, int]:
        progress = self._index.progress
        return {"files": progress.total, "chunks": progress.chunks}


if __name__ == "__main__":
    run(Ours())
