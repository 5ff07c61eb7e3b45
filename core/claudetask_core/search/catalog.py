"""A process's picture of the indexed files, kept in step with the index file cheaply."""

from claudetask_core.search.priors import is_test
from claudetask_core.search.rows import FileRow
from claudetask_core.search.store import Store


class Catalog:
    """The files by id and by path, and the sums that ranking needs."""

    def __init__(self) -> None:
        self.files: dict[int, FileRow] = {}
        self.by_path: dict[str, FileRow] = {}
        self.length = 0
        self.chunks = 0
        self.tests = 0
        self._last_id = 0
        self._last_change = 0

    def sync(self, store: Store) -> None:
        """Takes in what any process has written since the last call."""
        for row in store.files_after(self._last_id):
            self._last_id = row.id
            self._put(row)
        for seq, file_id, row in store.changes_after(self._last_change):
            self._last_change = seq
            self._drop(file_id)
            if row is not None:
                self._put(row)

    def _put(self, row: FileRow) -> None:
        replaced = self.by_path.get(row.path)
        if replaced is not None:
            self._drop(replaced.id)
        self.files[row.id] = row
        self.by_path[row.path] = row
        self.length += row.length
        self.chunks += row.chunks
        self.tests += is_test(row.path)

    def _drop(self, file_id: int) -> None:
        row = self.files.pop(file_id, None)
        if row is None:
            return
        if self.by_path.get(row.path) is row:
            del self.by_path[row.path]
        self.length -= row.length
        self.chunks -= row.chunks
        self.tests -= is_test(row.path)
