"""What a question and the path of a file mean as vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from claudetask_core.search.analysis import encoder_name
from claudetask_core.search.paths import path_terms
from claudetask_core.search.question import Question
from claudetask_core.search.tokens import JOINED
from claudetask_core.search.vectors import Floats, TermTable, Vectors, unit

_MOST_PATHS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Meaning:
    """A question's unit vector, of the shape (dimensions,), and whose vectors it compares with."""

    encoder: str
    vector: Vectors


def of_question(question: Question, table: TermTable | None) -> Meaning | None:
    """The sum of the vectors of the question's words; None where the table knows none of them."""
    if table is None or not question.words:
        return None
    vector = table.vectors(question.words).sum(axis=0)
    if not np.any(vector):
        return None
    return Meaning(encoder_name(table), unit(vector[None, :])[0])


class PathVectors:
    """What the names of files and their folders mean, remembered for the paths met lately.

    Args:
        table: Gives each word of a path a vector.
    """

    def __init__(self, table: TermTable) -> None:
        self._table = table
        self._known: dict[str, Vectors] = {}

    def closeness(self, paths: Sequence[str], question: Vectors) -> Floats:
        """The cosine of each path with a question, none below 0.

        Args:
            paths: Project-relative paths.
            question: A unit vector of the table, of the shape (dimensions,).
        """
        if not paths:
            return np.zeros(0)
        if len(self._known) > _MOST_PATHS:
            self._known.clear()
        fresh = [path for path in paths if path not in self._known]
        if fresh:
            self._known.update(zip(fresh, self._vectors(fresh), strict=True))
        rows = np.stack([self._known[path] for path in paths])
        return np.maximum(rows @ question, 0.0).astype(np.float64)

    def _vectors(self, paths: Sequence[str]) -> Vectors:
        words = [_words(path) for path in paths]
        spread = self._table.vectors([*chain.from_iterable(words)])
        sums = np.zeros((len(paths), self._table.dimensions), np.float32)
        owners = np.repeat(np.arange(len(paths)), [len(some) for some in words])
        np.add.at(sums, owners, spread)
        return unit(sums)


def _words(path: str) -> list[str]:
    terms = path_terms(path)
    return [term for term in (*terms.stem_words, *terms.folder_words) if term[0] != JOINED]
