"""Lets one process at a time build an index; the kernel frees the lock of one that is killed."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from claudetask_core.stopping import Stop, Stopped

POLL_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 30.0


@contextmanager
def turn(path: Path, done: Callable[[], int], stop: Stop) -> Generator[None]:
    """Waits while another process builds, as long as it gets on.

    Args:
        path: The index file.
        done: How many files are indexed by now.
        stop: Asked often.

    Raises:
        Stopped: `stop` said so.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(path.with_name(path.name + ".lock"), mode=0o600)
    _acquire(lock, done, stop)
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, done: Callable[[], int], stop: Stop) -> None:
    most = -1
    patience = 0.0
    while True:
        try:
            lock.acquire(timeout=POLL_SECONDS, poll_interval=POLL_SECONDS / 4)
        except Timeout:
            if stop():
                raise Stopped from None
            count = done()
            if count > most:
                most, patience = count, time.monotonic() + PATIENCE_SECONDS
            if time.monotonic() > patience:
                return
        else:
            return
