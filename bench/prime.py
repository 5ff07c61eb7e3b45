"""How long a hook waits for `claudetask-mcp prime`, beside an empty Python that imports sqlite3.

The board holds 500 tasks, of which the caller holds one. The two are run in turn, so that a busy
machine slows both; the ratio is the median over the pairs.

    python bench/prime.py [RUNS]
"""

import asyncio
import json
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from claudetask_core.config import Settings
from claudetask_core.core import open_core
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.claims import Caller

TASKS = 500
LIMIT = 1.5
FLOOR = [sys.executable, "-c", "import sqlite3"]
OURS = [str(Path(sysconfig.get_path("scripts"), "claudetask-mcp")), "prime"]
HOOK = json.dumps({"session_id": "bench", "hook_event_name": "SessionStart"}).encode()


async def make(folder: Path) -> None:
    async with open_core(Settings(), start=folder, home=None) as core:
        for number in range(TASKS):
            criteria = {"title": f"task {number}", "acceptance_criteria": ["it works"]}
            await core.tasks.create(TaskCreate.model_validate(criteria), Caller("bench"))
        me = Caller("claude-code:bench", str(folder))
        await core.queue.next(me, claim=True)
        await core.notes.create(1, "half way through", me)


def timed(command: list[str], folder: str) -> tuple[float, bytes]:
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, input=HOOK, stdout=subprocess.PIPE, check=True, timeout=60
    )
    return time.perf_counter() - began, done.stdout


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(make(Path(folder)))
        _, said = timed(OURS, folder)
        if not said.startswith(b"You hold:"):
            raise SystemExit(f"prime said something else: {said[:200]!r}")
        pairs = [(timed(FLOOR, folder)[0], timed(OURS, folder)[0]) for _ in range(runs)]
    floor, ours = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    ratio = statistics.median(mine / least for least, mine in pairs)
    print(f"empty Python with sqlite3 {floor:.0f} ms, prime {ours:.0f} ms, ratio {ratio:.2f}")
    print(f"limit {LIMIT}: {'kept' if ratio <= LIMIT else 'missed'}")


if __name__ == "__main__":
    main()
