"""How much a word tells on this board: what is rare here tells more than what stands everywhere.

The newest tasks stand for all. On a young board, where counting says little, what counts is how
much the word tells in general.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from claudetask_core.search.vectors.table import PATH, Table, TableDamaged
from claudetask_core.search.vectors.vectors import Floats, Vectors
from claudetask_core.services.similar.terms import lexicon, terms

SAMPLE: Final = 400
YOUNG: Final = 100
USUAL: Final = 12.0
UNKNOWN: Final = 1.2
LEAST: Final = 0.45
MOST: Final = 1.25
PLAIN: Final = 0.35


@dataclass(frozen=True)
class Rarity:
    """The words of some tasks and how many of these have each."""

    tasks: int
    holders: Counter[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Rarity":
        holders: Counter[str] = Counter()
        tasks = 0
        for text in texts:
            holders.update(terms(text).keys())
            tasks += 1
        return cls(tasks, holders)

    def share(self, term: str) -> float:
        """The part of all tasks that say this, none taken to be said by nobody."""
        return (self.holders[term] + 0.5) / (self.tasks + 1)

    def weights(self, said: Sequence[str]) -> Floats:
        """How much each term tells, about 1 for a telling one; of the shape (terms,)."""
        known = self.tasks / (self.tasks + YOUNG)
        whole = math.log1p((self.tasks + 1) / 0.5)
        here = np.array([math.log1p(1 / self.share(term)) / whole for term in said])
        return _general(said) * ((1 - known) + known * MOST * here)


def _general(said: Sequence[str]) -> Floats:
    """How much each term tells in any project."""
    lengths = np.linalg.norm(vectors(said), axis=1)
    tells = np.where(lengths > 0, np.clip(lengths / USUAL, LEAST, MOST), UNKNOWN)
    plain = lexicon().plain
    return tells * np.array([PLAIN if term in plain else 1.0 for term in said])


def vectors(said: Sequence[str]) -> Vectors:
    """The vectors of terms by the shipped table, zeros for what it does not know."""
    known = table()
    return np.zeros((len(said), 1), np.float32) if known is None else known.vectors(said)


@cache
def table() -> Table | None:
    """Without its table words are compared by the lists alone; doctor tells what is wrong."""
    try:
        return Table.load(PATH)
    except TableDamaged:
        return None
