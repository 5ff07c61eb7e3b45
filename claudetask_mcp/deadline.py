"""Leaving the process in time, whatever hangs in it."""

import os
import sys
import threading
from typing import NoReturn

GRACE_SECONDS = 1.65
"""What remains of two seconds once the end was noticed, with some to spare on a busy machine."""


class Deadline:
    """Leaves the process when its time is up, from a thread that nothing can hold up."""

    def __init__(self, code: int = 0, seconds: float = GRACE_SECONDS) -> None:
        self._timer = threading.Timer(seconds, leave, (code,))
        self._timer.daemon = True

    def start(self) -> None:
        """Starts the clock; called again, it runs on."""
        if self._timer.ident is None:
            self._timer.start()


def leave(code: int = 0) -> NoReturn:
    """Ends the process here: no thread, no finalizer is waited for."""
    sys.stderr.flush()
    os._exit(code)
