"""Starts one job of one side, and watches the memory of all its processes meanwhile."""

import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
SAMPLE_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Program:
    """A side: the interpreter that runs its program, and what it finds in its environment."""

    name: str
    python: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])

    def run(self, job: dict[str, Any], **environment: str) -> dict[str, Any]:
        """Does a job; the answer holds `tree_peak` too, the most that was resident at once.

        Raises:
            SystemExit: The program failed.
        """
        full = {**os.environ, **self.environment, **environment}
        spec = json.dumps({**job, "spawned": time.monotonic()})
        program = HERE / f"{self.name}.py"
        process = subprocess.Popen(
            [self.python, program, spec],
            env=full,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        watch = Watch(process.pid)
        output, errors = process.communicate()
        peak = watch.end()
        if process.returncode != 0:
            raise SystemExit(f"{self.name} failed:\n{errors.decode()[-2000:]}")
        return {**json.loads(output), "tree_peak": peak}


class Watch:
    """Adds up what a process and its descendants have resident, again and again.

    Pages that several of them share count once.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> int:
        self._over.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self._peak = max(self._peak, _resident(self._pid))


def _resident(pid: int) -> int:
    folder = Path("/proc", str(pid))
    try:
        sizes = (folder / "smaps_rollup").read_text().splitlines()
        tasks = list((folder / "task").iterdir())
        children = [int(child) for task in tasks for child in _children(task)]
    except OSError:
        return 0
    size = next((int(line.split()[1]) * 1024 for line in sizes if line.startswith("Pss:")), 0)
    return size + sum(_resident(child) for child in children)


def _children(task: Path) -> list[str]:
    try:
        return (task / "children").read_text().split()
    except OSError:
        return []
