"""Which process runs a job, and whether it still does.

A number alone does not name a process, as it is given out again: the time it started does too.
Only processes seen from the same place (host and process namespace) can be looked at; of others
nothing but the heartbeat tells.
"""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

SILENCE = timedelta(seconds=30)
STATE, STARTED = 0, 19  # fields 3 and 22 of /proc/PID/stat, counted after the command's name


@dataclass(frozen=True)
class Owner:
    """A process; `started` is empty where the system does not say."""

    place: str
    pid: int
    started: str

    def __str__(self) -> str:
        return f"{self.place}:{self.pid}:{self.started}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The owner that was written as `text`."""
        place, _, rest = text.partition(":")
        pid, _, started = rest.partition(":")
        return cls(place, int(pid), started) if pid.isascii() and pid.isdigit() else None


def this_process() -> Owner:
    pid = os.getpid()
    return Owner(_place(), pid, _started(pid) or "")


def is_gone(owner: str, heartbeat: datetime | None, now: datetime, here: Owner) -> bool:
    """Whether a job's owner has ended, as far as process `here` can tell."""
    process = Owner.parse(owner)
    if process is not None and process.place == here.place:
        if not _exists(process.pid):
            return True
        if process.started:
            return _started(process.pid) != process.started
    return heartbeat is None or now - heartbeat > SILENCE


def _place() -> str:
    """The host and, in a container that may share its name, the namespace of process numbers."""
    host = socket.gethostname().replace(":", "-")
    try:
        namespace = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        return host
    return f"{host}/{''.join(c for c in namespace if c.isdigit())}"


def _started(pid: int) -> str | None:
    """When the process started, in the system's ticks; None for a dead one or where unknown."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[STATE] == "Z" else fields[STARTED]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True
