"""One connection to the index file that mends itself: by a new file where it is damaged."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from claudetask_core.search.index.connection import (
    IndexDamaged,
    IndexOfAnotherFormat,
    IndexUnavailable,
)
from claudetask_core.search.index.files import delete
from claudetask_core.search.index.store import Store

_log = logging.getLogger(__name__)
_ATTEMPTS: Final = 3
T = TypeVar("T")


def _nothing() -> None:
    return


class Access:
    """Lets one thread at a time work on a tree in the index file.

    Args:
        path: The index file.
        root: The tree.
        rules: As for a `Store`.
        anew: Called whenever the file was opened, for what was known of it may be wrong.
    """

    def __init__(
        self, path: Path, root: Path, rules: bytes, anew: Callable[[], None] = _nothing
    ) -> None:
        self._path = path
        self._root = root
        self._rules = rules
        self._anew = anew
        self._lock = threading.RLock()
        self._store: Store | None = None
        self._closed = False
        self.times_opened = 0

    def run(self, work: Callable[[Store], T]) -> T:
        """Runs `work` on the open index file, on a new one where it is damaged.

        Raises:
            IndexUnavailable: The index is closed, or the disk is in the way.
        """
        with self._lock:
            for _ in range(_ATTEMPTS):
                try:
                    return work(self._opened())
                except IndexDamaged as error:
                    usual = isinstance(error, IndexOfAnotherFormat)
                    level = logging.INFO if usual else logging.WARNING
                    _log.log(level, "the code index %s", error.said)
                    self._release()
                    delete(self._path)
        raise IndexUnavailable(
            "The code index is damaged again and again.",
            next_step="Look for problems of the disk under the data folder.",
        )

    def close(self) -> None:
        """Closes the file for good."""
        with self._lock:
            self._closed = True
            self._release()

    def _release(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _opened(self) -> Store:
        if self._closed:
            raise IndexUnavailable("The code index is closed.", next_step="Ask again.")
        if self._store is not None and self._store.is_replaced:
            self._release()
        if self._store is None:
            self._store = Store(self._path, self._root, self._rules)
            self.times_opened += 1
            self._anew()
        return self._store
