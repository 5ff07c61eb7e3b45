"""Which tasks hold any part of a text, by an inverted index of the terms of their texts.

For each term it has the places where it stands, counted through the texts of some thousand tasks,
which are a segment (positional postings: Manning, Raghavan, Schütze, Introduction to Information
Retrieval, chapter 2.4). A part of a text is looked for in the list of all terms first, then as
terms in a row. So what takes the time is how often its rarest term is there, not how long it is.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import count
from typing import Final

import numpy as np

from claudetask_core.services.matching import number_sets, terms
from claudetask_core.services.matching.terms import Asked, Piece, Side

Numbers = np.ndarray
Flags = np.ndarray
"""Whether each of something is so."""
SEGMENT: Final = 1 << 16
"""Segment k has the tasks numbered from so many times k."""
BETWEEN: Final = b"\xff"
"""Stands before, between and after the terms in the list of them; no octet of UTF-8 is this."""
SHORT: Final = 3
"""Of no more octets all places are looked at at once: such are found very often."""
MANY_TERMS: Final = 256
DENSE: Final = 16
"""Of more terms, or such as are more than this part of all, every place is looked at."""
AT_ONCE: Final = 1 << 16
"""So many places are looked at while they are in the processor's cache."""
PLACE: Final = np.dtype("<i4")
DIGEST: Final = np.dtype("<u8")
NONE: Final = np.zeros(0, PLACE)
Read = Callable[[int, int], Numbers]
"""What stands from one place to before another."""


class Damaged(Exception):
    """An index does not say what it was made of."""


@dataclass(frozen=True)
class Segment:
    """The texts of some tasks.

    Attributes:
        numbers: Of the tasks, ascending.
        starts: Where the texts of each begin.
        vocabulary: All terms, those that are no words first, as `BETWEEN` says.
        others: How many of them are no words.
        begins: Where each begins in it.
        offsets: Which of the places are a term's: from its own to before the next's.
        places: Where terms stand, those of one term ascending.
        said: Which term stands at each place.
        digests: Of the texts of each task.
    """

    numbers: Numbers
    starts: Numbers
    vocabulary: bytes
    others: int
    begins: Numbers
    offsets: Numbers
    places: Read
    said: Read
    digests: Read

    @property
    def length(self) -> int:
        """How many terms the texts have."""
        return int(self.offsets[-1])

    def holding(self, asked: Asked) -> Numbers:
        """The numbers of the tasks that hold it, some more than once.

        Raises:
            IndexError, ValueError, OSError: The segment is damaged.
        """
        found = [self._terms(piece) for piece in asked.pieces]
        often = [int(self._often[one].sum()) for one in found]
        if not all(often):
            return NONE
        beside = [(n, one, True) for n, one in enumerate(found)]
        if asked.after_blank:
            beside.append((-1, self._without_blank(Side.END), False))
        if asked.before_blank:
            beside.append((len(found), self._without_blank(Side.BEGINNING), False))
        first, _, _ = beside.pop(min(range(len(found)), key=often.__getitem__))
        if self._are_many(found[first], often[first]):
            there = self._is(found[first])
            for n, these, wanted in beside:
                there &= _moved(self._is(these), n - first) == wanted
            return self.numbers[self._flagged(there)]
        at = self._at(found[first]) - first
        said = self.said(0, self.length if beside else 0)
        for n, these, wanted in beside:
            if at.size:
                at = at[these.take(said.take(at + n, mode="clip"), mode="clip") == wanted]
        return self.numbers[self._tasks(at)]

    @cached_property
    def _often(self) -> Numbers:
        """How often each term is there."""
        return np.diff(self.offsets)

    def _terms(self, piece: Piece) -> Flags:
        """Whether each term has this piece where it says."""
        before = piece.side in (Side.ALL, Side.BEGINNING)
        after = piece.side in (Side.ALL, Side.END)
        needle = BETWEEN * before + piece.said.encode() + BETWEEN * after
        hits = _hits(self.vocabulary, needle) + before
        found = np.zeros(len(self.begins), np.bool_)
        found[np.searchsorted(self.begins, hits, side="right") - 1] = True
        return found

    def _without_blank(self, side: Side) -> Flags:
        """The terms that may stand next to a word and have no blank on this side."""
        found = ~self._terms(Piece(terms.BLANK, side))
        found[self.others :] = False
        return found

    def _are_many(self, found: Flags, often: int) -> bool:
        """Whether a look at every place is quicker than at each where one of these stands."""
        return often > self.length // DENSE or int(np.count_nonzero(found)) > MANY_TERMS

    def _is(self, found: Flags) -> Flags:
        """Whether one of these terms stands at each place."""
        there = np.empty(self.length, np.bool_)
        for begin in range(0, self.length, AT_ONCE):
            some = there[begin : begin + AT_ONCE]
            np.take(found, self.said(begin, begin + len(some)), mode="clip", out=some)
        return there

    def _at(self, found: Flags) -> Numbers:
        """All places of these terms."""
        these = np.flatnonzero(found).tolist()
        return np.concatenate([self.places(*self.offsets[n : n + 2].tolist()) for n in these])

    def _tasks(self, at: Numbers) -> Numbers:
        """Which of the segment's tasks have these places in their texts."""
        if at.size <= self.length // DENSE:
            return np.searchsorted(self.starts, at, side="right") - 1
        there = np.zeros(self.length, np.bool_)
        there[at] = True
        return self._flagged(there)

    def _flagged(self, there: Flags) -> Numbers:
        """Which of the tasks have one of the places that are flagged."""
        return np.flatnonzero(np.bitwise_or.reduceat(there.view(np.uint8), self.starts))


