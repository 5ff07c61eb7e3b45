"""Faults of a team's board: of the database server, its sessions and the line to it.

Two servers share the board. What a call was answered with is acknowledged; what was refused or
broken off may have been made, and is not looked for.
"""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final

import httpx
from sqlalchemy.engine import make_url

from bench.fault.server import SOON, Outcome, Server, Terms, folder, serving
from tests.postgresql_server import Server as Postgres
from tests.postgresql_server import binaries, running

SERVERS: Final = 2
WRITERS: Final = 8
BOUND: Final = 40.0
"""So long a call may take while nothing is heard of the database: more than any limit of ours."""
SILENT_SECONDS: Final = 20.0
OURS: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = 'board' AND pid <> pg_backend_pid()"
)


class Team:
    """A board in a database server of its own, and the servers on it."""

    def __init__(self, postgres: Postgres, servers: list[Server]) -> None:
        self.postgres = postgres
        self.servers = servers
        self.made: dict[int, str] = {}
        self.refused: set[str] = set()
        self.slowest = 0.0

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[None]:
        """Has writers create tasks at each server by turns; none gives up for an error."""
        enough, stop = asyncio.Event(), asyncio.Event()

        async def write(name: int) -> None:
            number, server = 0, self.servers[name % len(self.servers)]
            while not stop.is_set():
                await self._create(server, f"task {number} of {name}")
                number += 1
                if len(self.made) >= WRITERS:
                    enough.set()

        tasks = [asyncio.create_task(write(name)) for name in range(WRITERS)]
        try:
            await asyncio.wait_for(enough.wait(), SOON)
            yield
        finally:
            stop.set()
            await asyncio.wait_for(asyncio.gather(*tasks), SOON)

    async def _create(self, server: Server, title: str) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            said = await server.create(title, self.made)
        except httpx.HTTPError as error:
            said = repr(error)
        self.slowest = max(self.slowest, loop.time() - began)
        if said is not None:
            self.refused.add(said)
            await asyncio.sleep(0.05)

    async def judge(self) -> Outcome:
        """What became of it: each server answers again, and all that was acknowledged is there."""
        tried = Outcome(injected=1)
        answers = await asyncio.gather(*(_again(server) for server in self.servers))
        tried.answered += all(answers)
        rows = await asyncio.to_thread(self.postgres.rows, "SELECT id, title FROM tasks", "board")
        there = {int(row[0]): str(row[1]) for row in rows}
        tried.lost += sum(there.get(number) != title for number, title in self.made.items())
        for said in self.refused:
            tried.expect(said, "503 board_")
        if self.slowest > BOUND:
            tried.unclear.append(f"a call took {self.slowest:.0f} s")
        return tried


async def _again(server: Server) -> bool:
    """Whether it answers once the database is back; the first call may find a broken session."""
    for _ in range(20):
        if await server.answers():
            return True
        await asyncio.sleep(0.5)
    return False


@asynccontextmanager
async def _team(through: "Line | None" = None) -> AsyncGenerator[Team | None]:
    """A team, or None where PostgreSQL is not installed."""
    programs = binaries()
    if programs is None:
        yield None
        return
    async with AsyncExitStack() as stack:
        postgres = stack.enter_context(running(programs))
        await asyncio.to_thread(lambda: postgres.migrate().create("board"))
        address = make_url(postgres.url("board"))
        if through is not None:
            port = await stack.enter_async_context(through.to(postgres.port))
            address = address.set(port=port)
        url = address.render_as_string(hide_password=False)
        place = await stack.enter_async_context(folder())
        servers = [
            await stack.enter_async_context(serving(place, CLAUDETASK_DATABASE_URL=url))
            for _ in range(SERVERS)
        ]
        yield Team(postgres, servers)


async def _during(fault: Callable[[Team], Awaitable[None]], terms: Terms) -> Outcome | None:
    async with _team() as team:
        if team is None:
            return None
        async with team.writing():
            await asyncio.sleep(terms.chance.random() / 5)  # anywhere within a write
            await fault(team)
        return await team.judge()


async def database_killed(terms: Terms) -> Outcome | None:
    """The database server is killed (-9) while both servers write, and started again."""

    async def fault(team: Team) -> None:
        file = team.postgres.folder / "data" / "postmaster.pid"
        os.kill(int(file.read_text("ascii").split("\n")[0]), signal.SIGKILL)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(_start_anew, team.postgres)

    return await _during(fault, terms)


def _start_anew(postgres: Postgres) -> None:
    """Its sessions end by themselves, and until they have it does not start."""
    for _ in range(20):
        with suppress(AssertionError):
            postgres.start()
            return
    postgres.start()


async def sessions_ended(terms: Terms) -> Outcome | None:
    """An administrator ends every session three times while both servers write."""

    async def fault(team: Team) -> None:
        for _ in range(3):
            await asyncio.to_thread(team.postgres.execute, OURS)
            await asyncio.sleep(0.3)

    return await _during(fault, terms)


class Line:
    """The line to the database, on which nothing may come through for a while, nor any end."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()

    @asynccontextmanager
    async def to(self, port: int) -> AsyncGenerator[int]:
        """Listens for the servers; answers the port to come to."""

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, back = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(self._carry(reader, back), self._carry(there, writer))

        listening = await asyncio.start_server(connected, "127.0.0.1", 0)
        try:
            yield listening.sockets[0].getsockname()[1]
        finally:
            self._open.set()
            listening.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while part := await reader.read(1 << 16):
                await self._open.wait()
                writer.write(part)
                await writer.drain()
        await self._open.wait()
        writer.close()

    async def silent(self, seconds: float) -> None:
        self._open.clear()
        await asyncio.sleep(seconds)
        self._open.set()


async def line_silent(_: Terms) -> Outcome | None:
    """Nothing comes through between the servers and the database for a while, then all does."""
    line = Line()
    async with _team(line) as team:
        if team is None:
            return None
        async with team.writing():
            await line.silent(SILENT_SECONDS)
        return await team.judge()
