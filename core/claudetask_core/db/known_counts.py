"""What was counted of a board's file, for all connections that have it open."""

from collections import OrderedDict
from typing import Final

MOST: Final = 256
Counted = tuple[str, int]
"""In which state, and how many."""


class KnownCounts:
    """The last count of each thing; those that were asked for last."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, Counted] = OrderedDict()

    def get(self, thing: str) -> Counted | None:
        if thing in self._counts:
            self._counts.move_to_end(thing)
        return self._counts.get(thing)

    def put(self, thing: str, counted: Counted) -> None:
        self._counts[thing] = counted
        self._counts.move_to_end(thing)
        if len(self._counts) > MOST:
            self._counts.popitem(last=False)
