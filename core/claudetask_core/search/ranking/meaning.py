"""What a question and the path of a file mean as vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import cast

import numpy as np

from claudetask_core.search.index.analysis import encoder_name
from claudetask_core.search.index.catalog import Catalog
from claudetask_core.search.ranking.evidence import Floats, Numbers
from claudetask_core.search.ranking.question import Question
from claudetask_core.search.text.tokens import JOINED
from claudetask_core.search.tree.paths import path_terms
from claudetask_core.search.vectors.vectors import TermTable, Vectors, unit


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
    if not vector.any():
        return None
    return Meaning(encoder_name(table), unit(vector[None, :])[0])


class PathVectors:
    """What the names of files and their folders mean, each worked out once.

    Args:
        table: Gives each word of a path a vector.
    """

    def __init__(self, table: TermTable) -> None:
        self._table = table
        self._known = np.zeros(0, np.bool_)
        self._rows = np.zeros((0, table.dimensions), np.float16)

    def closeness(self, numbers: Numbers, catalog: Catalog, question: Vectors) -> Floats:
        """The cosine of the path of each file with a question, none below 0.

        Args:
            numbers: Files of the catalogue.
            catalog: The files.
            question: A unit vector of the table, of the shape (dimensions,).
        """
        self.prepare(numbers, catalog)
        rows = self._rows[numbers].astype(np.float32)
        return np.maximum(rows @ question, 0.0).astype(np.float64)

    def prepare(self, numbers: Numbers, catalog: Catalog) -> None:
        """Works out the vectors of files of the catalogue that are not known yet."""
        missing = len(catalog.rows) - self._known.size
        if missing > 0:
            room = missing + self._known.size // 4
            self._known = np.concatenate((self._known, np.zeros(room, np.bool_)))
            more = np.zeros((room, self._table.dimensions), np.float16)
            self._rows = np.concatenate((self._rows, more))
        fresh = numbers[~self._known[numbers]]
        if fresh.size:
            files = cast("list[int]", fresh.tolist())
            rows = (catalog.rows[number] for number in files)
            self._rows[fresh] = self._vectors([row.path if row else "" for row in rows])
            self._known[fresh] = True

    def _vectors(self, paths: Sequence[str]) -> Vectors:
        words = [_words(path) for path in paths]
        spread = self._table.vectors([*chain.from_iterable(words)])
        counts = np.fromiter(map(len, words), np.int64, len(words))
        filled = np.flatnonzero(counts)
        sums = np.zeros((len(paths), self._table.dimensions), np.float32)
        if filled.size:
            sums[filled] = np.add.reduceat(spread, (np.cumsum(counts) - counts)[filled], axis=0)
        return unit(sums)


def _words(path: str) -> list[str]:
    terms = path_terms(path)
    return [term for term in (*terms.stem_words, *terms.folder_words) if term[0] != JOINED]
