"""What the rest of the tree says of a file: how many speak of it, and what stands beside it."""

from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.index.catalog import NOBODY, Catalog
from claudetask_core.search.ranking.evidence import Floats, Numbers, Witness
from claudetask_core.search.text.tokens import JOINED
from claudetask_core.search.tree.paths import path_terms

_BESIDE: Final = 3
_RANKS: Final = np.arange(_BESIDE + 1)
_UNKNOWN: Final = -1.0


class Standing:
    """In how many files the name of a file stands; counted once for each, as it changes little
    until there are twice as many files.
    """

    def __init__(self) -> None:
        self._files = 0
        self._known = np.zeros(0)
        self._by_name: dict[str, int] = {}

    def of(self, numbers: Numbers, catalog: Catalog, witness: Witness) -> Floats:
        """How well known files are, each 0–1, of the shape of `numbers`.

        Args:
            numbers: Files of the catalogue.
            catalog: The files.
            witness: Tells which files have a term.
        """
        self.prepare(numbers, catalog, witness)
        whole = np.log1p(max(1, catalog.files))
        return np.minimum(1.0, np.log1p(self._known[numbers]) / whole)

    def prepare(self, numbers: Numbers, catalog: Catalog, witness: Witness) -> None:
        """Counts for those files that are not known yet; arguments as for `of`."""
        if catalog.files > 2 * self._files:
            self._files = catalog.files
            self._by_name.clear()
            self._known.fill(_UNKNOWN)
        missing = len(catalog.rows) - self._known.size
        if missing > 0:
            self._known = np.concatenate((self._known, np.full(missing, _UNKNOWN)))
        fresh = cast("list[int]", numbers[self._known[numbers] < 0].tolist())
        if not fresh:
            return
        names = [_name(catalog, number) for number in fresh]
        new = [name for name in dict.fromkeys(names) if name not in self._by_name]
        self._by_name.update(zip(new, witness.holders(new), strict=True))
        self._known[fresh] = [self._by_name[name] for name in names]


def _name(catalog: Catalog, number: int) -> str:
    """The name of a file as a term; an empty one, which stands nowhere, where it has none."""
    row = catalog.rows[number]
    terms = path_terms(row.path) if row is not None else None
    if terms is None or not terms.stem_words:
        return ""
    return terms.stem_words[0] if len(terms.stem_words) == 1 else JOINED + terms.stems[0]


def siblings(scores: Floats, folders: NDArray[np.int32], numbers: Numbers) -> Floats:
    """The mean score of the best other files of each file's folder, by the best of all, 0–1.

    Args:
        scores: Of every file, of the shape (files,).
        folders: The folder of every file, of at least that shape.
        numbers: The files that are asked for.
    """
    own = folders[: scores.size]
    asked = np.zeros(int(folders.max(initial=0)) + 2, np.bool_)
    asked[own[numbers]] = True
    asked[NOBODY] = False  # where those stand that are gone
    members = asked[own].nonzero()[0]
    codes = asked.cumsum() - 1
    inside, values = codes[own[members]], scores[members]
    largest = float(scores.max(initial=0.0)) or 1.0
    order = (2.0 * inside - values / largest).argsort()  # by folder, then the best first
    sizes = np.bincount(inside)
    starts = sizes.cumsum() - sizes
    ranked = np.concatenate((values[order], np.zeros(_BESIDE + 1)))
    top = ranked[starts[:, None] + _RANKS] * (sizes[:, None] > _RANKS)
    folder, mine = codes[own[numbers]], scores[numbers]
    last = top[folder, _BESIDE]
    sums = np.add.reduce(top, axis=1)[folder] - np.maximum(mine, last)  # without its own
    return sums / (np.minimum(_BESIDE, np.maximum(1, sizes - 1))[folder] * largest)
