"""Many MCP clients of one server at once, beside as many of an echo tool."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp import Client

from bench.fault.server import Server, folder, lost, serving

Floor = Callable[[Path], AbstractAsyncContextManager[str]]
Call = tuple[str, dict[str, Any]]
ROUND = 5
ECHO = [("echo", {"text": "x" * 200})] * ROUND


@dataclass
class Answers:
    """What the calls took, in milliseconds, and which of them failed."""

    took: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    wrong: list[str] = field(default_factory=list[str])
    noted: Counter[int] = field(default_factory=Counter[int])
    created: int = 0


def mixed(member: int, turn: int) -> list[Call]:
    """One round of one client: three questions and two writes, one to a task others note too."""
    shared = (member + turn) % 10 + 1
    calls: list[Call] = [
        ("get_task", {"task_id": shared}),
        ("list_tasks", {"limit": 20}),
        ("update_task", {"task_id": shared, "note": f"{member} was here in turn {turn}"}),
        ("create_task", {"title": f"made by {member} in turn {turn}"}),
        ("search_codebase", {"query": f"refund order {turn}"}),
    ]
    return calls[member % ROUND :] + calls[: member % ROUND]  # or all would write at the same time


async def ask(client: Client, calls: Sequence[Call], answers: Answers) -> None:
    """One client's calls, one after the other."""
    for name, given in calls:
        began = time.perf_counter()
        answer = await client.call_tool(name, given)
        answers.took.setdefault(name, []).append((time.perf_counter() - began) * 1e3)
        if answer.is_error:
            answers.wrong.append(f"{name}: {answer.content!r:.200}")
        elif name == "update_task":
            answers.noted[given["task_id"]] += 1
        elif name == "create_task":
            answers.created += 1


async def crowd(clients: int, calls: int, floor: Floor) -> bool:
    """Lets so many clients make so many calls each, in turns with the echo; prints what came."""
    ours, echo = Answers(), Answers()
    async with folder() as place, AsyncExitStack() as stack:
        address = await stack.enter_async_context(floor(place))
        async with serving(place) as server, AsyncExitStack() as sessions:
            first: dict[int, str] = {}
            for number in range(10):
                await server.create(f"first {number}", first)
            pair = [
                [
                    await sessions.enter_async_context(
                        Client(f"{where}/mcp", mode="auto" if member % 2 else "legacy")
                    )
                    for member in range(clients)
                ]
                for where in (server.address, address)
            ]
            for turn in range(max(1, calls // ROUND)):
                for answers, members, mix in ((ours, pair[0], mixed), (echo, pair[1], echoes)):
                    await asyncio.gather(
                        *(ask(one, mix(n, turn), answers) for n, one in enumerate(members))
                    )
            missing = await unwritten(server, ours, len(first))
        missing += lost(place, first)
    show(ours, statistics.median(echo.took["echo"]))
    print(f"{clients} clients, wrong: {len(ours.wrong)}, lost writes: {missing}", *ours.wrong[:5])
    return not (missing or ours.wrong or echo.wrong)


def echoes(_member: int, _turn: int) -> list[Call]:
    return ECHO


async def unwritten(server: Server, answers: Answers, before: int) -> int:
    """How many of the acknowledged notes and tasks the board does not hold."""
    listed = await server.client.get("/api/tasks", params={"limit": 500, "sort": "id"})
    there = int(listed.headers["x-total-count"])
    held = {task["id"]: task["notes_count"] for task in listed.json()}
    fewer = sum(abs(count - held[task]) for task, count in answers.noted.items())
    return fewer + abs(answers.created + before - there)


def show(answers: Answers, least: float) -> None:
    """The medians, and the 99th of a hundred, each beside the median of the echo."""
    print(f"{'':20} {'ms':>8} {'p99':>8} {'ratio':>6} {'p99':>6}")
    print(f"{'echo':20} {least:8.1f}")
    for name, took in answers.took.items():
        middle, late = statistics.median(took), sorted(took)[int(len(took) * 0.99)]
        print(f"{name:20} {middle:8.1f} {late:8.1f} {middle / least:6.1f} {late / least:6.1f}")
