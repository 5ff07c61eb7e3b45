"""How many duplicates are caught when a task is created, and how often that is a false alarm.

`python -m bench.duplicates.evaluate` asks a board of all first tasks, of all parts, as `create`
does. What is caught: the share of rewritten tasks whose first task is among the (at most three)
possible duplicates. A false alarm: the share of different tasks for which anything is named.
Weights and thresholds come from parts a and c; the mix of forms was chosen knowing the totals of
part b; part d was written afterwards, of other kinds of project, and nothing was changed after it
was measured. Beside it stands BM25 of SQLite's FTS5 alone (porter stems) with the threshold that
catches most on parts a and c at no more than 8 % of false alarms. `--misses` prints what went wrong
on part a.
"""

import argparse
import asyncio
import itertools
import re
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from bench.duplicates.board import board
from bench.duplicates.pairs import KINDS, LEARNED, PARTS, Case, load, mixed
from claudetask_core.core import Core

NAMED: Final = 3
ALLOWED: Final = 0.08

Named = list[tuple[int, float]]
Find = Callable[[str, str], Awaitable[Named]]


@dataclass(frozen=True)
class Rates:
    """Shares of questions."""

    caught: float
    alarms: float

    def __str__(self) -> str:
        return f"caught {self.caught:6.1%}   false alarms {self.alarms:6.1%}"


@dataclass(frozen=True)
class Answers:
    """What was named for the rewritten and for the different tasks of a part; `first` is the
    number of its first task on the board.
    """

    first: int
    same: list[Named]
    other: list[Named]

    def caught(self, least: float) -> int:
        return sum(
            any(number == right and score >= least for number, score in named[:NAMED])
            for right, named in enumerate(self.same, self.first)
        )

    def alarms(self, least: float) -> int:
        return sum(any(score >= least for _, score in named) for named in self.other)

    def rates(self, least: float) -> Rates:
        return rates_of([self], least)


def rates_of(parts: Sequence[Answers], least: float) -> Rates:
    """The shares over all questions of these parts."""
    count = sum(len(part.same) for part in parts)
    caught = sum(part.caught(least) for part in parts)
    return Rates(caught / count, sum(part.alarms(least) for part in parts) / count)


async def ask(find: Find, cases: list[Case], first: int) -> Answers:
    same = [await find(*case.same) for case in cases]
    return Answers(first, same, [await find(*case.other) for case in cases])


def ours(core: Core) -> Find:
    async def find(title: str, description: str) -> Named:
        async with core.database.read() as session:
            likely = await core.similar.duplicates(session, title, description)
        return [(task.id, task.score) for task in likely]

    return find


def bm25(index: sqlite3.Connection) -> Find:
    async def find(title: str, description: str) -> Named:
        words = dict.fromkeys(re.findall(r"\w+", f"{title} {description}".lower()))
        match = " OR ".join(f'"{word}"' for word in words)
        return index.execute(
            "SELECT rowid, -bm25(tasks) FROM tasks WHERE tasks MATCH ? ORDER BY 2 DESC LIMIT 3",
            (match,),
        ).fetchall()

    return find


def indexed(cases: list[Case]) -> sqlite3.Connection:
    index = sqlite3.connect(":memory:")
    index.execute("CREATE VIRTUAL TABLE tasks USING fts5(title, said, tokenize='porter unicode61')")
    index.executemany(
        "INSERT INTO tasks (title, said) VALUES (?, ?)", [case.task for case in cases]
    )
    return index


def best_threshold(parts: Sequence[Answers]) -> float:
    """The one that catches most with no more false alarms than are allowed."""
    named = [one for part in parts for one in (*part.same, *part.other)]
    steps = {score for found in named for _, score in found}
    allowed = [step for step in steps if rates_of(parts, step).alarms <= ALLOWED]
    return max(allowed, key=lambda step: rates_of(parts, step).caught)


async def compare(name: str, parts: list[list[Case]]) -> Answers:
    """Prints the figures of both; answers ours for part a."""
    whole = [case for cases in parts for case in cases]
    starts = list(itertools.accumulate(map(len, parts), initial=1))
    async with board(case.task for case in whole) as core:
        mine = [await ask(ours(core), cases, n) for cases, n in zip(parts, starts, strict=False)]
    with closing(indexed(whole)) as index:
        plain = [await ask(bm25(index), cases, n) for cases, n in zip(parts, starts, strict=False)]
    least = best_threshold([one for part, one in zip(PARTS, plain, strict=True) if part in LEARNED])
    print(f"{name} ({' + '.join(str(len(cases)) for cases in parts)} of each sort)")
    for part, our, their in zip(PARTS, mine, plain, strict=True):
        print(f"  part {part}   ours  {our.rates(0.0)}")
        print(f"           BM25  {their.rates(least)}")
    return mine[0]


def print_misses(answers: Answers, cases: list[Case]) -> None:
    for right, (case, same, other) in enumerate(
        zip(cases, answers.same, answers.other, strict=True), answers.first
    ):
        if right not in [number for number, _ in same]:
            print(f"missed: {case.same} <> {case.task}")
        for number, score in other[:1]:
            print(f"alarm {score:.2f}: {case.other} <> #{number} ({right}: {case.task})")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="what went wrong on part a")
    misses = parser.parse_args().misses
    triples = [load(part) for part in PARTS]
    answers = await compare("as people write", [mixed(part) for part in triples])
    if misses:
        print_misses(answers, mixed(triples[0]))
    for name, kind in KINDS.items():
        await compare(name, [[kind(triple) for triple in part] for part in triples])


if __name__ == "__main__":
    asyncio.run(main())
