"""The peer's side of the comparison; run by `processes.py` with the peer's own interpreter.

It does what the peer's server does on a question: look whether the stored index fits the tree,
else build from what of it can be used again, store that, answer.
"""

import importlib
from typing import Any

from child import run

TOP = 10


class Peer:
    _index: Any
    _job: dict[str, Any]

    def prepare(self, job: dict[str, Any]) -> None:
        self._job = job
        self._engine: Any = importlib.import_module("semble.index")
        self._cache: Any = importlib.import_module("semble.cache")
        self._content = (importlib.import_module("semble.types").ContentType.CODE,)
        if job["job"] == "index":
            importlib.import_module("semble.index.dense").load_model()

    def build(self) -> None:
        self._index = self._engine.SembleIndex.from_path(self._job["root"])

    def save(self) -> None:
        self._cache.save_index_to_cache(self._index, self._job["root"])

    def open(self, *, checked: bool) -> None:
        if checked:
            self.build()
            return
        folder = self._cache.find_index_from_cache_folder(self._job["root"], self._content)
        self._index = self._engine.SembleIndex.load_from_disk(folder)

    def update(self) -> None:
        if self._cache.get_validated_cache(self._job["root"], None, self._content) is None:
            self.build()
            if self._job["save"]:
                self.save()

    def settle(self) -> None:
        """It has nothing of the kind."""

    def ask(self, question: str) -> int:
        return len(self._index.search(question, top_k=TOP))

    def size(self) -> dict[str, int]:
        stats = self._index.stats
        return {"files": stats.indexed_files, "chunks": stats.total_chunks}


if __name__ == "__main__":
    run(Peer())
