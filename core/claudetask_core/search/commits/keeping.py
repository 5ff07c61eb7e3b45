"""Keeps the history of a tree in the index file in step with the repository's HEAD.

What was read is kept as it was read, beside the arrays made of it, so that only what came since is
read when HEAD moves. One process at a time does so; a history that was kept meanwhile is not read
again. Nothing here is waited for by a question.
"""

import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from claudetask_core.search.commits.index import CommitIndex
from claudetask_core.search.commits.log import Commit, Position, position, read_all, read_on
from claudetask_core.search.index.access import Access
from claudetask_core.search.index.store import Store
from claudetask_core.search.index.turns import turn
from claudetask_core.stopping import Stop

_LOCK: Final = ".history"


class HistoryKeeper:
    """Brings one tree's history up to date; its caller lets one thread in at a time.

    Args:
        root: The tree.
        path: The index file.
        access: The way to it.
    """

    def __init__(self, root: Path, path: Path, access: Access) -> None:
        self._root = root
        self._path = path
        self._access = access

    def refresh(self, stop: Stop) -> bool:
        """Has what is kept end where HEAD is; answers whether it changed.

        Raises:
            Stopped: `stop` said so.
            IndexUnavailable: The disk or the folder does not let us.
        """
        head = position(self._root, stop)
        if head is None or head.key == self._kept():
            return False
        with turn(self._path.with_name(self._path.name + _LOCK), lambda: 0, stop):
            kept = self._kept()
            if kept == head.key:
                return False
            commits = self._commits(kept, head, stop)
            data = CommitIndex.of(commits).packed()
            packed = pack(commits)
            self._access.run(lambda store: store.keep_history(head.key, packed, data))
        return True

    def _kept(self) -> str | None:
        return self._access.run(Store.history_position)

    def _commits(self, kept: str | None, head: Position, stop: Stop) -> list[Commit]:
        old, _, reach = (kept or "").partition(" ")
        if reach and reach == head.reach:
            try:
                known = unpack(self._access.run(lambda store: store.history("commits")))
                return read_on(self._root, known, old, head.revision, stop)
            except (LookupError, ValueError, TypeError, zlib.error):
                pass  # what is kept leads nowhere: all is read anew
        return read_all(self._root, head.revision, stop)


def pack(commits: Sequence[Commit]) -> bytes:
    """Commits as they were read, in bytes."""
    return zlib.compress(json.dumps(commits).encode("ascii"), 1)


def unpack(data: bytes) -> list[Commit]:
    """What was packed.

    Raises:
        ValueError, TypeError, zlib.error: It was something else.
    """
    commits = [Commit(*fields) for fields in json.loads(zlib.decompress(data))]
    return [
        commit._replace(renamed=[(old, new) for old, new in commit.renamed]) for commit in commits
    ]
