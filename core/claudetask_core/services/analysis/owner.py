"""Which process runs a job, and whether it still does.

A number alone does not name a process, as it is given out again: the time it started does too.
Only processes seen from the same place (a host since it was started, and a process namespace) can
be looked at; of others nothing but the heartbeat tells, and of one that is stopped (as with Ctrl-Z)
nothing else tells whether it will ever go on. Clocks may be wrong, so what counts is for how long a
heartbeat has been the same, in seconds of the one who looks.
"""

import os
import socket
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Self

SILENCE = 30.0
STATE, STARTED = 0, 19  # fields 3 and 22 of /proc/PID/stat, counted after the command's name
DEAD, STOPPED = "Z", "T"


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
    seen = _look(pid)
    return Owner(_place(), pid, seen.started if seen else "")


class Watch:
    """Tells which owners have ended, as far as process `here` can."""

    def __init__(self, here: Owner) -> None:
        self._here = here
        self._seen: dict[str, tuple[datetime | None, float]] = {}

    def is_gone(self, job: str, owner: str, heartbeat: datetime | None, now: float) -> bool:
        """Whether the owner of a job has ended, or has been stopped for long.

        Args:
            job: The job.
            owner: Who has it, as written in its row.
            heartbeat: What the owner wrote last.
            now: `Clock.elapsed`.
        """
        process = Owner.parse(owner)
        if process is not None and process.place == self._here.place:
            if not _exists(process.pid):
                return True
            if process.started:
                seen = _look(process.pid)
                if seen is None or seen.started != process.started:
                    return True
                if seen.state != STOPPED:
                    return False
        sign, since = self._seen.get(job, (None, now))
        if job not in self._seen or sign != heartbeat:
            self._seen[job] = (heartbeat, now)
            return False
        return now - since > SILENCE

    def forget_all_but(self, jobs: Iterable[str]) -> None:
        """Lets go of what was seen of jobs that have ended."""
        kept = set(jobs)
        self._seen = {job: seen for job, seen in self._seen.items() if job in kept}


def _place() -> str:
    """The host, the namespace of process numbers in it, and the run of its system.

    Many machines have the same name, and all the same first namespace. Where the system does not
    number its runs, the machine's network address tells it from others.
    """
    host = socket.gethostname().replace(":", "-")
    try:
        namespace = Path("/proc/self/ns/pid").readlink().name
        run = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")
    except OSError:
        return f"{host}/{uuid.getnode():012x}"
    return f"{host}/{''.join(c for c in namespace if c.isdigit())}/{run[:8]}"


class _Seen(NamedTuple):
    """What the system says of a process: its state, and when it started, in ticks."""

    state: str
    started: str


def _look(pid: int) -> _Seen | None:
    """None for a dead process, or where the system says nothing."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[STATE] == DEAD else _Seen(fields[STATE], fields[STARTED])


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True
