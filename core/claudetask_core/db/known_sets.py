"""Which tasks of a board were found for one thing or another, for all connections to it."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

MOST_BYTES: Final = 16 << 20
"""As much is kept of one board: a set of a board of a million tasks is 133 KB, so 125 of these."""
SETS: Final = "sets"
"""Under this a connection keeps what was found in its board."""
Thing = tuple[str, str]
"""What the tasks of a set have in common: the name of a column and its value, or a text."""
TEXT: Final = "text"
"""The name of what is no column."""
At = TypeVar("At")


@dataclass(frozen=True)
class KnownSet(Generic[At]):
    """The numbers of some tasks, each a bit, and when they were so, as the database tells that."""

    at: At
    numbers: int


class KnownSets(Generic[At]):
    """The sets that were asked for last, as many as there is room for."""

    def __init__(self) -> None:
        self._sets: OrderedDict[Thing, KnownSet[At]] = OrderedDict()
        self.bytes = 0

    def get(self, thing: Thing) -> KnownSet[At] | None:
        if thing in self._sets:
            self._sets.move_to_end(thing)
        return self._sets.get(thing)

    def put(self, thing: Thing, known: KnownSet[At]) -> None:
        self._forget(self._sets.pop(thing, None))
        self._sets[thing] = known
        self.bytes += known.numbers.__sizeof__()
        while self.bytes > MOST_BYTES:
            self._forget(self._sets.popitem(last=False)[1])

    def _forget(self, known: KnownSet[At] | None) -> None:
        if known is not None:
            self.bytes -= known.numbers.__sizeof__()
