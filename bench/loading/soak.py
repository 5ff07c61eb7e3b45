"""One server under mixed load for hours: REST, MCP, search and streams of events, at a low rate.

The board keeps its size, since old tasks are deleted as new ones are made; so what grows in the
server's memory is the server's.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from mcp import Client
from mcp.types import CallToolResult

from bench.fault.server import OK, Server, command, folder, lost, serving
from bench.loading.watch import Sample, report, watch

KEPT = 150
PATIENCE = 30.0
STREAM_SECONDS = 20.0
SETTINGS = {"CLAUDETASK_RATE_LIMIT_ENABLED": "true", "CLAUDETASK_INDEX_WATCH": "true"}
SOURCE = "def refund_{0}(order):\n    return order.total - {0}\n"


@dataclass
class Soak:
    """What was asked, what went wrong, and what the board must hold in the end."""

    server: Server
    place: Path
    number: int = 0
    made: dict[int, str] = field(default_factory=dict[int, str])
    notes: Counter[int] = field(default_factory=Counter[int])
    calls: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])
    newest: int = 0
    began: float = field(default_factory=time.monotonic)

    def count(self, kind: str, fault: str | None = None) -> None:
        self.calls[kind] += 1
        if fault is not None:
            self.wrong.append(f"{time.monotonic() - self.began:.0f} s in, {kind}: {fault:.200}")


async def rest(soak: Soak, _client: Client) -> None:
    """A task is made, read, moved and listed; the oldest is deleted."""
    title = f"refund order {soak.number} of the shop"
    fault = await soak.server.create(title, soak.made)
    soak.count("POST /api/tasks", fault)
    number = max(soak.made)
    for method, path, body in (
        ("GET", f"/api/tasks/{number}", None),
        ("PUT", f"/api/tasks/{number}/status", {"status": "Ready"}),
        ("GET", "/api/tasks?limit=50", None),
        ("GET", f"/api/search?query=refund+{soak.number % 7}", None),
        ("GET", "/api/tasks/similar?query=refund+the+order", None),
        ("GET", "/health/ready", None),
    ):
        answer = await soak.server.client.request(method, path, json=body)
        fault = None if answer.status_code == OK else answer.text
        soak.count(f"{method} {path.split('?')[0].replace(str(number), 'N')}", fault)
    if len(soak.made) > KEPT:
        oldest = min(soak.made)
        del soak.made[oldest]  # before, for it may be gone where the answer is not awaited
        soak.notes.pop(oldest, None)
        answer = await soak.server.client.delete(f"/api/tasks/{oldest}")
        soak.count("DELETE /api/tasks/N", None if answer.is_success else answer.text)


async def mcp(soak: Soak, client: Client) -> None:
    """The tools that a session uses most, a resource and a prompt."""
    number = max(soak.made)
    for name, given in (
        ("get_next_task", {}),
        ("list_tasks", {"limit": 20}),
        ("get_task", {"task_id": number}),
        ("update_task", {"task_id": number, "note": "seen " * 20}),
        ("search_codebase", {"query": f"refund {soak.number % 5} order"}),
        ("find_similar_tasks", {"query": "refund of an order"}),
    ):
        answer = await client.call_tool(name, given)
        soak.count(name, said(answer) if answer.is_error else None)
        soak.notes[number] += name == "update_task" and not answer.is_error
    await client.read_resource(f"claudetask://tasks/{number}")
    soak.count("read_resource")
    await client.get_prompt("resume", {})
    soak.count("get_prompt")


async def visitor(soak: Soak, _client: Client) -> None:
    """A client of the older era comes, looks at the tools and leaves; a file changes meanwhile."""
    async with Client(f"{soak.server.address}/mcp", mode="legacy") as visiting:
        soak.count("tools/list", None if (await visiting.list_tools()).tools else "no tools")
    changed = soak.place / f"part_{soak.number % 10}.py"
    changed.write_text(SOURCE.format(soak.number), "utf-8")


async def reader(soak: Soak, _client: Client) -> None:
    """A stream of events is read from where the last one ended; its numbers only grow."""
    with suppress(TimeoutError):
        async with asyncio.timeout(STREAM_SECONDS):
            after = {"Last-Event-ID": str(soak.newest)} if soak.newest else {}
            async with soak.server.client.stream("GET", "/api/events", headers=after) as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("id:"):
                        event = int(line.removeprefix("id:"))
                        fault = f"{event} after {soak.newest}" if event <= soak.newest else None
                        soak.count("event", fault)
                        soak.newest = event


def said(answer: CallToolResult) -> str:
    return json.dumps([part.model_dump(mode="json") for part in answer.content])


Part = Callable[[Soak, Client], Awaitable[None]]
PARTS: dict[Part, float] = {rest: 2.0, mcp: 3.0, visitor: 15.0, reader: 1.0}
"""How many seconds each rests between two turns; at a pace of 1."""


async def turns(part: Part, soak: Soak, client: Client, pace: float) -> None:
    """One part of the load, over and over."""
    while True:
        soak.number += 1
        try:
            async with asyncio.timeout(PATIENCE):
                await part(soak, client)
        except (httpx.HTTPError, TimeoutError) as error:
            soak.count(part.__name__, repr(error))
        await asyncio.sleep(PARTS[part] / pace)


async def soak(seconds: float, pace: float, every: float) -> bool:
    """Loads one server so long, prints what it held, and looks through its board in the end."""
    taken: list[Sample] = []
    async with folder() as place, AsyncExitStack() as stack:
        for number in range(10):
            (place / f"part_{number}.py").write_text(SOURCE.format(number), "utf-8")
        async with serving(place, **SETTINGS) as server:
            going = Soak(server, place)
            client = await stack.enter_async_context(Client(f"{server.address}/mcp"))
            await rest(going, client)
            load = [asyncio.create_task(turns(part, going, client, pace)) for part in PARTS]
            load.append(asyncio.create_task(watch(server.process.pid, every, taken)))
            done, left = await asyncio.wait(
                load, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            for one in left:
                one.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            going.wrong += [f"ended early: {one.exception()!r}" for one in done]
            await stack.aclose()
            counted = await counts(going)
        code, checked = await command(place, "board", "check")
        missing = lost(place, going.made)
    print(report(taken))
    print(f"{sum(going.calls.values())} calls: {dict(going.calls)}")
    print(f"wrong: {len(going.wrong)}", *going.wrong[:10], sep="\n  ")
    print(f"lost: {missing} tasks, {counted} notes; board check: {code}\n{checked}")
    return not (going.wrong or missing or counted or code)


async def counts(soak: Soak) -> int:
    """How many of the acknowledged notes are not there."""
    there = (await soak.server.client.get("/api/tasks", params={"limit": 500})).json()
    held = {task["id"]: task["notes_count"] for task in there}
    return sum(max(0, count - held.get(task, 0)) for task, count in soak.notes.items())
