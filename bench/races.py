"""Many processes on one board: half of them speak MCP over stdio, half have a REST server each.

    python bench/races.py drain [--runs 20] [--tasks 200] [--processes 8]
    python bench/races.py holders [--processes 6]
    python bench/races.py writes [--kills 200]

`drain`: every task is given exactly once. `holders`: the holders are killed (-9) in mid-work; after
the lease others take over, the former holders' writes are refused, and nothing is stuck. `writes`:
60 creates by 6 processes and 50 notes are all there; processes killed in a loop of creates lose no
write that was acknowledged, and the board stays sound. The exit code is 1 where anything is not so.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx

PROGRAM = [sys.executable, "-I", "-m", "claudetask_mcp"]
SOON = 120.0
HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "races", "version": "1"},
}
LEASE = 3
SETTINGS = {"CLAUDETASK_RATE_LIMIT_ENABLED": "false", "CLAUDETASK_INDEX_WATCH": "false"}


class Worker(Protocol):
    """An agent with a process of its own."""

    name: str
    process: asyncio.subprocess.Process

    async def take(self) -> int | None: ...
    async def move(self, task: int, status: str) -> str: ...
    async def create(self, title: str) -> int: ...
    async def note(self, task: int, text: str) -> None: ...


class Stdio:
    """Speaks MCP over stdin and stdout, as Claude Code does."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.process = process
        self._number = 0

    async def greet(self) -> None:
        await self._ask("initialize", HELLO)
        self._send({"method": "notifications/initialized"})

    async def take(self) -> int | None:
        text = await self._call("get_next_task", claim=True, agent=self.name)
        found = re.match(r"#(\d+)", text)
        return int(found[1]) if found else None

    async def move(self, task: int, status: str) -> str:
        return await self._call("update_task_status", task_id=task, status=status, agent=self.name)

    async def create(self, title: str) -> int:
        text = await self._call("create_task", title=title, agent=self.name)
        return int(re.findall(r"Created #(\d+)", text)[0])

    async def note(self, task: int, text: str) -> None:
        await self._call("update_task", task_id=task, note=text, agent=self.name)

    async def _call(self, tool: str, **arguments: Any) -> str:
        answer = await self._ask("tools/call", {"name": tool, "arguments": arguments})
        return str(answer["result"]["content"][0]["text"])

    async def _ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            if self.process.stdout is None:
                raise EOFError
            line = await asyncio.wait_for(self.process.stdout.readline(), SOON)
            if not line:
                raise EOFError
            message: dict[str, Any] = json.loads(line)
            if message.get("id") == self._number:
                return message

    def _send(self, message: dict[str, Any]) -> None:
        if self.process.stdin is not None:
            self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


class Rest:
    """Calls the REST API of a server of its own."""

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, client: httpx.AsyncClient
    ) -> None:
        self.name = name
        self.process = process
        self._client = client

    async def take(self) -> int | None:
        answer = await self._client.post(
            "/api/tasks/next", json={"claim": True, "agent": self.name}
        )
        return int(answer.json()["id"]) if answer.content else None

    async def move(self, task: int, status: str) -> str:
        body = {"status": status, "agent": self.name}
        return (await self._client.put(f"/api/tasks/{task}/status", json=body)).text

    async def create(self, title: str) -> int:
        body = {"title": title, "agent": self.name}
        answer = await self._client.post("/api/tasks", json=body)
        return int(answer.raise_for_status().json()["id"])

    async def note(self, task: int, text: str) -> None:
        body = {"text": text, "agent": self.name}
        (await self._client.post(f"/api/tasks/{task}/notes", json=body)).raise_for_status()


@asynccontextmanager
async def worker(
    name: str, folder: Path, *, rest: bool, lease: int = 1800
) -> AsyncGenerator[Worker]:
    """Starts a process and speaks to it; kills it in the end."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        *(["serve", "--port", "0"] if rest else []),
        cwd=folder,
        env={**os.environ, **SETTINGS, "CLAUDETASK_LEASE_SECONDS": str(lease)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE if rest else asyncio.subprocess.DEVNULL,
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(_ended, process)
        if not rest:
            agent = Stdio(name, process)
            await agent.greet()
            yield agent
            return
        if process.stderr is None:
            raise EOFError
        said = await asyncio.wait_for(process.stderr.readuntil(b"\n"), SOON)
        address = said.decode().split()[-1]
        client = httpx.AsyncClient(base_url=address, timeout=SOON)
        yield Rest(name, process, await stack.enter_async_context(client))


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGKILL)
    await process.wait()


@asynccontextmanager
async def workers(
    folder: Path, count: int, of: str = "agent", *, lease: int = 1800
) -> AsyncGenerator[list[Worker]]:
    """Half of them over stdio, half with a REST server."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                worker(f"{of}-{number}", folder, rest=number % 2 == 1, lease=lease)
            )
            for number in range(count)
        ]


@asynccontextmanager
async def project() -> AsyncGenerator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="races-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    board = sqlite3.connect(folder / ".claudetask" / "claudetask.db")
    try:
        return board.execute(sql).fetchall()
    finally:
        board.close()


