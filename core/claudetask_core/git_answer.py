"""What git says, part by part, while it says it: bounded in bytes and time, ended when told to."""

import os
import select
import subprocess
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Final

from claudetask_core import safe_git
from claudetask_core.stopping import Stop, Stopped

_POLL_SECONDS: Final = 0.2
_PART: Final = 64 * 1024


class GitAnswer:
    """An answer to be read once.

    Args:
        root: The folder git is asked about.
        command: The question.
        stop: Asked often.
        seconds: How long git may take.
        most: How many bytes are read.

    `ended_well` tells afterwards whether this was all and git was content.
    """

    def __init__(
        self, root: Path, command: Sequence[str], stop: Stop, seconds: float, most: int
    ) -> None:
        self._root = root
        self._command = command
        self._stop = stop
        self._seconds = seconds
        self._most = most
        self.ended_well = False

    def __iter__(self) -> Iterator[bytes]:
        """The parts of the answer; none where git is missing.

        Raises:
            Stopped: `stop` said so.
        """
        try:
            process = safe_git.begin(self._root, self._command, subprocess.DEVNULL)
        except (OSError, ValueError):
            return
        with process:
            try:
                whole = yield from self._parts(process)
                self.ended_well = whole and process.wait(_POLL_SECONDS * 5) == 0
            except subprocess.TimeoutExpired:  # all is said, but it does not end
                return
            finally:
                if process.poll() is None:
                    safe_git.end_group(process.pid)

    def _parts(self, process: "subprocess.Popen[bytes]") -> Generator[bytes, None, bool]:
        """The parts; answers whether that was all."""
        deadline = time.monotonic() + self._seconds
        handle = process.stdout.fileno() if process.stdout is not None else -1
        left = self._most
        while left > 0 and time.monotonic() < deadline:
            if self._stop():
                raise Stopped
            if not select.select([handle], [], [], _POLL_SECONDS)[0]:
                continue
            part = os.read(handle, min(_PART, left))
            if not part:
                return True
            left -= len(part)
            yield part
        return False
