"""Ends a server that has no memory left, and gets none back.

asyncio drops each connection that it has no memory for without a word, and a task that dies for
the lack of it is not begun again. So every few seconds it is tried whether there is room for a
little more: as much as Python takes from the system at a time.
"""

import asyncio
import gc
import mmap
import os
import resource
from typing import Final

from claudetask_mcp.deadline import leave

SECONDS: Final = 3.0
PATIENCE: Final = 5
"""So many looks in a row find no room before the server ends."""
LITTLE: Final = 1 << 20
CODE: Final = 1


class Room:
    """Looks for room again and again, from the loop of the server that it ends.

    Args:
        again: What whoever is left without the server does.
    """

    def __init__(self, again: str) -> None:
        self._missed = 0
        self._loop = asyncio.get_running_loop()
        self._last_words = _last_words(again)  # made while there is memory for it
        self._next: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Begins to look."""
        try:
            self._next = self._loop.call_later(SECONDS, self._look)
        except MemoryError:
            self._end()

    def close(self) -> None:
        if self._next is not None:
            self._next.cancel()

    def _look(self) -> None:
        self._missed = 0 if _is_there() else self._missed + 1
        if self._missed >= PATIENCE:
            self._end()
        if self._missed == 1:
            gc.collect()  # what the failure itself holds
        self.watch()

    def _end(self) -> None:
        os.write(2, self._last_words)
        leave(CODE)


def _is_there() -> bool:
    try:
        mmap.mmap(-1, LITTLE).close()
    except (MemoryError, OSError):
        return False
    return True


def _last_words(again: str) -> bytes:
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    has = f" (ulimit -v, {limit >> 10} KB)" if limit != resource.RLIM_INFINITY else ""
    return (
        f"claudetask-mcp: no memory is left{has}, and none came back for {SECONDS * PATIENCE:.0f} "
        f"seconds, so the server ends. What was acknowledged is on the board. {again}\n"
    ).encode()
