"""Scores chunks for a question: a weighted sum of fields, each brought to 0–1, times a prior.

Two passes. The first (`fields.py`) scores whole files by their postings and keeps the best
`FILES`; the second (`chunk_fields.py`) scores the chunks of those by BM25, the names they
define and the share of the question they hold. A further chunk of the same file counts less,
so that the list shows many files.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from claudetask_core.search.catalog import Catalog
from claudetask_core.search.chunk_fields import ChunkScorer, file_of
from claudetask_core.search.fields import FileFields, FileScorer, Scores, add, file_scores
from claudetask_core.search.priors import prior
from claudetask_core.search.question import Question
from claudetask_core.search.rows import ChunkRow, FileRow
from claudetask_core.search.store import Store
from claudetask_core.search.weights import IDENTIFIER, WORDS, Weights

FILES: Final = 100
_DAMPED: Final = 3
_MOSTLY: Final = 0.8

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


class Ranker:
    """Answers one question from the index as it is."""

    def __init__(self, store: Store, catalog: Catalog, question: Question) -> None:
        self._store = store
        self._catalog = catalog
        self._question = question
        self._weights: Weights = IDENTIFIER if question.is_identifier else WORDS

    def rank(self, wanted: Wanted, most: int) -> list[Ranked]:
        """The chunks of the files that are `wanted`, best first, `most` of them at most."""
        found = FileScorer(self._store, self._catalog, self._question).collect()
        scores = file_scores(found, self._catalog, self._weights)
        files = self._best_files(scores, wanted)
        if not files:
            return []
        scorer = ChunkScorer(self._store, self._catalog, files, found)
        sums = scorer.score(self._weights)
        self._add_priors(scores, files, scorer)
        priors = self._priors(files)
        self._join(sums, scores, priors)
        return list(islice(self._listed(sums, scorer, found), most))

    @staticmethod
    def _join(sums: Scores, scores: Scores, priors: dict[int, float]) -> None:
        for key, score in sums.items():
            file_id = file_of(key)
            sums[key] = (score + scores[file_id]) * priors[file_id]

    def _best_files(self, scores: Scores, wanted: Wanted) -> list[FileRow]:
        known = self._catalog.files
        best: list[FileRow] = []
        for file_id in sorted(scores, key=lambda file_id: (-scores[file_id], file_id)):
            row = known.get(file_id)
            if row is not None and row.chunks and wanted(row):
                best.append(row)
                if len(best) == FILES:
                    break
        return best

    def _add_priors(self, scores: Scores, files: list[FileRow], scorer: ChunkScorer) -> None:
        weights = self._weights
        add(scores, {row.id: math.log1p(row.length) for row in files}, weights.size)
        add(scores, {row.id: math.log1p(row.definitions) for row in files}, weights.definitions)
        add(scores, scorer.several(), weights.several)

    def _priors(self, files: list[FileRow]) -> dict[int, float]:
        tests_count = self._catalog.tests < _MOSTLY * len(self._catalog.files)
        mentioned = self._question.mentioned
        return {
            row.id: prior(row.path, row.language, mentioned, tests_count=tests_count)
            for row in files
        }

    def _spelled(self, terms: list[str]) -> list[str]:
        """The terms as the question writes them, each once."""
        spelled = self._question.spelled
        return list(dict.fromkeys(spelled.get(term, term) for term in terms))

    def _listed(self, sums: Scores, scorer: ChunkScorer, found: FileFields) -> Iterator[Ranked]:
        """The chunks in order; one that matches by its file alone is shown where no other is."""
        seen: Counter[int] = Counter()
        damped: list[tuple[float, int]] = []
        matched = scorer.matched
        factors = [self._weights.second**times for times in range(_DAMPED + 1)]
        for key in sorted(sums, key=lambda key: (-sums[key], key)):
            file_id = file_of(key)
            times = seen[file_id]
            if times and key not in matched:
                continue
            damped.append((-sums[key] * factors[min(times, _DAMPED)], key))
            seen[file_id] += 1
        damped.sort()
        fields = scorer.fields
        for negative, key in damped:
            yield Ranked(
                file=self._catalog.files[file_of(key)],
                chunk=scorer.chunks[key],
                score=min(1.0, -negative / self._weights.whole),
                names=self._spelled(fields.defined.get(key, [])),
                path_words=self._spelled(found.path_words.get(file_of(key), [])),
                text_words=self._spelled(fields.words.get(key, [])),
            )
