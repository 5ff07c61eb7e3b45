"""What the board costs, as ratios to floors measured in the same run.

`python bench/board.py [N]` prints the median time of a create, a get, a list of 50 and a claim,
each beside its floor: a raw aiosqlite transaction that inserts one row with the same pragmas, or
one that selects one. The two are run in turn, so a machine's drift falls on both.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiosqlite

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.schemas.task import Page, TaskCreate, TaskFilter
from claudetask_core.services.claims import Caller

Step = Callable[[int], Awaitable[object]]


async def floor(folder: Path) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(folder / "floor.db", isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        await connection.execute(f"PRAGMA {pragma}")
    await connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT, body TEXT)")
    return connection


def steps(core: Core, raw: aiosqlite.Connection) -> dict[str, tuple[Step, Step]]:
    me = Caller("bench")

    async def insert(n: int) -> None:
        await raw.execute("BEGIN IMMEDIATE")
        await raw.execute("INSERT INTO t (title, body) VALUES (?, ?)", (f"task {n}", "x" * 200))
        await raw.execute("COMMIT")

    async def select(n: int) -> None:
        cursor = await raw.execute("SELECT * FROM t WHERE id = ?", (n % 50 + 1,))
        await cursor.fetchall()
        await cursor.close()

    async def create(n: int) -> None:
        await core.tasks.create(TaskCreate(title=f"task {n}", description="x" * 200), me)

    async def claim(n: int) -> None:
        await core.queue.next(Caller(f"bench-{n}"), claim=True)

    return {
        "create": (create, insert),
        "get": (lambda n: core.tasks.get(n % 50 + 1), select),
        "list of 50": (lambda _: core.tasks.find(TaskFilter(), Page(limit=50)), select),
        "claim the next": (claim, insert),
    }


async def timed(step: Step, n: int) -> float:
    began = time.perf_counter()
    await step(n)
    return time.perf_counter() - began


async def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw = await floor(folder)
        async with open_core(Settings(), start=folder, home=None) as core:
            print(f"{'':16} {'ours ms':>9} {'floor ms':>9} {'ratio':>6}")
            for label, (ours, theirs) in steps(core, raw).items():
                pairs = [(await timed(ours, n), await timed(theirs, n)) for n in range(count)]
                mine, least = (statistics.median(column) for column in zip(*pairs, strict=True))
                ratio = statistics.median(a / b for a, b in pairs)
                print(f"{label:16} {mine * 1e3:9.2f} {least * 1e3:9.2f} {ratio:6.1f}")
        await raw.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=200, help="runs of each step")
    asyncio.run(main(parser.parse_args().count))
