"""How long a hook waits for `claudetask-mcp prime`, beside an empty Python that imports sqlite3.

The board holds 500 tasks, then 10,000 with descriptions of 5 kB; the caller holds one. The two are
run in turn, so that a busy machine slows both; the ratio is the median over the pairs. Both run
from compiled files, as an installed program does.

    python -m bench.prime [RUNS]
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from bench.many_tasks import fill
from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, open_core
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.tasks.claims import Caller

SIZES = (500, 10_000)
LIMIT = 1.5
FLOOR = [sys.executable, "-c", "import sqlite3"]
OURS = [str(Path(sysconfig.get_path("scripts"), "claudetask-mcp")), "prime"]
HOOK = json.dumps({"session_id": "bench", "hook_event_name": "SessionStart"}).encode()


async def make(folder: Path, count: int) -> None:
    async with open_core(Settings(), start=folder, home=None) as core:
        fields = {"title": "mine", "priority": "High", "acceptance_criteria": ["it works"]}
        me = Caller("claude-code:bench", str(folder))
        await core.tasks.create(TaskCreate.model_validate(fields), me)
        await core.queue.next(me, claim=True)
        await core.notes.create(1, "half way through", me)
    fill(folder / ".claudetask" / DATABASE, count)


def timed(command: list[str], folder: str) -> tuple[float, bytes]:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=env, input=HOOK, stdout=subprocess.PIPE, check=True, timeout=60
    )
    return time.perf_counter() - began, done.stdout


def compared(runs: int, count: int) -> float:
    """How many times as long as the floor it takes on a board of so many tasks."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(make(Path(folder), count))
        _, said = timed(OURS, folder)
        if not said.startswith(b"You hold:"):
            raise SystemExit(f"prime said something else: {said[:200]!r}")
        pairs = [(timed(FLOOR, folder)[0], timed(OURS, folder)[0]) for _ in range(runs)]
    floor, ours = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    ratio = statistics.median(mine / least for least, mine in pairs)
    print(
        f"{count:,} tasks: empty Python with sqlite3 {floor:.0f} ms, prime {ours:.0f} ms, ", end=""
    )
    print(
        f"ratio {ratio:.2f} (limit {LIMIT}: {'kept' if ratio <= LIMIT else 'missed'})", flush=True
    )
    return ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=int, nargs="?", default=21, help="pairs of each size")
    runs: int = parser.parse_args().runs
    return int(max(compared(runs, count) for count in SIZES) > LIMIT)


if __name__ == "__main__":
    raise SystemExit(main())
