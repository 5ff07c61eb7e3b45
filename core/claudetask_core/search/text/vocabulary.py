"""Numbers for words and terms, so that a file is counted with arrays rather than with strings."""

import secrets
from array import array
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.text.credentials import is_suspicious
from claudetask_core.search.text.tokens import word_terms, words

Int = NDArray[np.int32]
Keys = NDArray[np.uint64]
Places = NDArray[np.int64]

MOST_WORDS: Final = 150_000
UNKNOWN: Final = -1
_SLICE: Final = 1 << 14
_HALF: Final = 8
_SHORT: Final = 2 * _HALF
_PADDING: Final = bytes(2 * _SHORT)
_IN_RUN: Final = np.array(
    [not chr(code).isascii() or chr(code).isalnum() or code == ord("_") for code in range(256)],
    np.bool_,
)
_MASKS: Final = np.array([(1 << 8 * length) - 1 for length in range(_HALF + 1)], np.uint64)
_LEAST_ROOM: Final = 1 << 14


class _Words(dict[bytes, int]):
    """The number of each run met; an unknown one is taken apart and numbered at once.

    A run is what stands between two signs of ASCII: mostly one word, in UTF-8.
    """

    def __init__(self, terms: dict[str, int]) -> None:
        super().__init__()
        self._terms = terms
        self.starts = array("i", [0])
        self.members = array("i")
        self.suspicious: set[int] = set()

    def __missing__(self, run: bytes) -> int:
        number = len(self)
        terms = self._terms
        text = run.decode()
        for word in (text,) if text.isascii() and not text[0].isdigit() else words(text):
            for term in word_terms(word):
                self.members.append(terms.setdefault(term, len(terms)))
            if is_suspicious(word):
                self.suspicious.add(number)
        self.starts.append(len(self.members))
        self[run] = number
        return number


class _ShortRuns:
    """The numbers of runs of at most 16 bytes, which are two keys of 64 bits.

    A hash table in arrays, with linear probing, so that thousands are looked up at once. The
    places are drawn at random (multiply-shift hashing, Dietzfelbinger et al., 1997), so that
    nobody can write a text whose words all fall on one place.
    """

    def __init__(self) -> None:
        self._factors = [np.uint64(secrets.randbits(64) | 1) for _ in range(2)]
        self._make(_LEAST_ROOM)

    def _make(self, room: int) -> None:
        self._room = room
        self._shift = np.uint64(64 - (room.bit_length() - 1))
        self._low = np.zeros(room, np.uint64)
        self._high = np.zeros(room, np.uint64)
        self._numbers = np.full(room, UNKNOWN, np.int32)
        self._count = 0

    def find(self, low: Keys, high: Keys) -> Int:
        """The number of each run, `UNKNOWN` for an unknown one; all of the shape (n,)."""
        return self._probed(low, high)[1]

    def _probed(self, low: Keys, high: Keys) -> tuple[Places, Int]:
        """Where each run stands or would stand, and its number."""
        mixed = low * self._factors[0] + high * self._factors[1]
        places = (mixed >> self._shift).astype(np.int64)
        found = self._numbers[places]
        others = self._others(np.arange(places.size), places, low, high, found)
        while others.size:
            places[others] = (places[others] + 1) % self._room
            found[others] = self._numbers[places[others]]
            others = self._others(others, places, low, high, found)
        return places, found

    def _others(self, some: Places, places: Places, low: Keys, high: Keys, found: Int) -> Places:
        """Those of `some` that came upon another run's place."""
        at = places[some]
        differs = (self._low[at] != low[some]) | (self._high[at] != high[some])
        return some[differs & (found[some] != UNKNOWN)]

    def add(self, low: Keys, high: Keys, numbers: Int) -> None:
        """Keeps runs, each of them once and none that is known."""
        if 2 * (self._count + low.size) > self._room:
            held = np.flatnonzero(self._numbers != UNKNOWN)
            low = np.concatenate((self._low[held], low))
            high = np.concatenate((self._high[held], high))
            numbers = np.concatenate((self._numbers[held], numbers))
            self._make(1 << (4 * low.size).bit_length())
        self._count += low.size
        while low.size:
            places, _ = self._probed(low, high)
            _, first = np.unique(places, return_index=True)
            at = places[first]
            self._low[at], self._high[at], self._numbers[at] = (
                low[first],
                high[first],
                numbers[first],
            )
            low, high = np.delete(low, first), np.delete(high, first)
            numbers = np.delete(numbers, first)


