"""Postings as bytes: for a term the chunks it stands in and how often, 32 bits each.

The upper 26 bits are the number of a chunk, the lower 6 how often the term stands there (63
means 63 or more). Postings of two segments are joined by joining their bytes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

Postings = NDArray[np.uint32]
Row = tuple[str, bytes]
"""A term and its postings."""

_BITS: Final = 6
MOST_TIMES: Final = (1 << _BITS) - 1
MOST_CHUNKS: Final = 1 << (32 - _BITS)
SIZE: Final = 4
"""The bytes of one posting."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The postings of some chunks: those of `terms[i]` are `ends[i - 1]` to `ends[i]`."""

    terms: list[str]
    ends: NDArray[np.int64]
    postings: bytes

    def rows(self, base: int) -> Iterator[tuple[str, bytes]]:
        """(term, its postings), in the order of the terms, chunks counted from `base`."""
        shifted = np.frombuffer(self.postings, np.uint32) + np.uint32(base << _BITS)
        data = shifted.tobytes()
        ends = (self.ends * SIZE).tolist()
        starts = [0, *ends[:-1]]
        for number in sorted(range(len(self.terms)), key=self.terms.__getitem__):
            yield self.terms[number], data[starts[number] : ends[number]]


@dataclass(frozen=True, slots=True)
class Counts:
    """How often (`times`) a term stands in a chunk, in the order of terms, then chunks.

    `terms` are places in `spelled`; all three arrays have the shape (n,).
    """

    terms: NDArray[np.int64]
    chunks: NDArray[np.int64]
    times: NDArray[np.int64]
    spelled: list[str]

    def segment(self) -> Segment:
        """The counts as postings."""
        postings = (self.chunks << _BITS) | self.times
        ends = np.searchsorted(self.terms, np.arange(len(self.spelled)), "right")
        return Segment(self.spelled, ends.astype(np.int64), postings.astype(np.uint32).tobytes())


def count(terms: NDArray[np.int32], chunks: NDArray[np.int32], spelled: list[str]) -> Counts:
    """Counts terms by chunk.

    Args:
        terms: A term's number for each time it stands somewhere, shape (n,).
        chunks: The chunk it stands in, from 0, shape (n,).
        spelled: The terms by their number; those that stand nowhere are left out of the answer.
    """
    keys = (terms.astype(np.int64) << 32) | chunks
    keys.sort()
    fresh = changes(keys)
    times = np.minimum(np.diff(fresh, append=keys.size), MOST_TIMES)
    kept = keys[fresh]
    owners = kept >> 32
    firsts = changes(owners)
    places = np.repeat(np.arange(firsts.size), np.diff(firsts, append=owners.size))
    return Counts(
        terms=places,
        chunks=kept & 0xFFFFFFFF,
        times=times,
        spelled=[spelled[number] for number in owners[firsts].tolist()],
    )


def changes(keys: NDArray[np.integer]) -> NDArray[np.int64]:
    """Where each run of equal keys starts."""
    if not keys.size:
        return np.zeros(0, np.int64)
    return np.concatenate(([0], (keys[1:] != keys[:-1]).nonzero()[0] + 1))


def unpack(data: bytes) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Chunk numbers and how often a term stands in each, both of shape (n,)."""
    postings = np.frombuffer(data, np.uint32)
    return (postings >> _BITS).astype(np.int64), (postings & MOST_TIMES).astype(np.float64)


def gathered(segments: Iterable[Iterable[Row]]) -> Iterator[Row]:
    """The rows of several segments, one for each term, in the order of the terms."""
    found: dict[str, list[bytes]] = defaultdict(list)
    for term, data in chain.from_iterable(segments):
        found[term].append(data)
    for term in sorted(found):
        yield term, b"".join(found[term])


def without(data: bytes, alive: NDArray[np.bool_]) -> bytes:
    """Postings of the chunks that are still wanted; `alive` has the shape (chunks,)."""
    postings = np.frombuffer(data, np.uint32)
    return postings[alive[postings >> _BITS]].tobytes()
