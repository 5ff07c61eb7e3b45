"""Scores chunks for a question: a weighted sum of fields, each brought to 0–1, times a prior.

Two passes. The first (`fields.py`) scores whole files by their paths and postings and keeps the
best `FILES`; the second (`chunk_fields.py`) scores the chunks of those by BM25, the names they
define and the share of the question they hold. A further chunk of the same file counts less,
so that the list shows many files.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, cast

import numpy as np

from claudetask_core.search.catalog import Catalog
from claudetask_core.search.chunk_fields import Candidates, ChunkScorer
from claudetask_core.search.evidence import Floats, Witness
from claudetask_core.search.fields import FileFields, FileScorer, file_scores, normal
from claudetask_core.search.priors import factors, is_test_mark
from claudetask_core.search.question import Question
from claudetask_core.search.rows import BlobRow, ChunkRow, FileRow
from claudetask_core.search.store import Store
from claudetask_core.search.weights import IDENTIFIER, WORDS, Weights

FILES: Final = 100
_DAMPED: Final = 3

Wanted = Callable[[FileRow], bool]


@dataclass(slots=True)
class Ranked:
    """A chunk with its score (0–1) and what it owes it to."""

    file: FileRow
    chunk: ChunkRow
    score: float
    names: list[str]
    path_words: list[str]
    text_words: list[str]


@dataclass(frozen=True, slots=True)
class _File:
    """One of the best files: its number, its content and the content's place."""

    number: int
    row: FileRow
    blob: BlobRow
    place: int


class Ranker:
    """Answers one question from the index as it is."""

    def __init__(self, store: Store, catalog: Catalog, question: Question) -> None:
        self._store = store
        self._catalog = catalog
        self._question = question
        self._weights: Weights = IDENTIFIER if question.is_identifier else WORDS
        self._witness = Witness(store, catalog)

    def rank(self, wanted: Wanted, most: int) -> list[Ranked]:
        """The chunks of the files that are `wanted`, best first, `most` of them at most."""
        found = FileScorer(self._witness, self._catalog, self._question).collect()
        scores = file_scores(found, self._weights)
        priors = self._priors()
        files = self._best_files(scores * priors, wanted)
        if not files:
            return []
        candidates = Candidates(list({file.blob.id: file.blob for file in files}.values()))
        scorer = ChunkScorer(self._witness, self._catalog, self._question, candidates)
        sums = scorer.score(self._weights)
        whole = self._file_sums(scores, files, scorer)
        return list(
            islice(self._listed(files, candidates, sums, whole, priors, scorer, found), most)
        )

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
        return sums + weights.several * normal(scorer.several())[places]

    def _priors(self) -> Floats:
        """The factor of each file for its place in the tree, of the shape (files,)."""
        catalog = self._catalog
        with_test = catalog.marks[self._witness.of("test").files]
        table = factors(
            self._question.mentioned,
            tests=catalog.tests,
            files=catalog.files,
            with_test=int(np.count_nonzero(~is_test_mark(with_test))),
        )
        return table[catalog.marks[: len(catalog.rows)]]

    def _spelled(self, terms: list[str]) -> list[str]:
        """The terms as the question writes them, each once."""
        spelled = self._question.spelled
        return list(dict.fromkeys(spelled.get(term, term) for term in terms))

    def _listed(
        self,
        files: list[_File],
        candidates: Candidates,
        sums: Floats,
        whole: Floats,
        priors: Floats,
        scorer: ChunkScorer,
        found: FileFields,
    ) -> Iterator[Ranked]:
        """The chunks in order; one that matches by its file alone is shown where no other is."""
        matched = scorer.matched()
        factors = [self._weights.second**times for times in range(_DAMPED + 1)]
        rows: dict[int, list[ChunkRow]] = {}
        damped: list[tuple[float, int, int, int]] = []
        for order, file in enumerate(files):
            priority = priors[file.number]
            start, end = candidates.starts[file.place], candidates.starts[file.place + 1]
            own = sums[start:end]
            times: Counter[int] = Counter()
            for place in (np.argsort(-own, kind="stable") + start).tolist():
                if times[0] and place not in matched:
                    continue
                score = float(sums[place] + whole[order]) * priority
                damped.append((-score * factors[min(times[0], _DAMPED)], file.number, place, order))
                times[0] += 1
        damped.sort()
        for negative, _, place, order in damped:
            file = files[order]
            if file.place not in rows:
                rows[file.place] = self._store.chunks(file.blob.id)
            yield Ranked(
                file=file.row,
                chunk=rows[file.place][place - int(candidates.starts[file.place])],
                score=min(1.0, -negative / self._weights.whole),
                names=self._spelled(scorer.names.get(place, [])),
                path_words=self._spelled(found.path_words.get(file.number, [])),
                text_words=self._spelled(scorer.words.get(place, [])),
            )
