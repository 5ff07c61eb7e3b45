"""Many processes on one board: half of them speak MCP over stdio, half have a REST server each.

    python -m bench.races drain [--runs 20] [--tasks 200] [--processes 8]
    python -m bench.races holders [--processes 8]
    python -m bench.races writes [--kills 200]
    … --database postgresql+asyncpg://USER:PASSWORD@HOST/postgres

`drain`: every task is given exactly once. `holders`: the holders are killed (-9) in mid-work; after
the lease others take over, the former holders' writes are refused, and nothing is stuck. `writes`:
60 creates by 6 processes and 50 notes are all there; processes killed in a loop of creates, several
at once, lose no write that was acknowledged, and the board stays sound. The exit code is 1 where
anything is not so. With `--database` each board stands in a database of its own in that server.
`python -m bench.race.peers` has the first and the third with other programs.
"""

import argparse
import asyncio
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from bench.race import boards
from bench.race.workers import SOON, Agent, Worker, worker, workers
from bench.race.workers import project as folder_of_its_own

LEASE = 3
AT_ONCE = 4
SERVER = "RACES_DATABASE_SERVER"


@contextmanager
def project() -> Generator[Path]:
    """A folder, and a board in it or, with `--database`, in a server."""
    with folder_of_its_own() as folder:
        if SERVER not in os.environ:
            yield folder
            return
        with boards.board(os.environ[SERVER]):
            yield folder


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    if boards.SETTING in os.environ:
        return boards.rows(os.environ[boards.SETTING], sql)
    with closing(sqlite3.connect(folder / ".claudetask" / "claudetask.db")) as board:
        return board.execute(sql).fetchall()


async def drained(agents: Sequence[Agent], most: int) -> Counter[str]:
    """How often each task was given, to agents that take and finish until there is none.

    Args:
        agents: Who takes.
        most: How many tasks one agent takes at most.
    """

    async def work(agent: Agent) -> list[str]:
        taken: list[str] = []
        while len(taken) < most and (task := await agent.take()) is not None:
            taken.append(task)
            await agent.finish(task)
        return taken

    given = await asyncio.gather(*(work(agent) for agent in agents))
    return Counter(task for taken in given for task in taken)


async def drain(processes: int, tasks: int) -> Counter[str]:
    """How often each task was given."""
    with project() as folder:
        async with workers(folder, processes) as agents:
            for number in range(tasks):
                await agents[number % processes].create(f"task {number}")
            return await drained(agents, tasks)


def numbers(most: int) -> list[str]:
    return [str(number) for number in range(1, most + 1)]


async def kill(agent: Agent) -> None:
    agent.process.send_signal(signal.SIGKILL)
    await asyncio.wait_for(agent.process.wait(), SOON)


async def holders(processes: int) -> list[str]:
    """What went wrong after the holders of tasks were killed."""
    wrong: list[str] = []
    with project() as folder:
        async with workers(folder, processes, "gone", lease=LEASE) as agents:
            for agent in agents:
                await agent.create(f"task of {agent.name}")
            held = {agent.name: await agent.take() for agent in agents}
            await asyncio.gather(*(kill(agent) for agent in agents))
        if sorted(filter(None, held.values()), key=int) != numbers(processes):
            wrong.append(f"before the kill: {held}")
        async with workers(folder, processes, "heir") as heirs:
            taken = await _inherited(heirs)
            if sorted(taken.values(), key=int) != numbers(processes):
                wrong.append(f"taken over: {taken}")
            wrong += await _still_writing(heirs[0], held)
            for heir in heirs:
                await heir.finish(taken.get(heir.name, "0"))
        wrong += _told(folder, processes)
    return wrong


async def _inherited(heirs: Sequence[Worker]) -> dict[str, str]:
    """What each heir was given, once the leases of the dead ran out."""
    taken: dict[str, str] = {}
    for _ in range(100 * LEASE):
        for heir in heirs:
            task = None if heir.name in taken else await heir.take()
            if task is not None:
                taken[heir.name] = task
        if len(taken) == len(heirs):
            break
        await asyncio.sleep(0.1)
    return taken


async def _still_writing(voice: Worker, held: dict[str, str | None]) -> list[str]:
    """What former holders could still do, who speak through a process that lives."""
    wrong: list[str] = []
    own = voice.name
    for name, task in held.items():
        voice.name = name
        said = await voice.move(task or "0", "Testing")
        if "Your claim is over" not in said:
            wrong.append(f"a former holder's write: {said}")
    voice.name = own
    return wrong


