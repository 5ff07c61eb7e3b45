"""What the postings say of one term: in which chunks and files it stands, and how often."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.catalog import Catalog
from claudetask_core.search.packed import unpack
from claudetask_core.search.store import Store

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Chunks with the term and how often each has it, then the same for files.

    Files that share a content are counted as the first of them.
    """

    chunks: Numbers
    times: Floats
    files: Numbers
    file_times: Floats


class Witness:
    """Reads each term once for a question."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog
        self._known: dict[str, Evidence] = {}

    def of(self, term: str) -> Evidence:
        """The evidence of a term among the files of the catalogue."""
        known = self._known.get(term)
        if known is None:
            known = self._known[term] = self._read(term)
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
