"""What the commits of a tree say of a question: two fields of files.

`alike` is how like the question the subject of the likest commit over a file is, as reports of
earlier bugs tell where a new one lies (Zhou, Zhang and Lo, 2012); only the likest `_LIKEST` count,
and a commit over many files says less of each. `told` is BM25 over files as texts made of the
subjects of all their commits, as the text of links tells what a page is about.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from claudetask_core.search.commits.index import CommitIndex, Places
from claudetask_core.search.index.catalog import Catalog
from claudetask_core.search.ranking.evidence import Floats, Numbers, rarity, saturated
from claudetask_core.search.ranking.question import Question
from claudetask_core.search.text.tokens import JOINED

NO_COMMIT: Final = -1
_LIKEST: Final = 20
_SUBJECT_K1: Final = 1.0
_SUBJECT_B: Final = 0.3
_FILE_K1: Final = 2.0
_FILE_B: Final = 0.75
_IDENTIFIER: Final = 0.5


@dataclass(frozen=True, slots=True)
class CommitFields:
    """By file number; `likest` is the commit that `alike` is owed to, or `NO_COMMIT`."""

    alike: Floats
    told: Floats
    likest: Places


class History:
    """The commits of a tree as they stand to its files."""

    def __init__(self, index: CommitIndex) -> None:
        self._index = index
        self._view: _View | None = None

    def said(self, commit: int) -> str:
        """The short revision and the subject of a commit."""
        return self._index.told[commit]

    def view(self, catalog: Catalog) -> "_View":
        """How the commits stand to a catalogue; worked out anew only where that changed."""
        if self._view is None or self._view.version != catalog.version:
            self._view = _View(self._index, catalog)
        return self._view

    def fields(self, question: Question, catalog: Catalog) -> CommitFields:
        """What the commits say of each file of the catalogue."""
        return self.view(catalog).fields(question)


class _View:
    """The commits over files that are there, by the numbers these have in one catalogue."""

    def __init__(self, index: CommitIndex, catalog: Catalog) -> None:
        self.version = catalog.version
        self._index = index
        self._files = len(catalog.rows)
        numbers = catalog.numbers_of(index.paths)[index.files]
        there = numbers >= 0
        owners = index.owners[there]
        self._numbers = numbers[there]
        self._counts = np.bincount(owners, minlength=len(index.told))
        self._ends = np.cumsum(self._counts)
        self._alive = self._counts > 0
        self._commits = int(np.count_nonzero(self._alive))
        self._shares = 1.0 / np.sqrt(np.maximum(index.changed, 1))
        sizes = index.sizes.astype(np.float64)
        mean = float(sizes[self._alive].mean()) if self._commits else 1.0
        self._gains = saturated(np.ones(sizes.size), sizes, mean, _SUBJECT_K1, _SUBJECT_B)
        lengths = np.bincount(self._numbers, (sizes * self._shares)[owners], self._files)
        self._lengths = lengths.astype(np.float64)
        self._known = int(np.count_nonzero(self._lengths))
        self._mean = float(self._lengths.sum()) / max(1, self._known)

    def fields(self, question: Question) -> CommitFields:
        """What the commits say of each file."""
        found = {word: self._with(word) for word in question.words}
        alike, likest = self._alike(question, found)
        return CommitFields(alike, self._told(question, found), likest)

    def _with(self, term: str) -> Places:
        """The commits with a term, of those that count."""
        commits = self._index.with_term(term)
        return commits[self._alive[commits]]

    def _alike(self, question: Question, found: dict[str, Places]) -> tuple[Floats, Places]:
        """How like the question the likest commit over each file is, and which one that is."""
        likeness = np.zeros(self._alive.size)
        for word, commits in found.items():
            likeness[commits] += question.weight(word) * rarity(self._commits, commits.size)
        for name in question.identifiers:
            commits = self._with(JOINED + name)
            likeness[commits] += _IDENTIFIER * rarity(self._commits, commits.size)
        scores = np.zeros(self._files)
        likest = np.full(self._files, NO_COMMIT, np.int32)
        best = np.flatnonzero(likeness)
        values = likeness[best] * self._gains[best]
        if best.size > _LIKEST:
            first = np.argpartition(-values, _LIKEST)[:_LIKEST]
            best, values = best[first], values[first]
        values = values**2 * self._shares[best]
        for place in np.argsort(values, kind="stable").tolist():  # the likest has the last word
            commit = int(best[place])
            end = int(self._ends[commit])
            numbers = self._numbers[end - int(self._counts[commit]) : end]
            scores[numbers] = values[place]
            likest[numbers] = commit
        return scores, likest

    def _told(self, question: Question, found: dict[str, Places]) -> Floats:
        """BM25 of the subjects of all commits over each file."""
        scores = np.zeros(self._files)
        for word, commits in found.items():
            numbers, times = self._spread(commits)
            weight = question.weight(word) * rarity(self._known, numbers.size)
            lengths = self._lengths[numbers]
            scores[numbers] += weight * saturated(times, lengths, self._mean, _FILE_K1, _FILE_B)
        return scores

    def _spread(self, commits: Places) -> tuple[Numbers, Floats]:
        """The files that some commits changed, each once, and how much of them it has."""
        counts = self._counts[commits]
        within = np.arange(int(counts.sum()))
        within += np.repeat(self._ends[commits] - np.cumsum(counts), counts)
        sums = np.bincount(self._numbers[within], np.repeat(self._shares[commits], counts))
        having = np.flatnonzero(sums)
        return having, sums[having].astype(np.float64)
