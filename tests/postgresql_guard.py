"""Ends a PostgreSQL server whose tests are gone; run as a program, by its path.

Who starts the server holds the other end of a pipe that is this program's stdin. When that end
closes, because the tests are done or because they were killed, the server that still runs in the
folder is ended, found by the pid that it wrote there, and the folder taken away.
"""

import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

SECONDS = 20.0
LOOK_SECONDS = 0.05


def main(folder: Path) -> None:
    while os.read(0, 64):
        pass
    pid_file = folder / "data" / "postmaster.pid"
    until = time.monotonic() + SECONDS
    while (pid := _running(pid_file)) is not None and time.monotonic() < until:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)  # at once, without writing anything
        # the server is nobody's child here, so there is no end of it to wait for
        time.sleep(LOOK_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)


def _running(pid_file: Path) -> int | None:
    """The pid of the server, while its file and its process are there."""
    try:
        pid = int(pid_file.read_text("ascii").split()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return None
    return pid


if __name__ == "__main__":
    main(Path(sys.argv[1]))
