"""How work that takes long is told to end, wherever it is done."""

from collections.abc import Callable

Stop = Callable[[], bool]
"""Asked often by the work: whether it is to end."""


class Stopped(Exception):  # not a failure: nobody waits for the work any more
    """The work was told to end."""
