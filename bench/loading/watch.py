"""What a process holds while it runs, and whether that grows."""

import asyncio
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WARM_UP = 0.25
"""The share of a run in which caches fill; no slope counts it."""


@dataclass(frozen=True)
class Sample:
    """What `/proc` says of a process at one moment, in seconds, KB and pieces.

    `late` is by how many seconds the sample itself was late: so long the machine gave its time to
    others, and what was asked then says nothing about the process.
    """

    at: float
    rss: int
    files: int
    threads: int
    late: float = 0.0


def sample(pid: int, at: float, late: float = 0.0) -> Sample:
    """What the process holds now.

    Raises:
        OSError: It is gone, or this is no Linux.
    """
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    said = dict(line.split(":", 1) for line in lines)
    files = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 — off no disk
    return Sample(at, int(said["VmRSS"].split()[0]), files, int(said["Threads"]), late)


async def watch(pid: int, every: float, taken: list[Sample]) -> None:
    """Adds a sample now and then, until it is cancelled."""
    loop = asyncio.get_running_loop()
    began = due = loop.time()
    while True:
        now = loop.time()
        taken.append(sample(pid, now - began, now - due))
        due = now + every
        await asyncio.sleep(every)


def settled(taken: Sequence[Sample]) -> list[Sample]:
    """The samples after the warm-up."""
    since = taken[-1].at * WARM_UP
    return [one for one in taken if one.at >= since]


def per_minute(at: Sequence[float], values: Sequence[float]) -> float:
    """The slope of the line of least squares."""
    if len(set(at)) < 2:  # noqa: PLR2004 — a line needs two points
        return 0.0
    return statistics.linear_regression(at, values).slope * 60


def report(taken: Sequence[Sample]) -> str:
    """Where each figure began after the warm-up, ended, and how it grew."""
    rest = settled(taken)
    at = [one.at for one in rest]
    rows = [f"{'':12} {'first':>9} {'last':>9} {'most':>9} {'a minute':>10}"]
    for label, values in (
        ("RSS, KB", [one.rss for one in rest]),
        ("open files", [one.files for one in rest]),
        ("threads", [one.threads for one in rest]),
    ):
        grows = per_minute(at, values)
        rows.append(f"{label:12} {values[0]:9} {values[-1]:9} {max(values):9} {grows:+10.2f}")
    latest = max(taken, key=lambda one: one.late)
    rows.append(f"samples came at most {latest.late:.1f} s late, {latest.at:.0f} s in")
    return "\n".join(rows)
