"""The second pass: what the question's terms say of the chunks of the best files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.analysis import NAME, NAME_WORD
from claudetask_core.search.catalog import NOBODY, Catalog
from claudetask_core.search.evidence import Floats, Numbers, Witness, rarity, saturated
from claudetask_core.search.fields import normal
from claudetask_core.search.question import Question
from claudetask_core.search.tokens import JOINED
from claudetask_core.search.weights import Weights

_K1: Final = 1.5
_B: Final = 0.75
_NOWHERE: Final = np.zeros(0, np.int64)
_NEVER: Final = np.zeros(0)


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
        self.starts = np.concatenate(([0], np.cumsum(self.counts)))
        self.owners = np.repeat(np.arange(self.counts.size), self.counts)
        self.numbers = np.arange(self.owners.size) + (self.bases - self.starts[:-1])[self.owners]

    @property
    def size(self) -> int:
        return self.owners.size


@dataclass(slots=True)
class _Occurrences:
    """Where some terms stand among the candidates: numbers of terms, ascending, the place of a
    chunk and the BM25 of the term there, all of the shape (n,); and how rare each term is.
    """

    terms: Numbers
    places: Numbers
    gains: Floats
    rarities: Floats

    def of(self, first: int, end: int) -> "_Occurrences":
        """Those of the terms from `first` to before `end`, which are counted from 0 then."""
        start, stop = np.searchsorted(self.terms, (first, end)).tolist()
        terms = self.terms[start:stop] - first
        rarities = self.rarities[first:end]
        return _Occurrences(terms, self.places[start:stop], self.gains[start:stop], rarities)

    def marks(self, size: int) -> NDArray[np.bool_]:
        """Which of `size` chunks has which term, of the shape (terms, size)."""
        marks = np.zeros((self.rarities.size, size), np.bool_)
        marks[self.terms, self.places] = True
        return marks


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

    def score(self, weights: Weights) -> Floats:
        """The weighted sum of the fields of every chunk, of the shape (chunks,)."""
        words, joined, parts, names = self._groups()
        self._words_in = words.marks(self._candidates.size)
        self._names_in = names.marks(self._candidates.size)
        counted = np.array([self._question.weight(word) for word in self._question.words])
        self._text = self._summed(words, counted[words.terms] * words.gains)
        sums = weights.chunk_text * normal(self._text)
        coverage = self._summed(words, (counted * words.rarities)[words.terms])
        sums += weights.coverage * normal(coverage)
        if joined.terms.size:
            sums += weights.chunk_joined * normal(self._summed(joined, joined.gains))
        if parts.terms.size and weights.chunk_names:
            gains = self._summed(parts, counted[parts.terms] * parts.gains)
            sums += weights.chunk_names * normal(gains)
        if names.terms.size:
            sums += weights.exact_name * self._defined(self._question.names)
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

    def words_in(self, place: int) -> list[str]:
        """The words of the question that a chunk holds."""
        marks = self._words_in[:, place].tolist()
        return [word for word, mark in zip(self._question.words, marks, strict=True) if mark]

    def names_in(self, place: int) -> list[str]:
        """The names of the question that a chunk defines."""
        marks = self._names_in[:, place].tolist()
        return [name for name, mark in zip(self._names, marks, strict=True) if mark]

    def _groups(self) -> list[_Occurrences]:
        """The occurrences of words, of joined words, of words in names and of names."""
        question = self._question
        terms = (
            question.words,
            [JOINED + name for name in (*question.identifiers, *question.pairs)],
            [NAME_WORD + word for word in question.words],
            [NAME + name for name in self._names],
        )
        found = self._occurrences([term for group in terms for term in group])
        ends = [*accumulate(map(len, terms))]
        return [found.of(end - len(group), end) for end, group in zip(ends, terms, strict=True)]

    def _occurrences(self, terms: Sequence[str]) -> _Occurrences:
        found = [(number, self._witness.of(term)) for number, term in enumerate(terms)]
        found = [(number, one) for number, one in found if one.chunks.size]
        there = self._places([one.chunks for _, one in found])
        among = [np.flatnonzero(places >= 0) for places in there]
        within = [places[kept] for places, kept in zip(there, among, strict=True)]
        chunks = np.concatenate((_NOWHERE, *within)).astype(np.int64, copy=False)
        often = [one.times[kept] for (_, one), kept in zip(found, among, strict=True)]
        times = np.concatenate((_NEVER, *often))
        sizes = [kept.size for kept in among]
        numbers = np.repeat(np.array([number for number, _ in found], np.int64), sizes)
        rarities = np.zeros(len(terms))
        for number, one in found:
            rarities[number] = rarity(self._catalog.chunks, one.chunks.size)
        lengths = self._catalog.chunk_lengths[self._candidates.numbers[chunks]].astype(np.float64)
        mean = self._catalog.length / max(1, self._catalog.chunks)
        gains = saturated(times, lengths, mean, _K1, _B)
        return _Occurrences(numbers, chunks, rarities[numbers] * gains, rarities)

    def _places(self, chunks: Sequence[Numbers]) -> list[NDArray[np.int32]]:
        """The place of each chunk among the candidates, `NOBODY` for one that is none of them."""
        where, numbers = self._catalog.places, self._candidates.numbers
        where[numbers] = np.arange(numbers.size)
        try:
            return [where[some] for some in chunks]
        finally:
            where[numbers] = NOBODY

    def _summed(self, found: _Occurrences, values: Floats) -> Floats:
        sums = np.bincount(found.places, values, minlength=self._candidates.size)
        return sums.astype(np.float64, copy=False)

    def _defined(self, names: Sequence[str]) -> Floats:
        """1 for each chunk that defines one of some names."""
        rows = self._names_in[[self._names.index(name) for name in names]]
        return np.logical_or.reduce(rows).astype(np.float64)