async def drain(processes: int, tasks: int) -> Counter[int]:
    """How often each task was given."""

    async def work(agent: Worker) -> list[int]:
        taken: list[int] = []
        while (task := await agent.take()) is not None:
            taken.append(task)
            await agent.move(task, "Code Review")
        return taken

    async with project() as folder, workers(folder, processes) as agents:
        for number in range(tasks):
            await agents[number % processes].create(f"task {number}")
        given = await asyncio.gather(*(work(agent) for agent in agents))
    return Counter(task for taken in given for task in taken)


async def holders(processes: int) -> list[str]:
    """What went wrong after the holders of tasks were killed."""
    wrong: list[str] = []
    async with project() as folder:
        async with workers(folder, processes, "gone", lease=LEASE) as agents:
            for agent in agents:
                await agent.create(f"task of {agent.name}")
            held = {agent.name: await agent.take() for agent in agents}
            for agent in agents:
                agent.process.send_signal(signal.SIGKILL)
        if sorted(filter(None, held.values())) != list(range(1, processes + 1)):
            wrong.append(f"before the kill: {held}")
        async with workers(folder, processes, "heir") as heirs:
            taken = await _inherited(heirs)
            if sorted(taken.values()) != list(range(1, processes + 1)):
                wrong.append(f"taken over: {taken}")
            for name, task in held.items():
                heirs[0].name = name
                said = await heirs[0].move(task or 0, "Testing")
                if "claim" not in said:
                    wrong.append(f"a former holder's write: {said}")
        told = rows(folder, "SELECT count(*) FROM history WHERE action = 'taken_over'")[0][0]
        if told < processes:
            wrong.append(f"only {told} takeovers in the history")
    return wrong


async def _inherited(heirs: Sequence[Worker]) -> dict[str, int]:
    """What each heir was given, once the leases of the dead ran out."""
    taken: dict[str, int] = {}
    for _ in range(100 * LEASE):
        for heir in heirs:
            task = None if heir.name in taken else await heir.take()
            if task is not None:
                taken[heir.name] = task
        if len(taken) == len(heirs):
            break
        await asyncio.sleep(0.1)
    return taken


async def writes(kills: int) -> list[str]:
    """What was lost of 60 creates, 50 notes, and creates by processes that were killed."""
    wrong: list[str] = []
    async with project() as folder:
        async with workers(folder, 6) as agents:
            made = await asyncio.gather(
                *(agent.create(f"{agent.name} {n}") for n in range(10) for agent in agents[1::2]),
                *(_in_turn(agent, 10) for agent in agents[0::2]),
            )
            acknowledged = sorted(_flat(made))
            if acknowledged != list(range(1, 61)):
                wrong.append(f"creates acknowledged: {acknowledged}")
            await asyncio.gather(*(_notes(agent, n) for n, agent in enumerate(agents[:5])))
        if (found := rows(folder, "SELECT count(*) FROM tasks")[0][0]) != 60:  # noqa: PLR2004 — as asked
            wrong.append(f"{found} tasks of 60")
        if (found := rows(folder, "SELECT count(DISTINCT text) FROM notes")[0][0]) != 50:  # noqa: PLR2004 — as asked
            wrong.append(f"{found} notes of 50")
        for number in range(kills):
            wrong += await _killed(folder, number)
        if (sound := rows(folder, "PRAGMA integrity_check")) != [("ok",)]:
            wrong.append(f"integrity: {sound}")
    return wrong


async def _in_turn(agent: Worker, count: int) -> list[int]:
    return [await agent.create(f"{agent.name} {number}") for number in range(count)]


def _flat(made: Sequence[int | list[int]]) -> list[int]:
    return [n for part in made for n in (part if isinstance(part, list) else [part])]


async def _notes(agent: Worker, number: int) -> None:
    for count in range(10):
        await agent.note(1, f"note {count} of {number}")


async def _killed(folder: Path, number: int) -> list[str]:
    """Kills a process that creates tasks as fast as it can; what it acknowledged must be there."""
    made: list[int] = []
    async with worker(f"killed-{number}", folder, rest=number % 2 == 1) as agent:
        enough = asyncio.Event()

        async def loop() -> None:
            while True:
                made.append(await agent.create(f"task of {agent.name}"))
                if len(made) > number % 7:
                    enough.set()

        writing = asyncio.ensure_future(loop())
        await asyncio.wait_for(enough.wait(), SOON)
        agent.process.send_signal(signal.SIGKILL)
        await asyncio.wait({writing}, timeout=SOON)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    there = {n for (n,) in rows(folder, "SELECT id FROM tasks")}
    return [f"acknowledged and lost: {sorted(set(made) - there)}"] if set(made) - there else []


async def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", choices=["drain", "holders", "writes"])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--kills", type=int, default=200)
    asked = parser.parse_args()
    began = time.monotonic()
    if asked.what == "drain":
        good = 0
        for run in range(asked.runs):
            given = await drain(asked.processes, asked.tasks)
            exact = given == Counter(range(1, asked.tasks + 1))
            good += exact
            twice = sum(count > 1 for count in given.values())
            print(f"run {run + 1}: {len(given)} of {asked.tasks} given, {twice} twice", flush=True)
        print(f"{good} of {asked.runs} runs gave every task exactly once")
        failed = good != asked.runs
    else:
        short = asked.what == "holders"
        wrong = await (holders(asked.processes) if short else writes(asked.kills))
        print("\n".join(wrong) or f"{asked.what}: nothing lost, nothing stuck")
        failed = bool(wrong)
    print(f"{time.monotonic() - began:.0f} s")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
