"""What runs on beside the calls: none of it is lost sight of, and all of it ends in time."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

log = logging.getLogger(__name__)


class Background:
    """Lives, which end by themselves, and helpers, of which each is there once."""

    def __init__(self) -> None:
        self.living: set[asyncio.Task[None]] = set()
        self._helpers: dict[str, asyncio.Task[None]] = {}
        self._closing = asyncio.Event()

    def begin(self, life: Coroutine[Any, Any, None]) -> None:
        living = _logged(life)
        self.living.add(living)
        living.add_done_callback(self.living.discard)

    def keep(self, name: str, helper: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Starts a helper, unless it runs."""
        running = self._helpers.get(name)
        if running is None or running.done():
            self._helpers[name] = _logged(helper())

    async def pause(self, seconds: float) -> bool:
        """Where a helper waits; whether it shall go on. So it ends between two looks at the
        database, and not amid one.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)
        return not self._closing.is_set()

    async def close(self, *patience: float) -> None:
        """Waits so many seconds for all of it to end, and cancels what has not."""
        self._closing.set()
        left = {*self.living, *self._helpers.values()}
        for seconds in patience:
            if left:
                _, left = await asyncio.wait(left, timeout=seconds)
            for late in left:
                late.cancel()


def _logged(life: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    task = asyncio.create_task(life)
    task.add_done_callback(_log_fault)
    return task


def _log_fault(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (fault := task.exception()) is not None:
        log.error("an analysis failed by a fault of ours", exc_info=fault)
