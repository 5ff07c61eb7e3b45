"""The second pass: what the question's terms say of the chunks of the best files."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.analysis import NAME, NAME_WORD
from claudetask_core.search.catalog import NOBODY, Catalog
from claudetask_core.search.evidence import Floats, Witness, rarity, saturated
from claudetask_core.search.fields import normal
from claudetask_core.search.question import Question
from claudetask_core.search.rows import BlobRow
from claudetask_core.search.tokens import JOINED
from claudetask_core.search.weights import Weights

_K1: Final = 1.5
_B: Final = 0.75


@dataclass(slots=True)
class Candidates:
    """The chunks of some contents, each with a place: those of `blobs[i]` from `starts[i]` on."""

    blobs: list[BlobRow]
    starts: NDArray[np.int64] = field(init=False)
    numbers: NDArray[np.int64] = field(init=False)
    owners: NDArray[np.int64] = field(init=False)
    """For each chunk its number in the index and the place of its blob in `blobs`."""

    def __post_init__(self) -> None:
        counts = np.array([blob.chunks for blob in self.blobs], np.int64)
        ends = np.cumsum(counts)
        self.starts = np.concatenate(([0], ends))
        self.owners = np.repeat(np.arange(counts.size), counts)
        bases = np.array([blob.base for blob in self.blobs], np.int64)
        self.numbers = np.arange(self.owners.size) + np.repeat(bases - (ends - counts), counts)

    @property
    def size(self) -> int:
        return self.owners.size


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
        self._places = np.full(catalog.owner.size, NOBODY, np.int32)
        self._places[candidates.numbers] = np.arange(candidates.size)
        self._lengths = catalog.chunk_lengths[candidates.numbers].astype(np.float64)
        self._mean = catalog.length / max(1, catalog.chunks)
        self._words: dict[str, NDArray[np.bool_]] = {}
        self._names: dict[str, NDArray[np.bool_]] = {}
        self.text = self._zeros()

    def score(self, weights: Weights) -> Floats:
        """The weighted sum of the fields of every chunk, of the shape (chunks,)."""
        question = self._question
        coverage = self._zeros()
        for word in question.words:
            places, gains, weight = self._one(word)
            self.text[places] += question.weight(word) * gains
            coverage[places] += question.weight(word) * weight
            self._words[word] = self._marked(places)
        joined = self._summed(JOINED + name for name in (*question.identifiers, *question.pairs))
        names = self._summed(
            (NAME_WORD + word for word in question.words), lambda term: question.weight(term[1:])
        )
        return (
            weights.chunk_text * normal(self.text)
            + weights.coverage * normal(coverage)
            + weights.chunk_joined * normal(joined)
            + weights.chunk_names * normal(names)
            + weights.exact_name * self._defined(question.names)
            + weights.joined_name * self._defined(question.pairs)
            + weights.word_is_name * self._defined(question.plain)
        )

    def several(self) -> Floats:
        """How much the chunks of each content hold together, of the shape (blobs,)."""
        owners = self._candidates.owners
        sums = np.bincount(owners, self.text, minlength=len(self._candidates.blobs))
        return sums.astype(np.float64)

    def matched(self) -> NDArray[np.bool_]:
        """Which chunks hold or define anything of the question, of the shape (chunks,)."""
        found = np.zeros(self._candidates.size, np.bool_)
        for marks in (*self._words.values(), *self._names.values()):
            found |= marks
        return found

    def words_in(self, place: int) -> list[str]:
        """The words of the question that a chunk holds."""
        return [word for word, marks in self._words.items() if marks[place]]

    def names_in(self, place: int) -> list[str]:
        """The names of the question that a chunk defines."""
        return [name for name, marks in self._names.items() if marks[place]]

    def _marked(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        marks = np.zeros(self._candidates.size, np.bool_)
        marks[places] = True
        return marks

    def _zeros(self) -> Floats:
        return np.zeros(self._candidates.size, np.float64)

    def _summed(
        self, terms: Iterable[str], weigh: Callable[[str], float] = lambda _: 1.0
    ) -> Floats:
        sums = self._zeros()
        for term in terms:
            places, gains, _ = self._one(term)
            sums[places] += weigh(term) * gains
        return sums

    def _one(self, term: str) -> tuple[NDArray[np.int64], Floats, float]:
        """The BM25 of one term: places, gains, and how rare it is."""
        found = self._witness.of(term)
        weight = rarity(self._catalog.chunks, found.chunks.size)
        places = self._places[found.chunks]
        among = places >= 0
        places = places[among].astype(np.int64)
        gains = saturated(found.times[among], self._lengths[places], self._mean, _K1, _B)
        return places, (weight * gains).astype(np.float64), weight

    def _defined(self, names: Sequence[str]) -> Floats:
        scores = self._zeros()
        for name in names:
            places, _, _ = self._one(NAME + name)
            if places.size:
                scores[places] = 1.0
                self._names[name] = self._marked(places)
        return scores
