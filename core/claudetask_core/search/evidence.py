"""What the postings say of one term: in which chunks and files it stands, and how often."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.catalog import Catalog
from claudetask_core.search.packed import unpack
from claudetask_core.search.store import Store

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

_MOST: Final = 500_000
"""Postings that are remembered, about 16 bytes each."""
_COST: Final = 100


@dataclass(frozen=True, slots=True)
class Evidence:
    """Chunks with the term and how often each has it, then the same for files.

    Files that share a content are counted as the first of them.
    """

    chunks: Numbers
    times: Floats
    files: Numbers
    file_times: Floats


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
    """Reads terms, each once as long as `memory` lasts."""

    def __init__(self, store: Store, catalog: Catalog, memory: Memory) -> None:
        self._store = store
        self._catalog = catalog
        self._memory = memory

    def of(self, term: str) -> Evidence:
        """The evidence of a term among the files of the catalogue."""
        known = self._memory.get(term, self._catalog.version)
        if known is None:
            known = self._read(term)
            self._memory.put(term, known)
        return known

    def _read(self, term: str) -> Evidence:
        chunks, times = unpack(self._store.postings(term))
        owner = self._catalog.owner
        if chunks.size and chunks.max() >= owner.size:
            within = chunks < owner.size
            chunks, times = chunks[within], times[within]
        owners = owner[chunks]
        ours = owners >= 0
        chunks, times, owners = chunks[ours], times[ours], owners[ours]
        sums = np.bincount(owners, times, minlength=1)
        files = np.flatnonzero(sums)
        return Evidence(chunks, times, files, sums[files].astype(np.float64))


def rarity(total: int, having: int) -> float:
    """The inverse document frequency of BM25, never negative."""
    return math.log1p((total - having + 0.5) / (having + 0.5))


def saturated(times: Floats, lengths: Floats, mean: float, k1: float, b: float) -> Floats:
    """BM25's term frequency (Robertson and Zaragoza, 2009), without the rarity of the term."""
    scale = k1 * (1 - b) + k1 * b / max(1.0, mean) * lengths
    return times * (k1 + 1) / (times + scale)
