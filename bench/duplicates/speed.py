"""What the check for duplicates and the search for similar tasks cost on a small and a large board.

`python -m bench.duplicates.speed [TASKS ...]` fills boards with made-up tasks (words drawn as
often as they are in the labelled pairs) and prints, for each size, the median and the 95th
percentile of a create with its check, its ratio to a create without one and to a plain insert of
one row with the same pragmas (each taken in turn), and of `find_similar_tasks`.
"""

import argparse
import asyncio
import random
import sqlite3
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final
from unittest.mock import patch

from sqlalchemy import text

from bench.duplicates.board import ME, board
from bench.duplicates.pairs import HALVES, load
from claudetask_core.core import DATABASE, Core
from claudetask_core.db import derived
from claudetask_core.schemas.task import TaskCreate

SIZES: Final = (5_000, 100_000)
RUNS: Final = 200
BATCH: Final = 5_000

Step = Callable[[], Awaitable[object]]


def made_up(seed: int) -> Iterator[tuple[str, str]]:
    """Titles and descriptions without end."""
    chance = random.Random(seed)  # noqa: S311 — made-up tasks, no secrets
    said: list[str] = []
    for half in HALVES:
        for triple in load(half):
            for one in (triple.task, triple.same, triple.other):
                said += f"{one.title} {one.said} {one.places}".split()
    names = [f"{one}_{other}" for one in said[::7] for other in said[::501]]
    while True:
        words = chance.choices(said, k=chance.randint(4, 9))
        rest = chance.choices(said, k=chance.randint(12, 45)) + chance.choices(names, k=2)
        yield " ".join(words)[:200], " ".join(rest)


async def fill(core: Core, tasks: Iterator[tuple[str, str]], count: int) -> None:
    """Puts many tasks on a board at once."""
    row = (
        "INSERT INTO tasks (id, title, description, type, priority, status, last_criterion, "
        "notes_count, version, created_at, updated_at) VALUES (:id, :title, :said, 'Feature', "
        "'Medium', 'Backlog', 0, 0, 1, '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
    )
    entry = (
        "INSERT INTO tasks_fts (rowid, title, description, analysis, notes, files) "
        "VALUES (:id, :title, :said, '', '', '')"
    )
    for start in range(1, count + 1, BATCH):
        numbers = range(start, min(start + BATCH, count + 1))
        values = [
            {"id": n, "title": t, "said": s} for n, (t, s) in zip(numbers, tasks, strict=False)
        ]
        async with core.database.write() as session:
            await session.execute(text(row), values)
            await session.execute(text(entry), values)
            for statement in derived.TAKE_IN:
                await session.execute(text(statement))


def plain(file: Path) -> Callable[[str, str], Awaitable[None]]:
    """Inserts a row in a transaction of its own, with the board's pragmas."""
    raw = sqlite3.connect(file.with_name("plain.db"), isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        raw.execute(f"PRAGMA {pragma}")
    raw.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT, said TEXT)")

    def insert(title: str, said: str) -> None:
        raw.execute("BEGIN IMMEDIATE")
        raw.execute("INSERT INTO t (title, said) VALUES (?, ?)", (title, said))
        raw.execute("COMMIT")

    async def step(title: str, said: str) -> None:
        await asyncio.to_thread(insert, title, said)

    return step


async def timed(step: Awaitable[object]) -> float:
    began = time.perf_counter()
    await step
    return (time.perf_counter() - began) * 1e3


async def unchecked(core: Core, task: TaskCreate) -> None:
    async def none(*_: object) -> list[object]:
        return []

    with patch.object(core.similar, "duplicates", none):
        await core.tasks.create(task, ME)


def line(name: str, values: list[float]) -> str:
    high = statistics.quantiles(values, n=20)[-1]
    return f"  {name:28} p50 {statistics.median(values):8.2f} ms   p95 {high:8.2f} ms"


async def measure(count: int) -> None:
    tasks = made_up(count)
    async with board(()) as core:
        await fill(core, tasks, count)
        insert = plain(core.places.board / DATABASE)
        with_check, without = list[float](), list[float]()
        inserted, found = list[float](), list[float]()
        await core.similar.find(next(tasks)[1])
        for _ in range(RUNS):
            title, said = next(tasks)
            with_check.append(
                await timed(core.tasks.create(TaskCreate(title=title, description=said), ME))
            )
            title, said = next(tasks)
            without.append(await timed(unchecked(core, TaskCreate(title=title, description=said))))
            inserted.append(await timed(insert(title, said)))
            found.append(await timed(core.similar.find(" ".join(f"{title} {said}".split()[:12]))))
    print(f"{count:,} tasks")
    print(line("create with its check", with_check))
    print(line("create without", without))
    print(line("plain insert", inserted))
    print(line("find_similar_tasks", found))
    p95 = [statistics.quantiles(values, n=20)[-1] for values in (with_check, without, inserted)]
    print(f"  p95 of a create: {p95[0] / p95[1]:.1f} times one without the check, "
          f"{p95[0] / p95[2]:.1f} times a plain insert")  # fmt: skip


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", type=int, nargs="*", default=SIZES, help="sizes of boards")
    for count in parser.parse_args().tasks:
        await measure(count)


if __name__ == "__main__":
    asyncio.run(main())
