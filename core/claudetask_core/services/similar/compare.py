"""Compares a text with tasks word by word: what one says, does the other say it in its words?

Each word of one is given the nearest word of the other: itself (1), a word that may stand for it
(`KIN`), one with the same beginning, one near it in the shipped table of vectors. Weighed by how
much each word tells, that is how much of one text is found in the other, both ways. What tells
two tasks apart is a word of each of which one excludes the other, such as import and export.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.vectors.vectors import Floats, unit
from claudetask_core.services.similar.rarity import Rarity, vectors
from claudetask_core.services.similar.terms import GAP, lexicon, terms

KIN: Final = 0.85
SAME_BEGINNING: Final = 0.7
PART_OF_PHRASE: Final = 0.5
NEAR: Final = 0.35
NEAR_SPAN: Final = 0.35
NEAR_MOST: Final = 0.6
MATCHED: Final = 0.8
BEGINNING: Final = 4
ALIKE: Final = 0.6
MOST_TERMS: Final = 150

FEATURES: Final = ("whole_least", "whole_most", "rivals")


@dataclass(frozen=True)
class Said:
    """The terms of a task, those of its title first, and how they are written."""

    terms: tuple[str, ...]
    title: int
    written: dict[str, str]

    @classmethod
    def of(cls, title: str, rest: str = "", most: int = MOST_TERMS) -> "Said":
        first = terms(title)
        written = terms(rest) | first
        whole = list(first) + [term for term in written if term not in first]
        return cls(tuple(whole[:most]), min(len(first), most), written)


@dataclass(frozen=True)
class Shared:
    """A term that two texts share, how it is written here, and the other's own word for it."""

    term: str
    here: str
    there: str | None


class Comparison:
    """One text beside some tasks.

    Args:
        asked: The text.
        others: The tasks.
        rarity: How much a word tells here.
    """

    def __init__(self, asked: Said, others: Sequence[Said], rarity: Rarity) -> None:
        union = list(dict.fromkeys(term for other in others for term in other.terms))
        places = {term: place for place, term in enumerate(union)}
        self.asked = asked
        self._said = others
        self._others = [np.array([places[t] for t in o.terms], np.int64) for o in others]
        self._titles = [other.title for other in others]
        self._union = union
        self._weights = rarity.weights(asked.terms)
        self._their_weights = rarity.weights(union)
        self._near = _nearness(asked.terms, union, places)
        self._rivals = _rivals(asked.terms, places)

    def __len__(self) -> int:
        return len(self._others)

    def found(self, other: int, terms: int | None = None) -> Floats:
        """How far each of the asked terms is found in one of the others, in 0–1."""
        near = self._near[:, self._others[other][:terms]]
        return near.max(axis=1, initial=0.0)

    def share(self, other: int) -> float:
        """How much of what is asked is said by one of the others, in 0–1."""
        return _share(self.found(other), self._weights)

    def share_by_title(self, other: int) -> float:
        return _share(self.found(other, self._titles[other]), self._weights)

    def telling(self, other: int) -> list[Shared]:
        """What both say, the most telling first."""
        places = self._others[other]
        if not places.size:
            return []
        near = self._near[:, places]
        best, score = places[near.argmax(axis=1)], near.max(axis=1)
        order: list[int] = np.argsort(-score * self._weights, kind="stable").tolist()
        pairs = [
            (self.asked.terms[place], self._union[int(best[place])])
            for place in order
            if score[place] >= PART_OF_PHRASE
        ]
        there = self._said[other].written
        return [
            Shared(mine, self.asked.written[mine], None if mine == their else there[their])
            for mine, their in pairs
        ]

    def features(self) -> Floats:
        """The `FEATURES` of each pair, of the shape (others, features)."""
        rows = [self._features(other) for other in range(len(self))]
        return np.array(rows, np.float64).reshape(len(rows), len(FEATURES))

    def _features(self, other: int) -> list[float]:
        places = self._others[other]
        near = self._near[:, places]
        out, back = near.max(axis=1, initial=0.0), near.max(axis=0, initial=0.0)
        one, two = _share(out, self._weights), _share(back, self._their_weights[places])
        return [min(one, two), max(one, two), self._rivalry(other, out, back)]

    def _rivalry(self, other: int, out: Floats, back: Floats) -> float:
        """How much a word of one excludes a word of the other; most where both are in titles."""
        places, there = self._others[other], self._titles[other]
        against = self._rivals[:, places] & (out < MATCHED)[:, None] & (back < MATCHED)[None, :]
        mine, their = np.nonzero(against)
        if not mine.size:
            return 0.0
        heavy = np.minimum(self._weights[mine], self._their_weights[places[their]])
        return float((heavy * ((mine < self.asked.title) * 0.5 + (their < there) * 0.5)).max())


def _share(found: Floats, weights: Floats) -> float:
    whole = float(weights.sum())
    return float(found @ weights) / whole if whole else 0.0


def _nearness(ours: Sequence[str], union: Sequence[str], places: dict[str, int]) -> Floats:
    """How near each pair of terms is in meaning, of the shape (ours, union)."""
    # not by BLAS, whose threads wait for one another longer than so small a product takes
    cosines = np.einsum("od,ud->ou", unit(vectors(ours)), unit(vectors(union)))
    near = (np.clip((cosines - NEAR) / NEAR_SPAN, 0.0, 1.0) * NEAR_MOST).astype(np.float64)
    beginnings: defaultdict[str, list[str]] = defaultdict(list)
    for term in union:
        beginnings[term[:BEGINNING]].append(term)
    kin = lexicon().kin
    for row, term in enumerate(ours):
        _raise(near[row], places, term.split(GAP), PART_OF_PHRASE)
        alike = (o for o in beginnings[term[:BEGINNING]] if _same_beginning(term, o))
        _raise(near[row], places, alike, SAME_BEGINNING)
        _raise(near[row], places, kin.get(term, ()), KIN)
        _raise(near[row], places, (term,), 1.0)
    rows = {term: row for row, term in enumerate(ours)}
    for term in union:
        if GAP in term:
            _raise(near[:, places[term]], rows, term.split(GAP), PART_OF_PHRASE)
    return near


def _raise(values: Floats, places: Mapping[str, int], words: Iterable[str], least: float) -> None:
    """Raises the value at the place of each of the words to `least`, where it is below."""
    for word in words:
        place = places.get(word)
        if place is not None and values[place] < least:
            values[place] = least


def _same_beginning(one: str, other: str) -> bool:
    longest = max(len(one), len(other))
    size = 0
    for mine, their in zip(one, other, strict=False):
        if mine != their:
            break
        size += 1
    return size >= max(BEGINNING, ALIKE * longest)


def _rivals(ours: Sequence[str], places: dict[str, int]) -> NDArray[np.bool_]:
    against = np.zeros((len(ours), len(places)), np.bool_)
    rivals = lexicon().rivals
    for row, term in enumerate(ours):
        for rival in rivals.get(term, ()):
            if rival in places:
                against[row, places[rival]] = True
    return against
