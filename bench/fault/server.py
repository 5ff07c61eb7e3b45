"""A server of its own on a board of its own, and what it acknowledged."""

import asyncio
import os
import signal
import sqlite3
import sys
import tempfile
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx

PROGRAM: Final = [sys.executable, "-I", "-m", "claudetask_mcp"]
SOON: Final = 90.0
QUICK: Final = 10.0
SETTINGS: Final = {"CLAUDETASK_RATE_LIMIT_ENABLED": "false", "CLAUDETASK_INDEX_WATCH": "false"}
OK: Final = 200
CREATED: Final = 201
ACCEPTED: Final = 202
LISTENING: Final = "Listening on "


class NotStartedError(Exception):
    """The server said why it does not start."""


@dataclass(frozen=True)
class Terms:
    """How a fault is to come: what chooses its moment and place, and how long a lock is held."""

    chance: Random
    lock_seconds: float = 60


@dataclass
class Outcome:
    """What became of one kind of fault."""

    injected: int = 0
    lost: int = 0
    answered: int = 0
    unclear: list[str] = field(default_factory=list[str])

    def add(self, other: "Outcome") -> None:
        self.injected += other.injected
        self.lost += other.lost
        self.answered += other.answered
        self.unclear += other.unclear

    @property
    def good(self) -> bool:
        return not self.lost and not self.unclear and self.answered == self.injected

    def expect(self, said: str | None, *words: str) -> None:
        """Notes where an error does not say what it should; None is no error at all."""
        if said is None or not all(word in said for word in words):
            self.unclear.append(f"expected {words}, got {said!r:.300}")


class Server:
    """Calls one server, and remembers what it acknowledged."""

    def __init__(self, process: asyncio.subprocess.Process, address: str, said: list[str]) -> None:
        self.process = process
        self.address = address
        self.said = said
        self.client = httpx.AsyncClient(base_url=address, timeout=SOON)

    async def create(self, title: str, made: dict[int, str]) -> str | None:
        """Creates a task; answers what a refusal says, or None."""
        answer = await self.client.post("/api/tasks", json={"title": title})
        if answer.status_code != CREATED:
            return refusal(answer)
        made[answer.json()["id"]] = title
        return None

    async def answers(self) -> bool:
        """Whether a write and a read are answered now, in good time."""
        try:
            async with httpx.AsyncClient(base_url=self.address, timeout=QUICK) as client:
                wrote = await client.post("/api/tasks", json={"title": "the next call"})
                read = await client.get("/api/tasks", params={"limit": 1})
        except httpx.HTTPError:
            return False
        return wrote.status_code == CREATED and read.status_code == OK

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)


def refusal(answer: httpx.Response) -> str:
    """What a problem says; anything else is shown as it is."""
    try:
        problem: dict[str, Any] = answer.json()
    except ValueError:
        return f"{answer.status_code} {answer.text!r:.200}"
    return f"{answer.status_code} {problem.get('code')}: {problem.get('detail')}"


@asynccontextmanager
async def serving(folder: Path, **settings: str) -> AsyncGenerator[Server]:
    """Starts a server in a folder and ends it.

    Raises:
        NotStartedError: It ended instead.
    """
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        "serve",
        "--port",
        "0",
        cwd=folder,
        env={**os.environ, **SETTINGS, **settings},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    said: list[str] = []
    reading: asyncio.Task[None] | None = None
    try:
        address = await asyncio.wait_for(_address(process, said), SOON)
        reading = asyncio.create_task(_listen(process, said))
        server = Server(process, address, said)
        async with server.client:
            yield server
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), SOON)
        if reading is not None:
            await reading


async def _address(process: asyncio.subprocess.Process, said: list[str]) -> str:
    async for line in _lines(process):
        if line.startswith(LISTENING):
            return line.removeprefix(LISTENING)
        said.append(line)
    await process.wait()
    raise NotStartedError("\n".join(said))


async def _listen(process: asyncio.subprocess.Process, said: list[str]) -> None:
    said.extend([line async for line in _lines(process)])


async def _lines(process: asyncio.subprocess.Process) -> AsyncGenerator[str]:
    if process.stderr is None:
        return
    while line := await process.stderr.readline():
        yield line.decode("utf-8", "replace").rstrip("\n")


async def command(folder: Path, *arguments: str) -> tuple[int, str]:
    """Runs one command of the program; its exit code and all it said."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        *arguments,
        cwd=folder,
        env={**os.environ, **SETTINGS},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), SOON)
    return process.returncode or 0, output.decode("utf-8", "replace")


def board_of(folder: Path) -> Path:
    return folder / ".claudetask" / "claudetask.db"


def lost(folder: Path, made: dict[int, str]) -> int:
    """How many of the acknowledged tasks the board does not hold, or holds otherwise."""
    with closing(sqlite3.connect(board_of(folder))) as board:
        there = dict(board.execute("SELECT id, title FROM tasks"))
    return sum(there.get(number) != title for number, title in made.items())


async def fill(server: Server, count: int, made: dict[int, str]) -> None:
    """Creates tasks, all acknowledged."""
    for number in range(count):
        said = await server.create(f"task {number} {'x' * 100}", made)
        if said is not None:
            raise NotStartedError(said)


def spoil(file: Path, pages: Iterable[int], size: int = 4096) -> None:
    """Overwrites parts of pages, as a failing disk might; nobody may have the file open."""
    with file.open("r+b") as damaged:
        length = damaged.seek(0, os.SEEK_END)
        for page in pages:
            if page * size < length:
                damaged.seek(page * size)
                damaged.write(b"\xa5" * 512)


@asynccontextmanager
async def folder() -> AsyncGenerator[Path]:
    """A project's folder that is gone in the end."""
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as made:
        (Path(made) / "shop.py").write_text("def refund(order):\n    return order.total\n", "utf-8")
        yield Path(made)


@asynccontextmanager
async def mounted(where: Path, *options: str) -> AsyncGenerator[bool]:
    """A mount, where this process may make one; tells whether it is there."""
    done = os.getuid() == 0 and not await _run("mount", *options, str(where))
    try:
        yield done
    finally:
        if done:
            await _run("umount", "-l", str(where))


async def _run(*arguments: str) -> int:
    process = await asyncio.create_subprocess_exec(
        *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    return await process.wait()


async def remount(where: Path, options: str) -> bool:
    return not await _run("mount", "-o", options, str(where))
