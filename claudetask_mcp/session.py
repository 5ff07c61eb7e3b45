"""The core behind the server, opened when it is first needed and not before.

A client gives a server two seconds to answer `initialize` and `tools/list`; the database, git and
the index stay untouched until then. One task enters and leaves the core's context, because what it
holds belongs to the task that opened it.
"""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import TYPE_CHECKING, Self

from claudetask_core.errors import DomainError

if TYPE_CHECKING:
    from claudetask_core.core import Core

logger = logging.getLogger(__name__)

Opener = Callable[[], AbstractAsyncContextManager["Core"]]
"""Opens the core; called once for each attempt."""

Companion = Callable[["Core", int], Awaitable[None]]
"""What runs beside an open core until it is closed; told of the newest event at its opening."""

CLOSE_SECONDS = 1.5


class LazyCore:
    """A core that many calls share and the first of them opens.

    An opening that fails is reported to everyone who waits for it and tried again at the next
    call.
    """

    def __init__(self, opener: Opener, companion: Companion) -> None:
        self._opener = opener
        self._companion = companion
        self._owner: asyncio.Task[None] | None = None
        self._opened: asyncio.Future[Core] | None = None
        self._closing = asyncio.Event()
        self._warm_up: asyncio.TimerHandle | None = None
        self._users = 0

    async def get(self) -> "Core":
        """The open core.

        Raises:
            DomainError: It cannot be opened; the sentence says why.
        """
        owner, opened = self._begin()
        await asyncio.wait({owner, opened}, return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            owner.result()
        return opened.result()

    def warm_up(self, seconds: float) -> None:
        """Opens the core in `seconds`, where neither a call nor an earlier wish does so before."""
        loop = asyncio.get_running_loop()
        planned = self._warm_up
        if self._owner is None and (planned is None or loop.time() + seconds < planned.when()):
            if planned is not None:
                planned.cancel()
            self._warm_up = loop.call_later(seconds, self._begin)

    async def __aenter__(self) -> Self:
        self._users += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self._users -= 1
        if self._users == 0:
            await self._close()

    async def _close(self) -> None:
        if self._warm_up is not None:
            self._warm_up.cancel()
        owner, opened = self._owner, self._opened
        self._owner = self._opened = self._warm_up = None
        if owner is None or opened is None or owner.done():
            return
        if opened.done():
            self._closing.set()
        else:
            owner.cancel()
        await asyncio.wait({owner}, timeout=CLOSE_SECONDS)
        owner.cancel()

    def _begin(self) -> "tuple[asyncio.Task[None], asyncio.Future[Core]]":
        if self._owner is None or self._opened is None or self._owner.done():
            self._opened = asyncio.get_running_loop().create_future()
            self._closing = asyncio.Event()
            self._owner = asyncio.create_task(self._own(self._opened, self._closing))
            self._owner.add_done_callback(_told)
        return self._owner, self._opened

    async def _own(self, opened: "asyncio.Future[Core]", closing: asyncio.Event) -> None:
        # half a second of imports, kept off the loop that answers the client
        await asyncio.to_thread(importlib.import_module, "claudetask_core.core")
        async with self._opener() as core:
            await core.search.start()
            core.analysis.serve()
            companion = asyncio.ensure_future(self._companion(core, await core.events.latest()))
            opened.set_result(core)
            try:
                await closing.wait()
            finally:
                companion.cancel()
                with suppress(asyncio.CancelledError):
                    await companion


def _told(owner: asyncio.Task[None]) -> None:
    """Takes note of a failed opening, which a call that waits for it reports."""
    if owner.cancelled():
        return
    error = owner.exception()
    if isinstance(error, DomainError):
        logger.warning("The project cannot be opened: %s", error)
    elif error is not None:
        logger.error("The project cannot be opened", exc_info=error)
