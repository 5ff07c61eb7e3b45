"""Faults of processes, clocks, programs and clients around the board."""

import asyncio
import os
import resource
from collections import Counter
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from bench.fault.server import (
    ACCEPTED,
    OK,
    SOON,
    Outcome,
    Server,
    Terms,
    fill,
    folder,
    lost,
    serving,
)
from claudetask_core.clock import SystemClock
from claudetask_core.config import Settings
from claudetask_core.core import open_core
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.tasks.claims import Caller

HANGS = "#!/bin/sh\nexec sleep 3600\n"
CLIENTS = 8
WRITERS = 4


async def killed(terms: Terms) -> Outcome:
    """The server is killed (-9) while several clients write."""
    tried, made = Outcome(injected=1), dict[int, str]()
    async with folder() as place:
        async with serving(place) as server:
            wanted = terms.chance.randint(1, 60)
            enough = asyncio.Event()

            async def write(name: int) -> None:
                number = 0
                while True:
                    await server.create(f"task {number} of {name}", made)
                    number += 1
                    if len(made) >= wanted:
                        enough.set()

            writing = [asyncio.ensure_future(write(name)) for name in range(WRITERS)]
            await asyncio.wait_for(enough.wait(), SOON)
            await asyncio.sleep(terms.chance.random() / 50)  # anywhere within a write
            server.kill()
            await asyncio.wait(writing, timeout=SOON)
            for one in writing:
                one.cancel()
            await asyncio.gather(*writing, return_exceptions=True)
        tried.lost += lost(place, made)
        async with serving(place) as server:
            tried.answered += await server.answers()
        tried.lost += lost(place, made)
    return tried


class JumpingClock(SystemClock):
    """The present, but for how far it is off."""

    def __init__(self) -> None:
        self.off = timedelta()

    def now(self) -> datetime:
        return super().now() + self.off


async def clock_jumps(terms: Terms) -> Outcome:
    """The clock jumps days and years, there and back, while tasks are made, taken and given."""
    tried, clock, taken = Outcome(), JumpingClock(), Counter[int]()
    settings = Settings(rate_limit_enabled=False, analysis_provider="none", index_watch=False)
    made: dict[int, str] = {}
    async with folder() as place:
        async with open_core(settings, start=place, home=None, clock=clock) as core:
            far = terms.chance.uniform(1, 30_000)
            for days in (0, far, -terms.chance.uniform(1, 700), 0.01, -0.01, 400, -400, 0):
                clock.off = timedelta(days=days)
                tried.injected += 1
                title = f"made {days} days off"
                made[(await core.tasks.create(TaskCreate(title=title), Caller("me"))).task.id] = (
                    title
                )
                found = await core.queue.next(Caller(f"agent {days}"), claim=True)
                taken[found.task.id if found.task else 0] += 1
                tried.answered += found.task is not None
            clock.off = timedelta(hours=1)
            heirs = [
                (await core.queue.next(Caller(f"heir {number}"), claim=True)).task
                for number in range(len(made))
            ]
            if not all(heirs):
                tried.unclear.append(f"{heirs.count(None)} claims of a wrong clock never end")
        tried.lost += lost(place, made)
    return tried


def _hanging(place: Path, name: str) -> Path:
    programs = place / "programs"
    programs.mkdir(exist_ok=True)
    (programs / name).write_text(HANGS, "utf-8")
    (programs / name).chmod(0o700)
    return programs


async def git_hangs(_: Terms) -> Outcome:
    """git never answers: the server starts all the same, and says what it can."""
    tried, made = Outcome(injected=1), dict[int, str]()
    async with folder() as place:
        path = f"{_hanging(place, 'git')}:/usr/bin:/bin"
        async with serving(place, PATH=path) as server:
            await fill(server, 3, made)
            status = await server.client.get("/api/project/status")
            if status.status_code != OK:
                tried.unclear.append(f"status: {status.text[:200]}")
            tried.answered += await server.answers()
        tried.lost += lost(place, made)
    return tried


async def claude_hangs(_: Terms) -> Outcome:
    """Claude Code never answers: the analysis ends in time, and says why."""
    tried, made = Outcome(injected=1), dict[int, str]()
    async with folder() as place:
        claude = str(_hanging(place, "claude") / "claude")
        settings = {"CLAUDE_BIN": claude, "ANALYSIS_TIMEOUT_SECONDS": "1"}
        named = {f"CLAUDETASK_{name}": value for name, value in settings.items()}
        async with serving(place, **named) as server:
            await fill(server, 1, made)
            begun = await server.client.post("/api/tasks/1/analyze")
            tried.answered += await server.answers()
            tried.expect(await _ended(server, begun), "failed", "1 s")
        tried.lost += lost(place, made)
    return tried


async def _ended(server: Server, begun: httpx.Response) -> str:
    if begun.status_code != ACCEPTED:
        return begun.text
    for _ in range(300):
        job = (await server.client.get(begun.headers["location"])).json()
        if job["status"] not in {"queued", "running"}:
            return f"{job['status']}: {job['error']}"
        await asyncio.sleep(0.1)
    return "still running"


async def out_of_handles(_: Terms) -> Outcome:
    """The server may open no more files; what is said then is an error, and it ends with it."""
    tried, made = Outcome(injected=1), dict[int, str]()
    async with folder() as place, serving(place) as server:
        await fill(server, 3, made)
        before = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        held = len(os.listdir(f"/proc/{server.process.pid}/fd"))  # noqa: PTH208 — off no disk
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(
                    httpx.AsyncClient(base_url=server.address, timeout=5)
                )
                for _ in range(CLIENTS)
            ]
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (held + 2, before[1]))
            await asyncio.gather(*(_any(client) for client in clients))
            with suppress(httpx.TimeoutException):  # its connection may have to wait for a handle
                said = await server.create("without handles", made)
                if said is not None:
                    tried.expect(said, "503", "try again")
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, before)
        tried.answered += await server.answers()
        tried.lost += lost(place, made)
    return tried


async def _any(client: httpx.AsyncClient) -> None:
    try:
        await client.get("/api/search", params={"query": "refund"})
    except httpx.HTTPError:
        return


async def never_read(_: Terms) -> Outcome:
    """Clients ask for much and read nothing of it; others are answered as ever."""
    tried, made = Outcome(injected=1), dict[int, str]()
    async with folder() as place, serving(place) as server:
        await fill(server, 60, made)
        host, port = server.address.removeprefix("http://").split(":")
        silent = [await asyncio.open_connection(host, int(port), limit=1) for _ in range(CLIENTS)]
        for number, (_reader, writer) in enumerate(silent):
            path = "/api/events?after=0" if number % 2 else "/api/tasks?limit=500"
            head = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
            writer.write(head if number % 2 else head * 200)
        began = asyncio.get_running_loop().time()
        await fill(server, 20, made)
        took = asyncio.get_running_loop().time() - began
        if took > 20:  # noqa: PLR2004 — a second for each, on a busy machine
            tried.unclear.append(f"others waited {took:.1f} s")
        tried.answered += await server.answers()
        for _reader, writer in silent:
            writer.transport.abort()
        tried.lost += lost(place, made)
    return tried
