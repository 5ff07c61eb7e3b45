"""The races of bench/races.py with other task servers, over MCP on stdin and stdout.

    npm install --prefix FOLDER task-master-ai backlog.md mcp-shrimp-task-manager
    python -m bench.race.peers FOLDER [--processes 8] [--tasks 40] [--runs 3] [--only NAME]

None of them has an operation that claims. So an agent does what the program's own documentation
tells it to: ask for the next task (or the first of those that wait), then set it to in progress;
where a program refuses the second step, the agent goes on to the next that waits. `drain` counts
how many tasks were given more than once, `create` and `note` how many acknowledged writes of
several processes at once are there in the end. Ours runs the same way, over MCP alone.
"""

import argparse
import asyncio
import json
import re
import subprocess
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.race.workers import PROGRAM, SETTINGS, Agent, Mcp, Stdio, project, started
from bench.races import created, drained

CREATORS, EACH = 6, 10
NOTERS = 5
PROMISE = "it was tried by hand and does what the task asks for"


class NoSuchOperationError(Exception):
    """The program cannot do this, whoever asks."""


class RefusedError(Exception):
    """The program did not do it this time, and said so."""


class TaskMaster(Mcp):
    """`next_task`, then `set_task_status`, as its answer to the first says."""

    async def take(self) -> str | None:
        found = await self._ask_for("next_task")
        data: dict[str, Any] = found.get("data") or {}
        task: dict[str, Any] | None = data.get("nextTask")
        if not task:
            return None
        await self._ask_for("set_task_status", id=str(task["id"]), status="in-progress")
        return str(task["id"])

    async def finish(self, task: str) -> None:
        await self._ask_for("set_task_status", id=task, status="done")

    async def create(self, title: str) -> str:
        made = await self._ask_for("add_task", title=title, description=title)
        return str(made["data"]["taskId"])

    async def note(self, task: str, text: str) -> None:
        raise NoSuchOperationError(f"{task} {text}: a note needs a model and its key")

    async def found(self) -> list[str]:
        """The numbers of all tasks, as the program lists them."""
        told = await self._ask_for("get_tasks")
        return [str(task["id"]) for task in told["data"]["tasks"]]

    async def _ask_for(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer, or nothing where it is an error."""
        said = await self.call(tool, projectRoot=str(self.folder), **arguments)
        try:
            answer: dict[str, Any] = json.loads(said)
        except ValueError:
            return {}
        return answer


class Backlog(Mcp):
    """Its guide for agents: view the task, check that it may be begun, set it to In Progress and
    assign it to yourself.
    """

    async def take(self) -> str | None:
        for task in re.findall(r"TASK-\d+", await self.call("task_list", status="To Do")):
            if "Status: ○ To Do" not in await self.call("task_view", id=task):
                continue
            said = await self.call(
                "task_edit", id=task, status="In Progress", assignee=[f"@{self.name}"]
            )
            if "Status: ◒ In Progress" in said:
                return task
        return None

    async def finish(self, task: str) -> None:
        await self.call("task_edit", id=task, status="Done")

    async def create(self, title: str) -> str:
        said = await self.call("task_create", title=title)
        return re.findall(r"Task (TASK-\d+) - ", said)[0]

    async def note(self, task: str, text: str) -> None:
        said = await self.call("task_edit", id=task, notesAppend=[text])
        if text not in said:
            raise RefusedError(said)

    async def found(self) -> list[str]:
        return re.findall(r"TASK-\d+", await self.call("task_list", limit=1000))

    async def notes(self, task: str) -> int:
        return len(set(re.findall(r"note \d+ of agent-\d+", await self.call("task_view", id=task))))


class Shrimp(Mcp):
    """`list_tasks` of those that wait, then `execute_task`; done by `verify_task`."""

    async def take(self) -> str | None:
        for task in await self._listed("pending"):
            said = await self.call("execute_task", taskId=task)
            if task in said and "## Task Execution" in said:
                return task
        return None

    async def finish(self, task: str) -> None:
        await self.call("verify_task", taskId=task, score=95, summary=PROMISE)

    async def create(self, title: str) -> str:
        task = {"name": title, "description": PROMISE, "implementationGuide": PROMISE}
        raw = json.dumps([{**task, "verificationCriteria": PROMISE}])
        said = await self.call(
            "split_tasks", updateMode="append", globalAnalysisResult=title, tasksRaw=raw
        )
        return title if title in said else f"no task: {said[:80]}"

    async def note(self, task: str, text: str) -> None:
        raise NoSuchOperationError(f"{task} {text}: notes are replaced, not added")

    async def found(self) -> list[str]:
        """All tasks by name: which of those in an answer is new, it does not say."""
        return re.findall(r"^### (.+)$", await self.call("list_tasks", status="all"), re.MULTILINE)

    async def _listed(self, status: str) -> list[str]:
        said = await self.call("list_tasks", status=status)
        return re.findall(r"\*\*ID:\*\* `([0-9a-f-]+)`", said)


class Ours(Stdio):
    """A claim is one call."""

    async def found(self) -> list[str]:
        return re.findall(r"^#(\d+)", await self.call("list_tasks", limit=200), re.MULTILINE)

    async def notes(self, task: str) -> int:
        said = await self.call("get_task", task_id=int(task))
        shown = len(set(re.findall(r"note \d+ of agent-\d+", said)))
        left = re.findall(r"… (\d+) older", said)
        return shown + sum(map(int, left))


@dataclass(frozen=True)
class Peer:
    """A program: what starts its server in a project, and what speaks to it."""

    agent: Callable[[str, asyncio.subprocess.Process, Path], Any]
    command: Callable[[Path], list[str]]
    prepare: Callable[[Path, Path], None] = lambda _, __: None


def _bin(name: str) -> Callable[[Path], list[str]]:
    return lambda installed: [str(installed / "node_modules" / ".bin" / name)]


def _backlog_init(installed: Path, folder: Path) -> None:
    wanted = ("init", "races", "--defaults", "--integration-mode", "mcp")
    subprocess.run(
        [*_bin("backlog")(installed), *wanted], cwd=folder, check=True, capture_output=True
    )


PEERS = {
    "ours": Peer(Ours, lambda _: PROGRAM),
    "task-master-ai": Peer(TaskMaster, _bin("task-master-mcp")),
    "backlog.md": Peer(
        Backlog, lambda installed: [*_bin("backlog")(installed), "mcp", "start"], _backlog_init
    ),
    "mcp-shrimp-task-manager": Peer(Shrimp, _bin("mcp-shrimp-task-manager")),
}


@asynccontextmanager
async def agents(
    peer: Peer, installed: Path, folder: Path, count: int
) -> AsyncGenerator[list[Any]]:
    """Agents with a server process each, in one project."""
    settings = {
        **SETTINGS,
        "HOME": str(folder),
        "DATA_DIR": str(folder / "data"),  # where Shrimp keeps its tasks
        "TASK_MASTER_TOOLS": "standard",  # else it has no tool that adds a task
    }
    async with AsyncExitStack() as stack:
        made: list[Any] = []
        for number in range(count):
            starting = started(peer.command(installed), folder, settings)
            process = await stack.enter_async_context(starting)
            agent = peer.agent(f"agent-{number}", process, folder)
            await agent.greet()
            made.append(agent)
        yield made


async def drain(peer: Peer, installed: Path, processes: int, tasks: int) -> str:
    """How many tasks were given, and how many of them more than once."""
    with project() as folder:
        _repository(folder)
        peer.prepare(installed, folder)
        async with agents(peer, installed, folder, processes) as team:
            for number in range(tasks):
                await team[0].create(f"task {number}")
            given: Counter[str] = await drained(team, 3 * tasks)
    twice = sum(count > 1 for count in given.values())
    most = max(given.values(), default=0)
    return f"{len(given)} of {tasks} given, {twice} more than once, one up to {most} times"


async def written(peer: Peer, installed: Path) -> str:
    """How many of the creates and notes of several processes at once are there afterwards."""
    with project() as folder:
        _repository(folder)
        peer.prepare(installed, folder)
        async with agents(peer, installed, folder, CREATORS) as team:
            made = await asyncio.gather(*(created(agent, EACH) for agent in team))
            acknowledged = [task for part in made for task in part if "no task" not in task]
            there = set(await team[0].found())
            kept = len(set(acknowledged) & there)
            told = f"creates acknowledged {len(acknowledged)}, there afterwards {kept}"
            return f"{told}; {await _noted(team, acknowledged[0])}"


async def _noted(team: list[Any], task: str) -> str:
    async def acknowledged(agent: Agent) -> int:
        done = 0
        for number in range(EACH):
            with suppress(RefusedError):
                await agent.note(task, f"note {number} of {agent.name}")
                done += 1
        return done

    try:
        said = sum(await asyncio.gather(*map(acknowledged, team[:NOTERS])))
    except NoSuchOperationError:
        return "notes: no such operation"
    told = f"of {NOTERS * EACH} notes {said} acknowledged"
    return f"{told}, there afterwards {await team[0].notes(task)}"


def _repository(folder: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)


async def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("installed", type=Path, help="the folder that holds node_modules")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--tasks", type=int, default=40)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=list(PEERS))
    asked = parser.parse_args()
    for name, peer in PEERS.items():
        if asked.only not in {None, name}:
            continue
        for _ in range(asked.runs):
            began = time.monotonic()
            told = await drain(peer, asked.installed.resolve(), asked.processes, asked.tasks)
            print(f"{name}: {told} ({time.monotonic() - began:.0f} s)", flush=True)
        for _ in range(asked.runs):
            began = time.monotonic()
            told = await written(peer, asked.installed.resolve())
            print(f"{name}: {told} ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
