"""The jobs that each side does in a process of its own; imported by both interpreters.

A side's program calls `run(side)`. The job is the JSON object in its first argument, the answer
is one JSON object on its standard output. Times are in seconds, sizes in bytes.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final, Protocol

WARMING: Final = 3
"""Every third question is asked first and not timed."""


class Side(Protocol):
    """One of the two programs that are compared."""

    def prepare(self, job: dict[str, Any]) -> None:
        """Imports, and keeps what the job says; nothing of this is timed as work."""
        ...

    def build(self) -> None:
        """Indexes the tree from nothing."""
        ...

    def save(self) -> None:
        """Puts what was built on disk, where building has not done so."""
        ...

    def open(self, *, checked: bool) -> None:
        """Loads what is on disk; `checked` looks for changes in the tree too."""
        ...

    def update(self) -> None:
        """Takes in what has changed in the tree."""
        ...

    def settle(self) -> None:
        """Does what its server does while nobody asks."""
        ...

    def ask(self, question: str) -> int:
        """Answers how many hits there are."""
        ...

    def size(self) -> dict[str, int]:
        """Answers the number of `files` and of `chunks`."""
        ...


def run(side: Side) -> None:
    job: dict[str, Any] = json.loads(sys.argv[1])
    os.sched_setaffinity(0, job["cpus"])
    side.prepare(job)
    ready = time.monotonic()
    work = {"index": _index, "ask": _ask, "touch": _touch}[job["job"]]
    answer = work(side, job)
    json.dump({"imports": ready - job["spawned"], **answer}, sys.stdout)


def _index(side: Side, _job: dict[str, Any]) -> dict[str, Any]:
    began, processor = time.perf_counter(), _processor()
    side.build()
    built, processor = time.perf_counter(), _processor() - processor
    side.save()
    saved, settling = time.perf_counter(), _processor()
    side.settle()
    return {
        "seconds": built - began,
        "saved_seconds": saved - began,
        "processor_seconds": processor,
        "settling_seconds": _processor() - settling,
        "peak": _memory("VmHWM"),
        **side.size(),
    }


def _ask(side: Side, job: dict[str, Any]) -> dict[str, Any]:
    questions: list[str] = job["questions"]
    began = time.perf_counter()
    side.open(checked=job["checked"])
    side.ask(questions[0])
    first = time.perf_counter() - began
    side.settle()
    for question in questions[::WARMING]:
        side.ask(question)
    # none twice: an answer that is remembered would say nothing of a new question
    fresh = [text for number, text in enumerate(questions) if number % WARMING]
    times = [_timed(side, question) for question in fresh]
    return {"first": first, "times": times, "resident": _memory("VmRSS"), **side.size()}


def _touch(side: Side, job: dict[str, Any]) -> dict[str, Any]:
    side.open(checked=True)
    questions: list[str] = job["questions"]
    side.ask(questions[0])
    times: list[float] = []
    for number, name in enumerate(job["files"]):
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(f"\n// touched {job['spawned']:.0f} {number}\n")
        began = time.perf_counter()
        side.update()
        side.ask(questions[number % len(questions)])
        times.append(time.perf_counter() - began)
    return {"times": times, **side.size()}


def _timed(side: Side, question: str) -> float:
    began = time.perf_counter()
    side.ask(question)
    return time.perf_counter() - began


def _processor() -> float:
    """Processor seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


def _memory(field: str) -> int:
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"This system does not tell {field}.")
