"""Threads for work that may take long, apart from those that every call takes.

asyncio's own threads are few (six on two cores) and serve whatever needs one for a moment: the
look for a project's folder, the address of another machine. Were six of them to wait, for a file
system that hangs or for another process's turn at the index, every call would wait with them.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from claudetask_core.shortage import told

P = ParamSpec("P")
T = TypeVar("T")


class Lane:
    """At most so many threads for one kind of work; more of it waits in line for these alone.

    A caller that gives up leaves its thread at work, in the lane, so that work which hangs never
    takes more threads than that. They end with the lane.

    Args:
        name: What its threads are called.
        most: How many there are.
    """

    def __init__(self, name: str, most: int = 1) -> None:
        self._threads = ThreadPoolExecutor(most, thread_name_prefix=name)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the work answers, from a thread of the lane.

        Raises:
            OutOfMemory: The work found none.
            OutOfThreads: There is no thread for it.
        """
        asked = partial(copy_context().run, work, *args, **kwargs)
        with told():
            return await asyncio.get_running_loop().run_in_executor(self._threads, asked)
