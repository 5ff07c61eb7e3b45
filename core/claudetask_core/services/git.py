"""Asks git about a folder, off the event loop and for a bounded time and answer."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from claudetask_core.git_answer import GitAnswer
from claudetask_core.services.lanes import Lane
from claudetask_core.stopping import Stop

SECONDS: Final = 5
MOST: Final = 256 * 1024
AT_ONCE: Final = 8

# A thread starts and ends each git: a question given up at any moment leaves neither process nor
# pipe then, as it would where the event loop starts processes.
_lane = Lane("git", AT_ONCE)


async def git(folder: Path, *arguments: str, most: int = MOST) -> str | None:
    """What `git -C folder …` prints, or None where git fails, is missing or takes too long.

    Args:
        folder: Where git is asked.
        arguments: The question.
        most: How many bytes of the answer are read; git is ended where it says more.
    """
    given_up = threading.Event()
    try:
        return await _lane.run(_ask, folder, arguments, most, given_up.is_set)
    finally:
        given_up.set()


def _ask(folder: Path, arguments: Sequence[str], most: int, stop: Stop) -> str | None:
    answer = GitAnswer(folder, arguments, stop, SECONDS, most + 1)
    said = b"".join(answer)
    if not answer.ended_well and len(said) <= most:
        return None
    return said[:most].decode("utf-8", "surrogateescape")