def _moved(there: Flags, by: int) -> Flags:
    """What stands so many places after each."""
    moved = np.zeros_like(there)
    if by > 0:
        moved[:-by] = there[by:]
    else:
        moved[-by:] = there[:by]
    return moved


def holding(segments: Sequence[Segment], asked: Asked) -> int:
    """The set of the tasks that hold it.

    Raises:
        Damaged: The index is.
    """
    try:
        found = np.concatenate([NONE, *(segment.holding(asked) for segment in segments)])
        return number_sets.made(found)
    except (IndexError, ValueError, OSError) as error:
        raise Damaged from error


class Building:
    """A segment in the making."""

    def __init__(self) -> None:
        self._ids: defaultdict[str, int] = defaultdict(count().__next__)
        self._said = array("i", [self._ids[terms.END]])
        self._numbers = array("i")
        self._starts = array("i")
        self._digests = array("Q")

    @property
    def tasks(self) -> int:
        """How many there are by now."""
        return len(self._numbers)

    def add(self, number: int, title: str, description: str) -> None:
        """Takes in a task of a greater number than those before."""
        said = joined(title, description)
        self._numbers.append(number)
        self._starts.append(len(self._said))
        self._digests.append(digest(said))
        self._said.extend(map(self._ids.__getitem__, terms.terms(said.decode())))

    def made(self) -> Segment:
        """The segment of all that was taken in."""
        order = sorted(self._ids, key=terms.is_word)
        place = np.empty(len(order), np.intp)
        place[[self._ids[term] for term in order]] = np.arange(len(order))
        said = place[np.frombuffer(self._said, np.intc)].astype(of_terms(len(order)))
        by_term = np.sort(said.astype(np.int64) << 32 | np.arange(len(said)))
        places = (by_term & 0xFFFFFFFF).astype(PLACE)
        offsets = np.cumsum(np.bincount(said, minlength=len(order)))
        octets = [term.encode() for term in order]
        begins = np.cumsum([1, *(len(one) + 1 for one in octets)])
        digests = np.frombuffer(self._digests, np.ulonglong).astype(DIGEST)
        return Segment(
            numbers=np.frombuffer(self._numbers, np.intc).astype(PLACE),
            starts=np.frombuffer(self._starts, np.intc).astype(PLACE),
            vocabulary=BETWEEN + BETWEEN.join(octets) + BETWEEN,
            others=sum(not terms.is_word(term) for term in order),
            begins=begins[:-1].astype(PLACE),
            offsets=np.concatenate([[0], offsets]).astype(PLACE),
            places=lambda begin, end: places[begin:end],
            said=lambda begin, end: said[begin:end],
            digests=lambda begin, end: digests[begin:end],
        )


def of_terms(count: int) -> np.dtype:
    """How a term is written where there are so many."""
    return np.dtype("<u2" if count <= 1 << 16 else "<u4")


def joined(title: str, description: str) -> bytes:
    """The texts of a task as they are looked into, in small letters of ASCII."""
    return f"{title}{terms.END}{description}{terms.END}".encode().lower()


def digest(said: bytes) -> int:
    """By which texts are the same as before."""
    return int.from_bytes(blake2b(said, digest_size=DIGEST.itemsize).digest(), "little")


def _hits(vocabulary: bytes, needle: bytes) -> Numbers:
    """Where the needle begins."""
    if len(needle) <= SHORT:
        octets = np.frombuffer(vocabulary, np.uint8)
        last = max(len(octets) - len(needle) + 1, 0)
        there = np.ones(last, np.bool_)
        for n, octet in enumerate(needle):
            there &= octets[n : n + last] == octet
        return np.flatnonzero(there)
    found: list[int] = []
    at = vocabulary.find(needle)
    while at >= 0:
        found.append(at)
        at = vocabulary.find(needle, at + 1)
    return np.array(found, np.intp)
