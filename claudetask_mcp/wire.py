"""stdin and stdout as the protocol's alone, read from the first moment on.

A thread reads, while the rest of the program is being loaded. What comes before somebody takes the
lines is kept for them; what can be answered at once is.
"""

from __future__ import annotations

import os
import threading

TYPE_CHECKING = False  # the module that has it costs more than this one
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from claudetask_mcp.ahead import Ahead

    Take = Callable[[bytes | None], None]


class Wire:
    """The lines of a stream as they come, None after the last.

    Args:
        stream: What is read.
        out: The number of the file that answers go to.
        ahead: What can be answered before anybody takes the lines.
    """

    def __init__(self, stream: BinaryIO, out: int = -1, ahead: Ahead | None = None) -> None:
        self.out = out
        self.ahead = ahead
        self._stream = stream
        self._lock = threading.Lock()
        self._kept: list[bytes | None] = []
        self._take: Take | None = None
        self.thread = threading.Thread(target=self._read, name="stdin", daemon=True)
        self.thread.start()

    def hand_to(self, take: Take) -> None:
        """Has lines taken from now on, those first that came before."""
        with self._lock:
            for line in self._kept:
                take(line)
            self._kept.clear()
            self._take = take

    def _read(self) -> None:
        try:
            for line in self._stream:
                self._came(line)
        finally:  # without whoever reads, the client would wait for ever
            self._came(None)

    def _came(self, line: bytes | None) -> None:
        with self._lock:
            if self._take is not None:
                self._take(line)
                return
            self._kept.append(line)
            answer = self.ahead.answer(line) if self.ahead and line else b""
            while answer:
                try:
                    answer = answer[os.write(self.out, answer) :]
                except OSError:
                    return  # the client went away, as the end of its lines will tell


def claimed(ahead: Ahead | None = None) -> Wire:
    """Takes the standard streams for the protocol.

    What else reads gets nothing, what else prints goes to stderr, children included.
    """
    wire_in, wire_out = _claim(0, os.O_RDONLY), _claim(1, os.O_WRONLY)
    return Wire(os.fdopen(wire_in, "rb"), wire_out, ahead)


def _claim(fd: int, mode: int) -> int:
    wire = os.dup(fd)
    other = os.dup(2) if mode == os.O_WRONLY else os.open(os.devnull, mode)
    os.dup2(other, fd)
    os.close(other)
    return wire
