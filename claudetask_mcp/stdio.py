"""MCP over stdin and stdout, and an end within two seconds whatever hangs.

The end of stdin or a signal ends the session in order. What then does not end by itself (a query
on a stuck disk, a thread) is left behind with the process.
"""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from io import TextIOWrapper
from types import FrameType
from typing import TYPE_CHECKING, cast

import anyio
from mcp.server.stdio import stdio_server

from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_mcp.deadline import Deadline, leave
from claudetask_mcp.entry import Entry
from claudetask_mcp.jsonrpc import Answers, Messages, Unanswered, without_halves
from claudetask_mcp.rate_limit import RateLimit
from claudetask_mcp.room import Room
from claudetask_mcp.server import Server, build_server
from claudetask_mcp.tools.catalogue import CLASSES
from claudetask_mcp.wire import Wire, claimed

if TYPE_CHECKING:
    from claudetask_core.core import Core


logger = logging.getLogger(__name__)


SETTLE_SECONDS = 1.2
"""So long what was asked before the end of stdin may take; the deadline comes after it."""


class Lines:
    """The lines of the wire on the event loop, and their end, whoever brings it about."""

    def __init__(self, wire: Wire, deadline: Deadline) -> None:
        self._deadline = deadline
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._stopped = asyncio.Event()
        self._wire = wire

    def begin(self) -> None:
        """Takes the lines from here on, those first that came before."""
        self._wire.hand_to(self._take)

    def end(self) -> None:
        """Ends the lines, from any thread, and starts the deadline."""
        self._deadline.start()
        self._put(None)

    def stop(self) -> None:
        """The same for a signal: nothing is waited for any more."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self.end()

    async def settle(self, unanswered: Unanswered) -> None:
        """Waits after the last line until all is answered, or it has to end."""
        answered = asyncio.ensure_future(unanswered.none())
        stopped = asyncio.ensure_future(self._stopped.wait())
        either = {answered, stopped}
        await asyncio.wait(either, timeout=SETTLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for waiting in either:
            waiting.cancel()

    async def __aiter__(self) -> AsyncIterator[str]:
        while (line := await self._lines.get()) is not None:
            yield line

    def _take(self, line: bytes | None) -> None:
        if line is None:
            self.end()
        else:
            self._put(readable(line))

    def _put(self, line: str | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)


def readable(line: bytes) -> str:
    """The line as text that the SDK takes, without the mark that some shells begin with."""
    return without_halves(line.decode("utf-8-sig", "replace"))


def serve_stdio(entry: Entry, wire: Wire | None = None) -> int:
    """Serves one client until it goes away, then leaves the process; does not come back.

    Args:
        entry: What the program read from its surroundings.
        wire: The streams, where they are read already.
    """
    server = stdio_server_of(entry)
    gc.enable()
    gc.freeze()  # what the start made stays: a collection need not look at it again
    asyncio.run(_serve(server, wire or claimed()))
    return 0


def stdio_server_of(entry: Entry) -> Server:
    """The server whose project's own limits replace the first ones once its board is open."""
    limit = RateLimit(RateLimiter(entry.settings), CLASSES)

    @asynccontextmanager
    async def opener() -> AsyncGenerator["Core"]:
        async with entry.open(following=True) as core:
            if core.settings.model_dump() != entry.settings.model_dump():
                limit.limiter = RateLimiter(core.settings)
            await asyncio.to_thread(entry.client.note)
            yield core

    return build_server(opener, process=entry.process, limit=limit, workflow=entry.early_workflow())


async def _serve(server: Server, wire: Wire) -> None:
    lines = Lines(wire, Deadline())

    def stop(_: int, __: FrameType | None) -> None:
        lines.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    Room("In Claude Code: /mcp, reconnect; give the server more memory.").watch()
    lines.begin()
    messages = Messages(aiter(lines), lines.settle)
    stdin = cast("anyio.AsyncFile[str]", messages)  # the SDK only iterates it
    stdout = anyio.wrap_file(TextIOWrapper(os.fdopen(wire.out, "wb"), encoding="utf-8"))
    try:
        async with stdio_server(stdin, stdout) as (incoming, outgoing):
            messages.sender = outgoing
            options = server.low.create_initialization_options()
            await server.low.run(
                incoming, Answers(outgoing, messages.unanswered, wire.ahead), options
            )
    except* (BrokenPipeError, ConnectionResetError):
        logger.info("The client no longer reads.")
    leave()  # the core is closed; what still runs in a thread is not waited for
