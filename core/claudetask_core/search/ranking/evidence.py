"""What the postings say of one term: in which chunks and files it stands, and how often."""

import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.index.catalog import NOBODY, Catalog
from claudetask_core.search.index.store import Store
from claudetask_core.search.text.packed import SIZE, Row, changes, unpack

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

_K1: Final = 3.0
_B: Final = 0.2
_MOST: Final = 500_000
"""Postings that are remembered, about 16 bytes each."""
_COST: Final = 100
_AT_ONCE: Final = 400_000
"""Bytes of postings that are worked on at once; each becomes about ten."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Chunks with the term and how often each has it, then files, each once, with what the term
    gives each by BM25, its rarity left out.

    Files that share a content are counted as the first of them.
    """

    chunks: Numbers
    times: Floats
    files: Numbers
    file_gains: Floats


class Memory:
    """The evidence of the terms asked for lately, as long as the catalogue stays as it is.

    Questions of a session share most of their words.
    """

    def __init__(self) -> None:
        self._version = -1
        self._known: OrderedDict[str, Evidence] = OrderedDict()
        self._size = 0

    def get(self, term: str, version: int) -> Evidence | None:
        """What is remembered of a term."""
        if version != self._version:
            self._known.clear()
            self._version, self._size = version, 0
        known = self._known.get(term)
        if known is not None:
            self._known.move_to_end(term)
        return known

    def put(self, term: str, evidence: Evidence) -> None:
        """Remembers a term, and forgets others where they are too many."""
        self._known[term] = evidence
        self._size += _COST + evidence.chunks.size
        while self._size > _MOST:
            _, oldest = self._known.popitem(last=False)
            self._size -= _COST + oldest.chunks.size


class Witness:
    """Reads the terms of one question, each once, and none that `memory` still knows."""

    def __init__(self, store: Store, catalog: Catalog, memory: Memory) -> None:
        self._store = store
        self._catalog = catalog
        self._memory = memory
        self._held: dict[str, Evidence] = {}

    def of(self, term: str) -> Evidence:
        """The evidence of a term among the files of the catalogue."""
        if term not in self._held:
            self.prepare((term,))
        return self._held[term]

    def prepare(self, terms: Iterable[str]) -> None:
        """Reads those of some terms that are not remembered, all at once."""
        missing: dict[str, list[bytes]] = {}
        for term in terms:
            known = self._memory.get(term, self._catalog.version)
            if known is None:
                missing[term] = []
            else:
                self._held[term] = known
        for term, data in self._store.postings([*missing]):
            missing[term].append(data)
        found = dict.fromkeys(missing, _NOTHING)
        read = ((term, b"".join(data)) for term, data in missing.items() if data)
        for some in _portions(read):
            found |= self._evidence(dict(some))
        for term, one in found.items():
            self._held[term] = one
            self._memory.put(term, one)

    def _evidence(self, data: dict[str, bytes]) -> dict[str, Evidence]:
        """What the packed postings of some terms say, worked out for all of them at once."""
        chunks, times = unpack(b"".join(data.values()))
        asked = np.arange(len(data)).repeat([len(one) // SIZE for one in data.values()])
        owners = self._owners(chunks)
        ours = owners >= 0
        chunks, times, owners, asked = chunks[ours], times[ours], owners[ours], asked[ours]
        if not owners.size:
            return {}
        # the chunks of a file have neighbouring numbers: each file with the term is one run
        starts = changes(asked * np.int64(self._catalog.owner.size) + owners)
        files = owners[starts].astype(np.int64)
        file_gains = self._file_gains(files, np.add.reduceat(times, starts))
        ends = asked.searchsorted(np.arange(1, len(data) + 1))
        file_ends = starts.searchsorted(ends)
        found: dict[str, Evidence] = {}
        start = first = 0
        for term, end, last in zip(data, ends.tolist(), file_ends.tolist(), strict=True):
            # copies, as what is remembered of one term must not hold the others'
            found[term] = Evidence(
                chunks[start:end].copy(),
                times[start:end].copy(),
                files[first:last].copy(),
                file_gains[first:last].copy(),
            )
            start, first = end, last
        return found

    def _file_gains(self, files: Numbers, times: Floats) -> Floats:
        catalog = self._catalog
        mean = catalog.length / max(1, catalog.files)
        return saturated(times, catalog.lengths[files], mean, _K1, _B)

    def holders(self, terms: Sequence[str]) -> list[int]:
        """In how many files each of some terms stands; nothing of this is remembered."""
        places = {term: place for place, term in enumerate(dict.fromkeys(terms))}
        counts = np.zeros(len(places), np.int64)
        for some in _portions(self._store.postings([*places])):
            counts += self._holding(some, places)
        return [int(counts[places[term]]) for term in terms]

    def _holding(self, read: Sequence[Row], places: Mapping[str, int]) -> Numbers:
        """In how many files each term stands by some rows of postings, by the terms' places."""
        chunks, _ = unpack(b"".join(data for _, data in read))
        sizes = [len(data) // SIZE for _, data in read]
        asked = np.repeat([places[term] for term, _ in read], sizes)
        owners = self._owners(chunks)
        ours = owners >= 0
        asked, owners = asked[ours], owners[ours]
        starts = changes(asked * np.int64(self._catalog.owner.size) + owners)
        return np.bincount(asked[starts], minlength=len(places)).astype(np.int64)

    def _owners(self, chunks: Numbers) -> NDArray[np.int32]:
        """The file that each chunk is scored with, below 0 for one that is not in the tree."""
        owner = self._catalog.owner
        if not chunks.size or int(chunks.max()) < owner.size:
            return owner[chunks]
        found = np.full(chunks.size, NOBODY, np.int32)
        within = chunks < owner.size
        found[within] = owner[chunks[within]]
        return found


def _portions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows of postings, as many at a time as are quickly unpacked; a large one alone."""
    some: list[Row] = []
    size = 0
    for row in rows:
        some.append(row)
        size += len(row[1])
        if size > _AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


_NONE: Final = np.zeros(0, np.int64)
_NOTHING: Final = Evidence(_NONE, np.zeros(0), _NONE, np.zeros(0))


def rarity(total: int, having: int) -> float:
    """The inverse document frequency of BM25, never negative."""
    return math.log1p((total - having + 0.5) / (having + 0.5))


def saturated(times: Floats, lengths: Floats, mean: float, k1: float, b: float) -> Floats:
    """BM25's term frequency (Robertson and Zaragoza, 2009), without the rarity of the term."""
    scale = k1 * (1 - b) + k1 * b / max(1.0, mean) * lengths
    return times * (k1 + 1) / (times + scale)
