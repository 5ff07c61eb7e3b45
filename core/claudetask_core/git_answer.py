"""What git says, part by part, while it says it: bounded in bytes and time, ended when told to."""

import os
import subprocess
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector, DefaultSelector
from typing import IO, Final

from claudetask_core import safe_git
from claudetask_core.stopping import Stop, Stopped

_POLL_SECONDS: Final = 0.2
_EXIT_SECONDS: Final = 3.0
"""So long it may take to end once all is said."""
_PART: Final = 64 * 1024


class GitAnswer:
    """An answer to be read once.

    Args:
        root: The folder git is asked about.
        command: The question.
        stop: Asked often.
        seconds: How long git may take.
        most: How many bytes are read.
        asked: What git is given to read.

    `ended_well` tells afterwards whether this was all and git was content.
    """

    def __init__(
        self,
        root: Path,
        command: Sequence[str],
        stop: Stop,
        seconds: float,
        most: int,
        asked: bytes = b"",
    ) -> None:
        self._root = root
        self._command = command
        self._stop = stop
        self._seconds = seconds
        self._most = most
        self._asked = memoryview(asked)
        self.ended_well = False

    def __iter__(self) -> Iterator[bytes]:
        """The parts of the answer; none where git is missing.

        Raises:
            Stopped: `stop` said so.
        """
        try:
            stdin = subprocess.PIPE if self._asked else subprocess.DEVNULL
            process = safe_git.begin(self._root, self._command, stdin)
        except (OSError, ValueError):
            return
        with process:
            try:
                whole = yield from self._parts(process)
                self.ended_well = whole and process.wait(_EXIT_SECONDS) == 0
            except subprocess.TimeoutExpired:  # all is said, but it does not end
                return
            finally:
                if process.poll() is None:
                    safe_git.end_group(process.pid)

    def _parts(self, process: "subprocess.Popen[bytes]") -> Generator[bytes, None, bool]:
        """The parts; answers whether that was all."""
        deadline = time.monotonic() + self._seconds
        left = self._most
        stdin = process.stdin
        with DefaultSelector() as pipes:
            if process.stdout is not None:
                pipes.register(process.stdout, EVENT_READ)
            if stdin is not None:
                os.set_blocking(stdin.fileno(), False)
                pipes.register(stdin, EVENT_WRITE)
            while left > 0 and time.monotonic() < deadline:
                if self._stop():
                    raise Stopped
                for pipe, _ in pipes.select(_POLL_SECONDS):
                    if stdin is not None and pipe.fileobj is stdin:
                        self._tell(stdin, pipes)
                        continue
                    part = os.read(pipe.fd, min(_PART, left))
                    if not part:
                        return True
                    left -= len(part)
                    yield part
        return False

    def _tell(self, stdin: IO[bytes], pipes: BaseSelector) -> None:
        """Gives git as much of what it is to read as it takes now."""
        try:
            told = os.write(stdin.fileno(), self._asked[:_PART])
        except BlockingIOError:
            return
        except BrokenPipeError:  # it may answer without reading
            told = len(self._asked)
        self._asked = self._asked[told:]
        if not self._asked:
            pipes.unregister(stdin)
            stdin.close()
