"""Leaving the process in time, whatever hangs in it."""

import os
import signal
import sys
import threading
from contextlib import suppress
from typing import NoReturn

GRACE_SECONDS = 1.65
"""What remains of two seconds once the end was noticed, with some to spare on a busy machine."""


class Deadline:
    """Leaves the process when its time is up, from a thread that nothing can hold up.

    Where the system gives no thread for that, the system ends the process itself, by SIGALRM.
    """

    def __init__(self, code: int = 0, seconds: float = GRACE_SECONDS) -> None:
        self._seconds = seconds
        self._timer = threading.Timer(seconds, leave, (code,))
        self._timer.daemon = True

    def start(self) -> None:
        """Starts the clock; called again, it runs on."""
        if self._timer.ident is not None:
            return
        try:
            self._timer.start()
        except (MemoryError, RuntimeError):
            signal.setitimer(signal.ITIMER_REAL, self._seconds)


def leave(code: int = 0) -> NoReturn:
    """Ends the process here: no thread, no finalizer is waited for."""
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(code)
