"""Whether another program has a file open to write, on Linux, on file systems that have leases.

An editor that empties a file first, or writes it in parts, is seen half way; and what it writes
after the file was replaced goes where nobody looks. The system gives nobody a lease to read a file
that somebody may write at that moment, so one is asked for, and let go at once.
"""

import errno
import fcntl
import os
import signal
import sys
import threading
import time
from pathlib import Path

from claudetask_core.errors import Conflict

SECONDS = 1.0
"""So long a program may take to save."""
PAUSE = 0.01


class BeingWritten(Conflict):
    code = "being_written"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Another program has {path.name} open to write. Nothing was changed.",
            next_step="Read it again once that has saved, and repeat the change on what it holds "
            "then.",
        )


def refuse_written(path: Path) -> None:
    """Waits until nobody has the file open to write.

    Raises:
        BeingWritten: Somebody still has after a second.
    """
    until, pause = time.monotonic() + SECONDS, threading.Event()
    while is_written(path):
        if time.monotonic() > until:
            raise BeingWritten(path)
        pause.wait(PAUSE)


def is_written(path: Path) -> bool:
    """Whether somebody has the file open to write; False where the system does not say."""
    if sys.platform != "linux":
        return False
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        # who opens it while the lease is there has us told by a signal: one that is ignored
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(handle)
    return False
