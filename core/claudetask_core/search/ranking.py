"""Scores chunks for a question: a weighted sum of fields, each brought to 0–1, times a prior.

Two passes. The first (`fields.py`) scores whole files by their paths and postings and keeps the
best `FILES`; the second (`chunk_fields.py`) scores the chunks of those by BM25, the names they
define and the share of the question they hold. A further chunk of the same file counts less,
so that the list shows many files.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.analysis import NAME, NAME_WORD, unpack_row
from claudetask_core.search.catalog import Catalog
from claudetask_core.search.chunk_fields import Candidates, ChunkScorer
from claudetask_core.search.commit_fields import NO_COMMIT, CommitFields, History
from claudetask_core.search.evidence import Floats, Numbers, Witness, rarity
from claudetask_core.search.fields import FileScorer, file_scores, normal
from claudetask_core.search.meaning import Meaning
from claudetask_core.search.priors import factors, is_test_mark
from claudetask_core.search.question import Question
from claudetask_core.search.remembered import Remembered
from claudetask_core.search.rows import BlobRow, ChunkRow, FileRow
from claudetask_core.search.standing import siblings
from claudetask_core.search.store import Store
from claudetask_core.search.tokens import JOINED
from claudetask_core.search.vectors import closeness
from claudetask_core.search.weights import weights_of

FILES: Final = 100
_DAMPED: Final = 3
_FIRST: Final = 10
_MUCH: Final = 0.5
_TEST: Final = "test"

Wanted = Callable[[FileRow], bool]
Near = Callable[[Numbers, Catalog], Floats]
"""How close the paths of files are to the question in meaning, each 0–1."""


@dataclass(slots=True)
class Ranked:
    """A chunk with its score (0–1) and what it owes it to."""

    file: FileRow
    chunk: ChunkRow
    score: float
    names: list[str]
    path_words: list[str]
    text_words: list[str]
    commit: str | None = None


class _File(NamedTuple):
    """One of the best files: its number, its content and the content's place."""

    number: int
    row: FileRow
    blob: BlobRow
    place: int


class Ranker:
    """Answers one question from the index as it is."""

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        remembered: Remembered,
        question: Question,
        meaning: Meaning | None = None,
        near: Near | None = None,
        history: History | None = None,
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._question = question
        self._meaning = meaning
        self._near = near
        self._remembered = remembered
        self._history = history
        self._weights = weights_of(question, by_meaning=meaning is not None)
        self._witness = Witness(store, catalog, remembered.words)

    def rank(self, wanted: Wanted, most: int) -> list[Ranked]:
        """The chunks of the files that are `wanted`, best first, `most` of them at most."""
        self._witness.prepare(_terms(self._question))
        commits = self._commits()
        found = FileScorer(self._witness, self._catalog, self._question, commits).collect()
        scores = file_scores(found, self._weights)
        priors = self._priors()
        files = self._best_files(scores * priors, wanted)
        if not files:
            return []
        candidates = Candidates(list({file.blob.id: file.blob for file in files}.values()))
        scorer = ChunkScorer(self._witness, self._catalog, self._question, candidates)
        sums = scorer.score(self._weights)
        whole = self._file_sums(scores, files, scorer)
        self._add_meaning(sums, whole, files, candidates)
        own = priors[[file.number for file in files]]
        entries = _entries(files, candidates)
        entries.score((sums[entries.places] + whole[entries.orders]) * own[entries.orders])
        entries.damp(scorer.matched(), self._weights.second)
        return self._told(entries.best(most), files, candidates, scorer, commits)

    def _commits(self) -> CommitFields | None:
        """What commits say of the files, where that counts."""
        counts = self._weights.commit_alike or self._weights.commit_words
        if self._history is None or not counts:
            return None
        return self._history.fields(self._question, self._catalog)

    def _best_files(self, scores: Floats, wanted: Wanted) -> list[_File]:
        best: list[_File] = []
        places: dict[int, int] = {}
        above = np.flatnonzero(scores > 0)
        for number in cast("list[int]", above[np.argsort(-scores[above], kind="stable")].tolist()):
            row = self._catalog.rows[number]
            if row is None or row.blob is None or not wanted(row):
                continue
            place = places.setdefault(row.blob.id, len(places))
            best.append(_File(number, row, row.blob, place))
            if len(best) == FILES:
                break
        return best

    def _file_sums(self, scores: Floats, files: list[_File], scorer: ChunkScorer) -> Floats:
        """The score of each of `files` with what the second pass and its size add."""
        weights, catalog = self._weights, self._catalog
        numbers = np.array([file.number for file in files])
        places = np.array([file.place for file in files])
        sums = scores[numbers]
        sums = sums + weights.size * normal(np.log1p(catalog.lengths[numbers]))
        sums = sums + weights.definitions * normal(np.log1p(catalog.definitions[numbers]))
        if weights.siblings:
            sums = sums + weights.siblings * siblings(scores, catalog.folders, numbers)
        if weights.mentions:
            known = self._remembered.standing.of(numbers, catalog, self._witness)
            sums = sums + weights.mentions * known
        if self._near is not None:
            sums = sums + weights.path_meaning * normal(self._near(numbers, catalog))
        return sums + weights.several * normal(scorer.several())[places]

    def _add_meaning(
        self, sums: Floats, whole: Floats, files: list[_File], candidates: Candidates
    ) -> None:
        """Adds how close each chunk, and the closest of each file, is to the question."""
        if self._meaning is None:
            return
        blobs = candidates.blobs
        found = self._remembered.vectors.of(
            self._store, self._meaning.encoder, [blob.id for blob in blobs]
        )
        close = normal(closeness(found, [blob.chunks for blob in blobs], self._meaning.vector))
        sums += self._weights.chunk_meaning * close
        best = np.maximum.reduceat(close, candidates.starts[:-1])
        whole += self._weights.file_meaning * best[[file.place for file in files]]

    def _priors(self) -> Floats:
        """The factor of each file for its place in the tree, of the shape (files,)."""
        catalog = self._catalog
        with_test = catalog.marks[self._witness.of(_TEST).files]
        table = factors(
            self._question.mentioned,
            tests=catalog.tests,
            files=catalog.files,
            with_test=int(np.count_nonzero(~is_test_mark(with_test))),
        )
        return table[catalog.marks[: len(catalog.rows)]]

    def _held(self, words: Iterable[set[str]]) -> float:
        """What makes scores mean the same for all questions, 0–1.

        Each field is brought to 1 by its best, so the best hit of a question that nothing here
        answers would look good. The share of the question, by how rare its words are, that a
        hit holds tells the two apart; its root does so best.
        """
        rare = {
            word: self._question.weight(word)
            * rarity(self._catalog.files, self._witness.of(word).files.size)
            for word in self._question.words
        }
        whole = sum(rare.values())
        best = max((sum(rare[word] for word in some) for some in words), default=0.0)
        return math.sqrt(best / whole) if whole else 1.0

    def _path_words(self, file: _File) -> list[str]:
        return self._catalog.paths.words_of(file.number, self._question.words)

    def _spelled(self, terms: list[str]) -> list[str]:
        """The terms as the question writes them, each once."""
        spelled = self._question.spelled
        return list(dict.fromkeys(spelled.get(term, term) for term in terms))

    def _told(
        self,
        best: list[tuple[int, int, float]],
        files: list[_File],
        candidates: Candidates,
        scorer: ChunkScorer,
        commits: CommitFields | None,
    ) -> list[Ranked]:
        """The chosen chunks with their lines and what speaks for them."""
        ranked: list[Ranked] = []
        blobs = dict.fromkeys(files[order].blob.id for order, _, _ in best)
        rows = self._store.chunks([*blobs])
        starts = cast("list[int]", candidates.starts.tolist())
        held = self._held(
            {*scorer.words_in(place), *self._path_words(files[order])}
            for order, place, _ in best[:_FIRST]
        )
        for order, place, score in best:
            file = files[order]
            ranked.append(
                Ranked(
                    file=file.row,
                    chunk=ChunkRow(*unpack_row(rows[file.blob.id][place - starts[file.place]])),
                    score=min(1.0, score / self._weights.whole) * held,
                    names=self._spelled(scorer.names_in(place)),
                    path_words=self._spelled(self._path_words(file)),
                    text_words=self._spelled(scorer.words_in(place)),
                    commit=self._commit(commits, file.number),
                )
            )
        return ranked

    def _commit(self, commits: CommitFields | None, number: int) -> str | None:
        """The commit that speaks much for a file."""
        if commits is None or self._history is None or commits.likest[number] == NO_COMMIT:
            return None
        if commits.alike[number] < _MUCH * commits.alike.max():
            return None
        return self._history.said(int(commits.likest[number]))