class Vocabulary:
    """Grows with the words it meets; is to be made anew when it `is_full`."""

    def __init__(self) -> None:
        self._terms: dict[str, int] = {}
        self._words = _Words(self._terms)
        self._short = _ShortRuns()

    @property
    def is_full(self) -> bool:
        return len(self._words) > MOST_WORDS

    @property
    def suspicious(self) -> Int:
        """The numbers of the runs that credentials begin with."""
        return np.fromiter(self._words.suspicious, np.int32, len(self._words.suspicious))

    def term(self, term: str) -> int:
        """The number of a term that is no word of a text."""
        return self._terms.setdefault(term, len(self._terms))

    def spelled(self) -> list[str]:
        """The terms, each at the place of its number."""
        return list(self._terms)

    def runs(self, text: bytes) -> tuple[Places, Int]:
        """Where each run of letters, digits and `_` begins in a text in UTF-8, and its number.

        Runs are numbered by what they hold; letters beyond ASCII and the signs among them
        belong to one.
        """
        data = text + _PADDING
        edges = np.flatnonzero(np.diff(_IN_RUN[np.frombuffer(data, np.uint8)], prepend=False))
        starts, lengths = edges[::2], edges[1::2] - edges[::2]
        at_each = np.ndarray((len(data) - _HALF + 1,), "<u8", data, strides=(1,))
        numbers = np.empty(starts.size, np.int32)
        for first in range(0, starts.size, _SLICE):
            some = slice(first, first + _SLICE)
            numbers[some] = self._numbered(data, at_each, starts[some], lengths[some])
        return starts, numbers

    def _numbered(self, data: bytes, at_each: Keys, starts: Places, lengths: Places) -> Int:
        low = at_each[starts] & _MASKS[np.minimum(lengths, _HALF)]
        high = at_each[starts + _HALF] & _MASKS[np.clip(lengths - _HALF, 0, _HALF)]
        numbers = self._short.find(low, high)
        numbers[lengths > _SHORT] = UNKNOWN
        unknown = np.flatnonzero(numbers == UNKNOWN)
        if unknown.size:
            before = len(self._words)
            number = self._words.__getitem__
            bounds = zip(starts[unknown].tolist(), lengths[unknown].tolist(), strict=True)
            numbers[unknown] = [number(data[start : start + length]) for start, length in bounds]
            new = unknown[(numbers[unknown] >= before) & (lengths[unknown] <= _SHORT)]
            new = new[np.unique(numbers[new], return_index=True)[1]]
            self._short.add(low[new], high[new], numbers[new])
        return numbers

    def expand(self, runs: Int, owners: Int) -> tuple[Int, Int]:
        """The terms of runs.

        Args:
            runs: Numbers of runs, shape (n,).
            owners: What each run belongs to, shape (n,).

        Returns:
            Numbers of terms and what each belongs to, both of shape (m,).
        """
        starts = np.array(self._words.starts, np.int32)
        members = np.array(self._words.members, np.int32)
        first = starts[runs]
        counts = starts[runs + 1] - first
        ends = np.cumsum(counts)
        total = int(ends[-1]) if ends.size else 0
        places = np.repeat(first - (ends - counts), counts) + np.arange(total)
        return members[places], np.repeat(owners, counts).astype(np.int32)