def _told(folder: Path, processes: int) -> list[str]:
    """What the history should say and does not: both names at each takeover and refusal."""
    named = "CAST(old AS text) LIKE '%gone-%' AND CAST(new AS text) LIKE '%heir-%'"
    wrong: list[str] = []
    for action in ("taken_over", "refused"):
        sql = f"SELECT count(*) FROM history WHERE action = '{action}' AND {named}"  # noqa: S608 — text of ours alone
        if (found := rows(folder, sql)[0][0]) != processes:
            wrong.append(f"{found} of {processes} {action} in the history")
    if stuck := rows(folder, "SELECT id FROM tasks WHERE status <> 'Code Review'"):
        wrong.append(f"stuck: {stuck}")
    return wrong


async def writes(kills: int, *, processes: int = 6, each: int = 10) -> list[str]:
    """What was lost of the creates and notes of many, and of the creates of the killed."""
    wrong: list[str] = []
    with project() as folder:
        async with workers(folder, processes) as agents:
            made = await asyncio.gather(*(created(agent, each) for agent in agents))
            acknowledged = sorted((task for part in made for task in part), key=int)
            if acknowledged != numbers(processes * each):
                wrong.append(f"creates acknowledged: {acknowledged}")
            writers = agents[: processes - 1]
            await asyncio.gather(*(noted(agent, "1", each) for agent in writers))
        for table, expected in (("tasks", processes * each), ("notes", len(writers) * each)):
            if (found := rows(folder, f"SELECT count(*) FROM {table}")[0][0]) != expected:  # noqa: S608 — as above
                wrong.append(f"{found} {table} of {expected}")
        wrong += await killed(folder, kills)
        if SERVER not in os.environ and (sound := rows(folder, "PRAGMA integrity_check")) != [
            ("ok",)
        ]:
            wrong.append(f"integrity: {sound}")
    return wrong


async def created(agent: Agent, count: int) -> list[str]:
    return [await agent.create(f"{agent.name} {number}") for number in range(count)]


async def noted(agent: Agent, task: str, count: int) -> None:
    for number in range(count):
        await agent.note(task, f"note {number} of {agent.name}")


async def killed(folder: Path, kills: int) -> list[str]:
    """What was lost of the writes of processes that are killed while others write on."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> list[str]:
        async with free:
            return await _killed(folder, number)

    return [line for lines in await asyncio.gather(*map(one, range(kills))) for line in lines]


async def _killed(folder: Path, number: int) -> list[str]:
    """Kills a process that creates tasks as fast as it can; what it acknowledged must be there."""
    made: list[str] = []
    async with worker(f"killed-{number}", folder, rest=number % 2 == 1) as agent:
        enough = asyncio.Event()

        async def loop() -> None:
            while True:
                made.append(await agent.create(f"task of {agent.name}"))
                if len(made) > number % 7:
                    enough.set()

        writing = asyncio.ensure_future(loop())
        waiting = asyncio.ensure_future(enough.wait())
        await asyncio.wait({writing, waiting}, timeout=SOON, return_when=asyncio.FIRST_COMPLETED)
        await kill(agent)
        await asyncio.wait({writing}, timeout=SOON)
        waiting.cancel()
        ended = await asyncio.gather(writing, return_exceptions=True)
    if not enough.is_set():
        return [f"killed-{number} made only {len(made)} tasks: {ended}"]
    there = {str(n) for (n,) in rows(folder, "SELECT id FROM tasks")}
    return [f"acknowledged and lost: {sorted(set(made) - there)}"] if set(made) - there else []


async def drains(runs: int, processes: int, tasks: int) -> bool:
    """Drains again and again; says whether every run gave every task once."""
    good = 0
    for run in range(runs):
        given = await drain(processes, tasks)
        good += given == Counter(numbers(tasks))
        twice = sum(count > 1 for count in given.values())
        print(f"run {run + 1}: {len(given)} of {tasks} given, {twice} twice", flush=True)
    print(f"{good} of {runs} runs gave every task exactly once")
    return good == runs


async def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", choices=["drain", "holders", "writes"])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--database", help="a server's address, for boards in it")
    asked = parser.parse_args()
    if asked.database:
        os.environ[SERVER] = asked.database
    began = time.monotonic()
    if asked.what == "drain":
        good = await drains(asked.runs, asked.processes, asked.tasks)
    else:
        short = asked.what == "holders"
        wrong = await (holders(asked.processes) if short else writes(asked.kills))
        print("\n".join(wrong) or f"{asked.what}: nothing lost, nothing stuck")
        good = not wrong
    print(f"{time.monotonic() - began:.0f} s")
    return int(not good)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