def _terms(question: Question) -> Iterable[str]:
    """All terms that the postings are asked for, to be read at once."""
    yield _TEST
    yield from (*question.words, *question.wider)
    yield from (NAME_WORD + word for word in question.words)
    yield from (JOINED + name for name in (*question.identifiers, *question.pairs))
    yield from (NAME + name for name in (*question.names, *question.pairs, *question.plain))


@dataclass(slots=True)
class _Entries:
    """A chunk of a file each: the file's place among the best, the chunk's, and its score."""

    orders: Numbers
    places: Numbers
    scores: Floats = field(default_factory=lambda: np.zeros(0))

    def score(self, scores: Floats) -> None:
        self.scores = scores

    def damp(self, matched: NDArray[np.bool_], second: float) -> None:
        """Lowers a further chunk of a file; one that matches by its file alone is dropped."""
        by_score = np.argsort(-self.scores, kind="stable")
        small = self.orders[by_score].astype(np.uint16)  # which is sorted by counting
        by_file = by_score[np.argsort(small, kind="stable")]
        orders = self.orders[by_file]
        fresh = np.flatnonzero(np.diff(orders, prepend=-1))
        times = np.arange(orders.size) - np.repeat(fresh, np.diff(fresh, append=orders.size))
        kept = matched[self.places[by_file]] | (times == 0)
        before = np.cumsum(kept) - 1
        times = before - before[np.repeat(fresh, np.diff(fresh, append=orders.size))]
        chosen = by_file[kept]
        self.orders, self.places = self.orders[chosen], self.places[chosen]
        damping = second ** np.arange(_DAMPED + 1)
        self.scores = self.scores[chosen] * damping[np.minimum(times[kept], _DAMPED)]

    def best(self, most: int) -> list[tuple[int, int, float]]:
        """(file, chunk, score), best first."""
        among = np.arange(self.scores.size)
        if among.size > most:
            last = np.partition(self.scores, -most)[-most]
            among = np.flatnonzero(self.scores >= last)
        sorted_ = np.lexsort((self.places[among], self.orders[among], -self.scores[among]))
        first = among[sorted_[:most]]
        return list(
            zip(
                self.orders[first].tolist(),
                self.places[first].tolist(),
                self.scores[first].tolist(),
                strict=True,
            )
        )


def _entries(files: list[_File], candidates: Candidates) -> _Entries:
    places = np.array([file.place for file in files])
    starts = candidates.starts[places]
    counts = candidates.starts[places + 1] - starts
    ends = np.cumsum(counts)
    orders = np.repeat(np.arange(len(files)), counts)
    return _Entries(orders, np.arange(orders.size) + np.repeat(starts - (ends - counts), counts))
