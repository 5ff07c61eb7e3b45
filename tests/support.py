"""Doubles and short cuts that tests share."""

import asyncio
import os
import subprocess
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from inspect import isawaitable
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import event

from claudetask_core.clock import Clock
from claudetask_core.core import Core

T = TypeVar("T")
SOON = 30.0
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class HeldClock(Clock):
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.present = START
        self.passed = 0.0

    def now(self) -> datetime:
        return self.present

    def elapsed(self) -> float:
        return self.passed

    def advance(self, seconds: float) -> None:
        self.present += timedelta(seconds=seconds)
        self.passed += seconds


@asynccontextmanager
async def in_own_task(context: AbstractAsyncContextManager[T]) -> AsyncGenerator[T]:
    """Enters and leaves a context in one task; a fixture's two halves run in different ones."""
    ready: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()

    async def own() -> None:
        async with context as value:
            ready.set_result(value)
            await done.wait()

    task = asyncio.create_task(own())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    yield ready.result()
    done.set()
    await task


def in_git(folder: Path, *commands: str) -> None:
    """Runs git in a folder, once for each command; its words hold no blanks."""
    for command in commands:
        subprocess.run(["git", *command.split()], cwd=folder, check=True, timeout=20)


@contextmanager
def questions(core: Core) -> Generator[list[str]]:
    """The statements that are executed meanwhile, without those that begin a transaction."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "WITH bounds")):
            asked.append(statement)

    engine = core.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def eventually(
    holds: Callable[[], object] | Callable[[], Awaitable[object]], seconds: float = SOON
) -> None:
    """Waits until something holds, and not for ever."""

    async def it_does() -> object:
        said: object = holds()
        return await cast("Awaitable[object]", said) if isawaitable(said) else said

    async with asyncio.timeout(seconds):
        while not await it_does():  # noqa: ASYNC110 — other processes set no event
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that is dead but not yet reaped does not."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
