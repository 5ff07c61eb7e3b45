"""What the board costs, as ratios to floors measured in the same run.

`python -m bench.board [N]` prints the median time of a create, a get, a list of 50 and a claim,
each beside its floor: a raw transaction of the driver that inserts one row, or one that selects
one. The two are run in turn, so a machine's drift falls on both. With `--database ADDRESS` of a
PostgreSQL server the board and its floor stand in a database that is made there for the run.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
import asyncpg
from sqlalchemy.engine import make_url

from bench.race import boards
from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.schemas.task import Page, TaskCreate, TaskFilter
from claudetask_core.services.tasks.claims import Caller

Step = Callable[[int], Awaitable[object]]
Floor = tuple[Step, Step]
"""Inserts one row, selects one."""


@asynccontextmanager
async def sqlite_floor(folder: Path) -> AsyncGenerator[Floor]:
    async with aiosqlite.connect(folder / "floor.db", isolation_level=None) as raw:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            await raw.execute(f"PRAGMA {pragma}")
        await raw.execute("CREATE TABLE floor (id INTEGER PRIMARY KEY, title TEXT, body TEXT)")

        async def insert(n: int) -> None:
            await raw.execute("BEGIN IMMEDIATE")
            values = (f"task {n}", "x" * 200)
            await raw.execute("INSERT INTO floor (title, body) VALUES (?, ?)", values)
            await raw.execute("COMMIT")

        async def select(n: int) -> None:
            cursor = await raw.execute("SELECT * FROM floor WHERE id = ?", (n % 50 + 1,))
            await cursor.fetchall()
            await cursor.close()

        yield insert, select


@asynccontextmanager
async def postgresql_floor(url: str) -> AsyncGenerator[Floor]:
    address = make_url(url)
    raw: Any = await asyncpg.connect(
        host=address.host,
        port=address.port,
        user=address.username,
        password=address.password,
        database=address.database,
    )
    await raw.execute("CREATE TABLE floor (id BIGSERIAL PRIMARY KEY, title TEXT, body TEXT)")

    async def insert(n: int) -> None:
        async with raw.transaction():
            values = (f"task {n}", "x" * 200)
            await raw.execute("INSERT INTO floor (title, body) VALUES ($1, $2)", *values)

    async def select(n: int) -> None:
        async with raw.transaction():
            await raw.fetch("SELECT * FROM floor WHERE id = $1", n % 50 + 1)

    try:
        yield insert, select
    finally:
        await raw.close()


def steps(core: Core, floor: Floor) -> dict[str, tuple[Step, Step]]:
    me = Caller("bench")
    insert, select = floor

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


async def main(count: int, server: str | None) -> None:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = None if server is None else stack.enter_context(boards.board(server))
        core = await stack.enter_async_context(
            open_core(Settings(database_url=url), start=folder, home=None)
        )
        opening = sqlite_floor(folder) if url is None else postgresql_floor(url)
        floor = await stack.enter_async_context(opening)
        print(f"{'':16} {'ours ms':>9} {'floor ms':>9} {'ratio':>6}")
        for label, (ours, theirs) in steps(core, floor).items():
            pairs = [(await timed(ours, n), await timed(theirs, n)) for n in range(count)]
            mine, least = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = statistics.median(a / b for a, b in pairs)
            print(f"{label:16} {mine * 1e3:9.2f} {least * 1e3:9.2f} {ratio:6.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=200, help="runs of each step")
    parser.add_argument("--database", help="a server's address, for a board in it")
    asked = parser.parse_args()
    asyncio.run(main(asked.count, asked.database))
