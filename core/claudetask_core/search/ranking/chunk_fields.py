"""The second pass: what the question's terms say of the chunks of the best files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, compress
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.index.analysis import (
    ADDED,
    DECLARED,
    MEMBER,
    NAME,
    NAME_WORD,
    spelled,
)
from claudetask_core.search.index.catalog import NOBODY, Catalog
from claudetask_core.search.ranking.evidence import Floats, Numbers, Witness, rarity, saturated
from claudetask_core.search.ranking.fields import normal
from claudetask_core.search.ranking.question import Question
from claudetask_core.search.ranking.weights import Weights

_K1: Final = 1.5
_B: Final = 0.75
_NOWHERE: Final = np.zeros(0, np.int64)
_NEVER: Final = np.zeros(0)
_SENTENCE: Final = 4
_NEARLY: Final = 0.9
"""A chunk that has nearly all of so many words, by how rare they are, has them hardly by chance."""
_WORTH: Final = np.zeros(DECLARED + 1)
_WORTH[[MEMBER, ADDED, DECLARED]] = 0.8, 0.6, 1.0
"""What it is worth to define a name that is asked for, by how (`analysis.DECLARED`)."""


@dataclass(slots=True)
class Candidates:
    """The chunks of some contents, each with a place: those of the i-th from `starts[i]` on.

    Args:
        bases: The number of the first chunk of each content.
        counts: How many chunks each has.
    """

    bases: Numbers
    counts: Numbers
    starts: Numbers = field(init=False)
    numbers: Numbers = field(init=False)
    owners: Numbers = field(init=False)
    """For each chunk its number in the index and the place of its content."""

    def __post_init__(self) -> None:
        self.starts = np.concatenate(([0], self.counts.cumsum()))
        self.owners = np.arange(self.counts.size).repeat(self.counts)
        self.numbers = np.arange(self.owners.size) + (self.bases - self.starts[:-1])[self.owners]

    @property
    def size(self) -> int:
        return self.owners.size


@dataclass(slots=True)
class _Occurrences:
    """Where some terms stand among the candidates: numbers of terms, ascending, the place of a
    chunk, how often and with what BM25 the term stands there, all of the shape (n,); and how rare
    each term is.
    """

    terms: Numbers
    places: Numbers
    times: Floats
    gains: Floats
    rarities: Floats

    def groups(self, sizes: Sequence[int]) -> "list[_Occurrences]":
        """Those of the first `sizes[0]` terms, of the next `sizes[1]`, and so on, the terms of
        each counted from 0.
        """
        ends = [*accumulate(sizes)]
        stops = cast("list[int]", self.terms.searchsorted(ends).tolist())
        found: list[_Occurrences] = []
        first = start = 0
        for end, stop in zip(ends, stops, strict=True):
            some = slice(start, stop)
            terms, rarities = self.terms[some] - first, self.rarities[first:end]
            found.append(
                _Occurrences(terms, self.places[some], self.times[some], self.gains[some], rarities)
            )
            first, start = end, stop
        return found

    def marks(self, size: int) -> NDArray[np.bool_]:
        """Which of `size` chunks has which term, of the shape (terms, size)."""
        marks = np.zeros((self.rarities.size, size), np.bool_)
        marks[self.terms, self.places] = True
        return marks

    def levels(self, size: int) -> NDArray[np.int8]:
        """How each of `size` chunks defines each name, of the shape (terms, size)."""
        levels = np.zeros((self.rarities.size, size), np.int8)
        levels[self.terms, self.places] = np.minimum(self.times, DECLARED)
        return levels


class ChunkScorer:
    """Fills the fields of the chunks of some contents."""

    def __init__(
        self,
        witness: Witness,
        catalog: Catalog,
        question: Question,
        candidates: Candidates,
    ) -> None:
        self._witness = witness
        self._catalog = catalog
        self._question = question
        self._candidates = candidates
        self._names = [*dict.fromkeys((*question.names, *question.pairs, *question.plain))]
        self._text = np.zeros(0)
        self._words_in = self._names_in = np.zeros((0, candidates.size), np.bool_)
        self._levels = np.zeros((0, candidates.size), np.int8)

    def score(self, weights: Weights) -> Floats:
        """The weighted sum of the fields of every chunk, of the shape (chunks,)."""
        words, joined, parts, names, as_spelled = self._groups()
        self._words_in = words.marks(self._candidates.size)
        self._levels = names.levels(self._candidates.size)
        least = MEMBER if self._question.is_identifier else ADDED
        self._names_in = self._levels >= least
        counted = np.array([self._question.weight(word) for word in self._question.words])
        self._text = self._summed(words, counted[words.terms] * words.gains)
        sums = weights.chunk_text * normal(self._text)
        coverage = self._summed(words, (counted * words.rarities)[words.terms])
        sums += weights.coverage * normal(coverage)
        if np.count_nonzero(words.rarities) >= _SENTENCE:
            share = coverage / (counted * words.rarities).sum()
            sums += weights.complete * np.maximum(0.0, (share - _NEARLY) / (1.0 - _NEARLY))
        if joined.terms.size:
            sums += weights.chunk_joined * normal(self._summed(joined, joined.gains))
        if parts.terms.size and weights.chunk_names:
            gains = self._summed(parts, counted[parts.terms] * parts.gains)
            sums += weights.chunk_names * normal(gains)
        if names.terms.size:
            sums += weights.exact_name * self._defined(self._question.names)
            sums += weights.declared * self._defined(self._question.names[-1:])
            sums += weights.spelled * as_spelled.marks(self._candidates.size).any(axis=0)
            sums += weights.joined_name * self._defined(self._question.pairs)
            sums += weights.word_is_name * self._defined(self._question.plain)
        return sums

    def several(self) -> Floats:
        """How much the chunks of each content hold together, of the shape (contents,)."""
        candidates = self._candidates
        sums = np.bincount(candidates.owners, self._text, minlength=candidates.counts.size)
        return sums.astype(np.float64, copy=False)

    def matched(self) -> NDArray[np.bool_]:
        """Which chunks hold or define anything of the question, of the shape (chunks,)."""
        return np.logical_or.reduce(np.concatenate((self._words_in, self._names_in)))

    def words_in(self, places: Sequence[int]) -> list[list[str]]:
        """The words of the question that each of some chunks holds."""
        return _marked(self._question.words, self._words_in[:, places])

    def names_in(self, places: Sequence[int]) -> list[list[str]]:
        """The names of the question that each of some chunks defines."""
        return _marked(self._names, self._names_in[:, places])

    def _groups(self) -> list[_Occurrences]:
        """The occurrences of words, of joined words, of words in names, of names and how one is
        spelled.
        """
        question = self._question
        terms = (
            question.words,
            question.together,
            [NAME_WORD + word for word in question.words],
            [NAME + name for name in self._names],
            [spelled(name) for name in question.as_spelled],
        )
        found = self._occurrences([term for group in terms for term in group])
        return found.groups([*map(len, terms)])

    def _occurrences(self, terms: Sequence[str]) -> _Occurrences:
        catalog = self._catalog
        found = [(number, self._witness.of(term)) for number, term in enumerate(terms)]
        found = [(number, one) for number, one in found if one.chunks.size]
        places = self._places(np.concatenate([_NOWHERE, *(one.chunks for _, one in found)]))
        among = (places >= 0).nonzero()[0]
        places = places[among].astype(np.int64)
        times = np.concatenate([_NEVER, *(one.times for _, one in found)])[among]
        which = np.array([number for number, _ in found], np.int64)
        numbers = which.repeat([one.chunks.size for _, one in found])[among]
        rarities = np.zeros(len(terms))
        rarities[which] = [rarity(catalog.chunks, one.chunks.size) for _, one in found]
        lengths = catalog.chunk_lengths[self._candidates.numbers[places]].astype(np.float64)
        mean = catalog.length / max(1, catalog.chunks)
        gains = saturated(times, lengths, mean, _K1, _B)
        return _Occurrences(numbers, places, times, rarities[numbers] * gains, rarities)

    def _places(self, chunks: Numbers) -> NDArray[np.int32]:
        """The place of each chunk among the candidates, `NOBODY` for one that is none of them."""
        where, numbers = self._catalog.places, self._candidates.numbers
        where[numbers] = np.arange(numbers.size)
        try:
            return where[chunks]
        finally:
            where[numbers] = NOBODY

    def _summed(self, found: _Occurrences, values: Floats) -> Floats:
        sums = np.bincount(found.places, values, minlength=self._candidates.size)
        return sums.astype(np.float64, copy=False)

    def _defined(self, names: Sequence[str]) -> Floats:
        """How much each chunk defines one of some names, 0–1."""
        rows = [self._names.index(name) for name in names]
        return _WORTH[np.maximum.reduce(self._levels[rows] * self._names_in[rows], initial=0)]


def _marked(terms: Sequence[str], marks: NDArray[np.bool_]) -> list[list[str]]:
    """Those of some terms that each chunk has; `marks` has the shape (terms, chunks)."""
    return [[*compress(terms, own)] for own in cast("list[list[bool]]", marks.T.tolist())]
