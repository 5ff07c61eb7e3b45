"""Asks git about a folder, off the event loop and for a bounded time and answer."""

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from anyio import to_thread

from claudetask_core.git_answer import GitAnswer
from claudetask_core.stopping import Stop

SECONDS: Final = 5
MOST: Final = 256 * 1024


async def git(folder: Path, *arguments: str, most: int = MOST) -> str | None:
    """What `git -C folder …` prints, or None where git fails, is missing or takes too long.

    Args:
        folder: Where git is asked.
        arguments: The question.
        most: How many bytes of the answer are read; git is ended where it says more.
    """
    # A thread starts and ends each git: a question given up at any moment leaves neither process
    # nor pipe then, as it would where the event loop starts processes.
    given_up = threading.Event()
    asking = partial(_ask, folder, arguments, most, given_up.is_set)
    try:
        return await to_thread.run_sync(asking, abandon_on_cancel=True)
    finally:
        given_up.set()


def _ask(folder: Path, arguments: Sequence[str], most: int, stop: Stop) -> str | None:
    answer = GitAnswer(folder, arguments, stop, SECONDS, most + 1)
    said = b"".join(answer)
    if not answer.ended_well and len(said) <= most:
        return None
    return said[:most].decode("utf-8", "surrogateescape")
