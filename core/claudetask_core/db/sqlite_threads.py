"""The threads behind SQLite's connections, none of which outlives the database.

A task that is cancelled while it opens a connection or asks something leaves that connection's
thread at work. Its answer then comes to an event loop that may be closed by now, and the thread
dies of that, the file still open in it. So every thread is remembered, and the end of the database
waits for them while the loop still runs.
"""

import asyncio
import sqlite3
import time
from collections.abc import Iterable
from threading import Thread
from typing import Any
from weakref import WeakSet

import aiosqlite

from claudetask_core.db.sqlite_connection import AT_ONCE, SqliteConnection


class SqliteThreads:
    """Opens connections and knows which of their threads are left."""

    def __init__(self) -> None:
        self._threads: WeakSet[Thread] = WeakSet()
        self._unwanted: set[asyncio.Task[None]] = set()

    async def connect(self, database: str, **options: Any) -> aiosqlite.Connection:
        """Opens a connection; one that its caller gave up meanwhile is closed again."""
        opening = asyncio.create_task(self._open(database, options))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            closing = asyncio.create_task(_close(opening))
            self._unwanted.add(closing)
            closing.add_done_callback(self._unwanted.discard)
            raise

    async def _open(self, database: str, options: dict[str, Any]) -> aiosqlite.Connection:
        connection = SqliteConnection(lambda: sqlite3.connect(database, **options), AT_ONCE)
        thread: Thread = connection._thread  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] — no public way to it
        thread.daemon = True  # as SQLAlchemy has it: none keeps the program from ending
        self._threads.add(thread)
        return await connection

    async def ended(self, seconds: float) -> bool:
        """Waits so long for all of them to end; whether they have."""
        until = time.monotonic() + seconds
        if self._unwanted:
            await asyncio.wait(self._unwanted, timeout=seconds)
        left = [thread for thread in self._threads if thread.is_alive()]
        return not left or await asyncio.to_thread(_join, left, until)


async def _close(opening: asyncio.Task[aiosqlite.Connection]) -> None:
    await asyncio.wait({opening})
    if not opening.cancelled() and opening.exception() is None:
        await opening.result().close()


def _join(threads: Iterable[Thread], until: float) -> bool:
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)
