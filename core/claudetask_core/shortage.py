"""What the system no longer gives this process, in words that name what to raise.

Python says it as MemoryError, and as RuntimeError where it is a thread that cannot be had.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from claudetask_core.errors import Unavailable

NO_THREAD: Final = "can't start new thread"


class OutOfMemory(Unavailable):
    code = "out_of_memory"

    def __init__(self) -> None:
        super().__init__(
            "The server has no memory left for this.",
            next_step="Try again in a moment; if it stays so, a person starts the server again "
            "with more memory (ulimit -v).",
        )


class OutOfThreads(Unavailable):
    code = "out_of_threads"

    def __init__(self) -> None:
        super().__init__(
            "The system gives the server no thread for this.",
            next_step="Try again in a moment; if it stays so, a person ends other processes or "
            "starts the server again with a larger limit (ulimit -u, ulimit -v).",
        )


def shortage(error: BaseException) -> Unavailable | None:
    """The refusal that this is one of, or None where it is of another kind."""
    if isinstance(error, MemoryError):
        return OutOfMemory()
    if isinstance(error, RuntimeError) and NO_THREAD in str(error):
        return OutOfThreads()
    return None


@contextmanager
def told() -> Generator[None]:
    """Turns a shortage into its refusal, so that what goes on after refusals goes on after it."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        known = shortage(error)
        if known is None:
            raise
        raise known from error
