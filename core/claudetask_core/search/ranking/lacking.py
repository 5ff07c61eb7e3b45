"""Which files and chunks lack the names that a question has whole.

A name of several words is mostly asked for as it is: files that hold its words here and there, or
in their paths, are more than those that have the name, and no answer.
"""

from collections.abc import Sequence

import numpy as np

from claudetask_core.search.index.analysis import NAME
from claudetask_core.search.index.catalog import Catalog
from claudetask_core.search.ranking.evidence import Floats, Numbers, Witness
from claudetask_core.search.text.tokens import JOINED, stem


def spellings(name: str) -> tuple[str, ...]:
    """The terms that a name of several words is found by as a whole: used, defined, as a word."""
    return JOINED + name, NAME + name, stem(name)


class Lacking:
    """How much of a question's names of several words each file and chunk lacks.

    A name counts the more the fewer files have it; one that stands nowhere counts for nothing.

    Args:
        names: These names, joined.
        witness: Tells where terms are.
        catalog: The files.
    """

    def __init__(self, names: Sequence[str], witness: Witness, catalog: Catalog) -> None:
        size = len(catalog.rows)
        self._files = np.zeros(size)
        self._found: list[tuple[float, Numbers]] = []
        self._names = max(1, len(names))
        for name in names:
            evidence = [witness.of(term) for term in spellings(name)]
            held = np.zeros(size, np.bool_)
            for one in evidence:
                held[one.files] = True
            held = held[catalog.first[:size]]
            held[catalog.paths.stems.of(name)] = True
            having = np.count_nonzero(held)
            if having:
                telling = max(0.0, 1.0 - np.log1p(having - 1) / np.log1p(catalog.files))
                self._files += telling * ~held
                self._found.append((telling, np.concatenate([one.chunks for one in evidence])))

    def files(self, factor: float) -> Floats:
        """The factor of each file: 1 for one that has every name, `factor` at least."""
        return factor ** (self._files / self._names)

    def chunks(self, numbers: Numbers, factor: float) -> Floats:
        """The same for some chunks, by their numbers in the index."""
        lacks = np.zeros(numbers.size)
        for telling, chunks in self._found:
            lacks += telling * ~np.isin(numbers, chunks)
        return factor ** (lacks / self._names)
