"""What is said where no more connections can be taken, as no more files may be opened.

asyncio tries every connection that may wait, once a second, and logs each with a traceback: half a
megabyte a second, until the disk is full.
"""

import asyncio
import logging
import math
import resource
import time
from typing import Any, Final

NO_MORE: Final = "socket.accept() out of system resource"
PAUSE_SECONDS: Final = 60.0
BACKLOG: Final = 128
"""So many connections may wait to be taken."""

log = logging.getLogger(__name__)


class OutOfHandles:
    """The event loop's handler of what nobody caught: this one thing it says once a minute."""

    def __init__(self) -> None:
        self._said = -math.inf

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if context.get("message") != NO_MORE:
            loop.default_exception_handler(context)
        elif time.monotonic() - self._said >= PAUSE_SECONDS:
            self._said = time.monotonic()
            log.error(
                "No connection can be taken: %s. Those that come wait. Close some clients, or "
                "start the server with a larger limit of open files (ulimit -n, which is %d).",
                context.get("exception", NO_MORE),
                resource.getrlimit(resource.RLIMIT_NOFILE)[0],
            )
