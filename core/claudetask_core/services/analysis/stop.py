"""How an analysis is told to end, whoever carries it out."""

from collections.abc import Callable

CANCEL_GRACE = 3.0
"""How long a cancelled one has for its own end, in seconds."""
CLOSE_GRACE = 0.4
"""The same where the server itself ends."""


class Stop:
    """A request to end, which may come before there is anything to end."""

    def __init__(self) -> None:
        self.asked = False
        self._grace = 0.0
        self._pull: Callable[[float], object] | None = None

    def ask(self, grace: float) -> None:
        """Ends what runs, giving it `grace` seconds after the interrupt; the first to ask rules."""
        if self.asked:
            return
        self.asked, self._grace = True, grace
        if self._pull is not None:
            self._pull(grace)

    def bind(self, pull: Callable[[float], object]) -> None:
        self._pull = pull
        if self.asked:
            pull(self._grace)
