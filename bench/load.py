"""What the faces and the board cost under load, as ratios to floors measured in the same run.

    python -m bench.load faces [--calls 300] [--database postgresql+asyncpg://…]
    python -m bench.load sizes [--only 1000 1000000] [--calls 40] [--database …]
    python -m bench.load crowd [--clients 50] [--calls 20]
    python -m bench.load soak [--minutes 60] [--pace 1] [--every 10]

`faces`: REST create, list, get and move beside a bare FastAPI route and one that makes one raw
aiosqlite transaction, and MCP calls over HTTP beside an echo tool, all in turns. With `--database`
the board stands in that empty database, and the transaction is asyncpg's. `sizes`: the same
questions to boards of 100 to a million tasks, in time of the processor; each figure is a ratio to
the board of 1,000. With `--database` they stand there, one after the other, and it is by the clock.
`crowd`: many MCP clients at once, each call beside an echo tool that as many ask at once; no error,
no write lost. `soak`: everything at a low rate for long; what the server holds, and its slope.
"""

import argparse
import asyncio
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from mcp import Client

from bench.fault.server import serving
from bench.loading.crowd import crowd
from bench.loading.sizes import SIZES, sizes
from bench.loading.soak import soak

Step = Callable[[int], Awaitable[object]]
STARTS = 300


@asynccontextmanager
async def floor(folder: Path, database: str | None = None) -> AsyncGenerator[str]:
    """The floors, in a process of their own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = ["-m", "bench.loading.floors", database or str(folder / "floor.db"), str(port)]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    address = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=address) as client:
            for _ in range(STARTS):
                try:
                    await client.get("/bare")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.1)
        yield address
    finally:
        process.terminate()
        await process.wait()


async def timed(step: Step, number: int) -> float:
    began = time.perf_counter()
    await step(number)
    return (time.perf_counter() - began) * 1e3


async def beside(label: str, ours: Step, theirs: Step, calls: int) -> None:
    """Prints the medians of two steps that take turns, and of the ratios of each turn."""
    pairs = [(await timed(ours, n), await timed(theirs, n)) for n in range(calls)]
    mine, least = (sorted(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    p99 = mine[int(len(mine) * 0.99)]
    middle = statistics.median(least)
    print(f"{label:34} {statistics.median(mine):8.2f} {p99:8.2f} {middle:8.2f} {ratio:6.1f}")


async def faces(calls: int, database: str | None) -> None:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address = await stack.enter_async_context(floor(folder, database))
        where = {"CLAUDETASK_DATABASE_URL": database} if database else {}
        server = await stack.enter_async_context(serving(folder, **where))
        bare = await stack.enter_async_context(httpx.AsyncClient(base_url=address))
        rest = server.client
        for number in range(100):
            await rest.post("/api/tasks", json={"title": f"first {number}"})

        async def move(number: int) -> None:
            status = ("Ready", "Backlog")[number % 2]
            answer = await rest.put("/api/tasks/1/status", json={"status": status})
            answer.raise_for_status()

        get_bare: Step = lambda _: bare.get("/bare")  # noqa: E731 — one of a row of steps
        raw: Step = lambda n: bare.post("/raw", json={"title": f"task {n}"})  # noqa: E731 — as above
        print(f"{'':34} {'ms':>8} {'p99':>8} {'floor':>8} {'ratio':>6}")
        await beside("REST get / bare route", lambda _: rest.get("/api/tasks/1"), get_bare, calls)
        page = {"limit": 50}
        await beside("REST list of 50 / bare route",
                     lambda _: rest.get("/api/tasks", params=page), get_bare, calls)  # fmt: skip
        create: Step = lambda n: rest.post("/api/tasks", json={"title": f"task {n}"})  # noqa: E731 — as above
        await beside("REST create / raw transaction", create, raw, calls)
        await beside("REST move / raw transaction", move, raw, calls)
        ours = await stack.enter_async_context(Client(f"{server.address}/mcp"))
        echo = await stack.enter_async_context(Client(f"{address}/mcp"))
        echoed: Step = lambda _: echo.call_tool("echo", {"text": "x" * 200})  # noqa: E731 — as above
        for label, tool, arguments in (
            ("MCP get_task / echo", "get_task", {"task_id": 1}),
            ("MCP list_tasks of 50 / echo", "list_tasks", {}),
            ("MCP update_task note / echo", "update_task", {"task_id": 2, "note": "x"}),
        ):
            call: Step = lambda _, tool=tool, given=arguments: ours.call_tool(tool, given)  # noqa: E731 — as above
            await beside(label, call, echoed, calls)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", choices=["faces", "sizes", "crowd", "soak"])
    parser.add_argument("--database", help="of an empty board in a PostgreSQL server")
    parser.add_argument("--calls", type=int, default=0)
    parser.add_argument("--only", type=int, nargs="+", default=SIZES, choices=SIZES)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--pace", type=float, default=1)
    parser.add_argument("--every", type=float, default=10)
    asked = parser.parse_args()
    good = True
    match asked.what:
        case "faces":
            asyncio.run(faces(asked.calls or 300, asked.database))
        case "sizes":
            asyncio.run(sizes(asked.only, asked.calls or 40, asked.database))
        case "crowd":
            good = asyncio.run(crowd(asked.clients, asked.calls or 20, floor))
        case _:
            good = asyncio.run(soak(asked.minutes * 60, asked.pace, asked.every))
    return int(not good)


if __name__ == "__main__":
    raise SystemExit(main())
