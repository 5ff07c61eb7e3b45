"""Which tasks of a board were found for one thing or another, for all connections to it."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

MOST_BYTES: Final = 16 << 20
"""As much is kept of one board: a set of a board of a million tasks is 133 KB, so 125 of these."""
GREATEST: Final = (1 << 22) - 1
"""A set reaches to its greatest number; a board that was numbered higher by hand has none."""
SETS: Final = "sets"
"""Under this a connection keeps what was found in its board."""
Thing = tuple[str, str]
"""What the tasks of a set have in common: the name of a column and its value, or a text."""
TEXT: Final = "text"
"""The name of what is no column."""
At = TypeVar("At")
At_co = TypeVar("At_co", covariant=True)


@dataclass(frozen=True)
class KnownSet(Generic[At]):
    """The numbers of some tasks, each a bit, and when they were so, as the database tells that."""

    at: At
    numbers: int


@dataclass(frozen=True)
class Times(Generic[At]):
    """When a set was true, in words and back; what are none is a ValueError."""

    said: Callable[[At], str]
    of: Callable[[str], At]


class TermIndex(Protocol[At_co]):
    """By which the tasks that hold a text are found (`services.matching.postings`)."""

    @property
    def at(self) -> At_co:
        """When it was true."""
        ...

    def parts(self, text: str) -> Sequence[Callable[[], int]] | None:
        """What finds parts of their set, each in a thread; None where it does not say."""
        ...


class KnownSets(Generic[At]):
    """The sets that were asked for last, as many as there is room for.

    Args:
        file: Where they stand from one start to the next, if anywhere.

    Attributes:
        times: How what the file says is read and written; None until it was read.
        turn: Who reads the file.
        whole: Whether all that is likely to be asked for was looked for.
        news: Whether the file is to be written again.
        bytes: How much room they take.
        postings: The index of terms, where there is one.
        postings_read: Whether its file was looked for.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._sets: OrderedDict[Thing, KnownSet[At]] = OrderedDict()
        self.file = file
        self.times: Times[At] | None = None
        self.turn = asyncio.Lock()
        self.whole = False
        self.news = False
        self.bytes = 0
        self.postings: TermIndex[At] | None = None
        self.postings_read = False

    def get(self, thing: Thing) -> KnownSet[At] | None:
        if thing in self._sets:
            self._sets.move_to_end(thing)
        return self._sets.get(thing)

    def put(self, thing: Thing, known: KnownSet[At]) -> None:
        self.news = self.news or thing not in self._sets
        self.forget(thing)
        self._sets[thing] = known
        self.bytes += known.numbers.__sizeof__()
        while self.bytes > MOST_BYTES:
            self.forget(next(iter(self._sets)))

    def forget(self, thing: Thing) -> None:
        known = self._sets.pop(thing, None)
        if known is not None:
            self.bytes -= known.numbers.__sizeof__()

    def all(self) -> Sequence[tuple[Thing, KnownSet[At]]]:
        """Each, those asked for last at the end."""
        return list(self._sets.items())
