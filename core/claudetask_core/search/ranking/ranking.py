"""Scores chunks for a question: a weighted sum of fields, each brought to 0–1, times a prior.

Two passes. The first (`fields.py`) scores whole files by their paths and postings and keeps the
best (`choosing.py`); the second (`chunk_fields.py`) scores the chunks of those by BM25, the names
they define and the share of the question they hold. A further chunk of the same file counts less,
so that the list shows many files.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.index.analysis import (
    GENERATED,
    NAME,
    NAME_WORD,
    TESTS,
    spelled,
    unpack_row,
)
from claudetask_core.search.index.catalog import TEST, Catalog
from claudetask_core.search.index.rows import ChunkRow, FileRow
from claudetask_core.search.index.store import Store
from claudetask_core.search.ranking.choosing import Best, Entries, Wanted, best_files
from claudetask_core.search.ranking.chunk_fields import Candidates, ChunkScorer
from claudetask_core.search.ranking.commit_fields import NO_COMMIT, CommitFields, History
from claudetask_core.search.ranking.evidence import Floats, Numbers, Witness, rarity
from claudetask_core.search.ranking.fields import FileScorer, file_scores, normal
from claudetask_core.search.ranking.lacking import Lacking
from claudetask_core.search.ranking.meaning import Meaning
from claudetask_core.search.ranking.misspelt import corrected
from claudetask_core.search.ranking.pointing import Named, chunks_with, files_in, lines_in
from claudetask_core.search.ranking.question import Question
from claudetask_core.search.ranking.remembered import Remembered
from claudetask_core.search.ranking.routed import Routed
from claudetask_core.search.ranking.standing import siblings
from claudetask_core.search.ranking.weights import weights_of
from claudetask_core.search.tree.paths import path_terms
from claudetask_core.search.tree.priors import (
    MADE,
    PLAIN,
    factors,
    is_test_mark,
    is_usual,
    usual_marks,
)
from claudetask_core.search.vectors.vectors import closeness

TELLING: Final = 10
"""So many chunks say how much of the question is held: were fewer ranked, scores would differ."""
_MUCH: Final = 0.5
_TEST: Final = "test"
_BY_THE_WAY: Final = 0.5
"""By so much of what a hit may add up to a file is raised that is named among other words."""
_NAMED: Final = 2.0
"""By so many times what a hit may add up to one is raised that holds a line of the question."""

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
    lines: Sequence[int] = ()


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
        meant = corrected(self._question, self._is_held, self._holders)
        if meant is not self._question:
            self._question = meant
            self._witness.prepare(_terms(meant))
        commits = self._commits()
        scores = self._file_scores(commits)
        lacking = Lacking(self._question.identifiers, self._witness, self._catalog)
        table = self._factors()
        own_marks = self._catalog.marks[: len(self._catalog.rows)]
        priors = table[own_marks] * lacking.files(self._weights.file_lacks)
        self._hold_back_generated(priors, own_marks, table)
        lines = lines_in(self._question.lines, self._catalog)
        routed = Routed(self._question.routes, self._witness, self._catalog)
        if self._question.routes:
            scores = scores + self._weights.route * routed.files()
        first = scores * priors
        named_files = files_in(self._question.files, self._catalog)
        first[[*lines, *named_files]] += self._weights.whole
        files = best_files(first, self._catalog, wanted)
        if not files.rows:
            return []
        contents = files.contents
        candidates = Candidates(self._catalog.bases[contents], self._catalog.counts[contents])
        scorer = ChunkScorer(self._witness, self._catalog, self._question, candidates)
        sums = scorer.score(self._weights)
        if self._question.routes:
            sums += self._weights.route * routed.chunks(candidates.numbers)
        whole = self._file_sums(scores, files, scorer)
        self._add_meaning(sums, whole, files, candidates)
        own = priors[files.numbers] * self._package_factors(files.numbers)
        entries = Entries.of(files, candidates)
        entries.scores = (sums[entries.places] + whole[entries.orders]) * own[entries.orders]
        entries.scale(lacking.chunks(candidates.numbers, self._weights.chunk_lacks))
        self._hold_back_tests(entries, candidates, table)
        entries.vary(self._catalog.names[files.numbers])
        matched = scorer.matched()
        self._lift_files(entries, files, named_files, matched)
        named = self._named(lines, files, candidates)
        for order, place in named:
            entries.lift(order, place, _NAMED * self._weights.whole)
            matched[place] = True
        entries.cut(most)
        entries.damp(matched, self._weights.second)
        best = entries.best(most)
        told = self._told(best, files, candidates, scorer, commits)
        for one, (order, place, score) in zip(told, best, strict=True):
            one.lines = named.get((order, place), ())
            if one.lines and score > self._weights.whole:
                one.score = 1.0  # it is what was asked for, whatever else a trace says
        return told

    def _is_held(self, term: str) -> bool:
        """Whether a term stands in a text, or as a word or a name in the path of a file."""
        paths = self._catalog.paths
        places = (paths.stem_words.of(term), paths.folder_words.of(term), paths.stems.of(term))
        return bool(self._witness.of(term).files.size) or any(one.size for one in places)

    def _holders(self, terms: list[str]) -> dict[str, int]:
        """In how many files each of some terms stands, those that stand in none left out."""
        known = self._store.known_terms(terms)
        self._witness.prepare(known)
        files = {term: self._witness.of(term).files.size for term in known}
        return {term: count for term, count in files.items() if count}

    def _lift_files(
        self, entries: Entries, files: Best, named: set[int], matched: NDArray[np.bool_]
    ) -> None:
        """Raises the best chunk of each file that is named, most where nothing else is said."""
        share = 1.0 if self._question.is_identifier else _BY_THE_WAY
        for order, number in enumerate(cast("list[int]", files.numbers.tolist())):
            if number in named:
                place = entries.best_of(order)
                entries.lift(order, place, share * self._weights.whole)
                matched[place] = True

    def _commits(self) -> CommitFields | None:
        """What commits say of the files, where that counts."""
        counts = self._weights.commit_alike or self._weights.commit_words
        if self._history is None or not counts:
            return None
        return self._history.fields(self._question, self._catalog)

    def _file_scores(self, commits: CommitFields | None) -> Floats:
        """What the first pass says of every file."""
        held = self._weights.held > 0
        scorer = FileScorer(self._witness, self._catalog, self._question, commits, with_held=held)
        return file_scores(scorer.collect(), self._weights)

    def _file_sums(self, scores: Floats, files: Best, scorer: ChunkScorer) -> Floats:
        """The score of each of `files` with what the second pass and its size add."""
        weights, catalog = self._weights, self._catalog
        numbers = files.numbers
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
        return sums + weights.several * normal(scorer.several())[files.places]

    def _named(
        self, lines: Named, files: Best, candidates: Candidates
    ) -> dict[tuple[int, int], Sequence[int]]:
        """The lines that the question names, by the place of their file and of their chunk."""
        found: dict[tuple[int, int], Sequence[int]] = {}
        for order, number in enumerate(cast("list[int]", files.numbers.tolist())):
            if number not in lines:
                continue
            (rows,) = self._remembered.rows.of(self._store, [int(self._catalog.blobs[number])])
            first = int(candidates.starts[files.places[order]])
            for place, held in chunks_with(lines[number], rows).items():
                found[order, first + place] = held
        return found

    def _add_meaning(
        self, sums: Floats, whole: Floats, files: Best, candidates: Candidates
    ) -> None:
        """Adds how close each chunk, and the closest of each file, is to the question."""
        if self._meaning is None:
            return
        blobs = cast("list[int]", self._catalog.blobs[files.contents].tolist())
        found = self._remembered.vectors.of(self._store, self._meaning.encoder, blobs)
        counts = cast("list[int]", candidates.counts.tolist())
        close = normal(closeness(found, counts, self._meaning.vector))
        sums += self._weights.chunk_meaning * close
        best = np.maximum.reduceat(close, candidates.starts[:-1])
        whole += self._weights.file_meaning * best[files.places]

    def _hold_back_tests(self, entries: Entries, candidates: Candidates, table: Floats) -> None:
        """Lowers the chunks that are tests in a file that is none, as such a file is."""
        tests = self._witness.of(TESTS).chunks
        if tests.size and table[TEST] < 1.0:
            in_code = ~is_test_mark(self._catalog.marks[self._catalog.owner[candidates.numbers]])
            entries.scale(np.where(in_code & np.isin(candidates.numbers, tests), table[TEST], 1.0))

    def _hold_back_generated(self, priors: Floats, marks: NDArray[np.int32], table: Floats) -> None:
        """Lowers files that say that a program wrote them as those whose place says so."""
        factor = table[MADE]
        made = np.zeros(marks.size, np.bool_)
        made[self._witness.of(GENERATED).files] = True
        made = made[self._catalog.first[: marks.size]] & ((marks & MADE) == 0)
        if factor < 1.0 and not is_usual(int(np.count_nonzero(made)), self._catalog.files):
            priors[made] *= factor

    def _factors(self) -> Floats:
        """The factor of each combination of marks for this question."""
        catalog = self._catalog
        return factors(
            self._question.mentioned,
            tests=catalog.tests,
            files=catalog.files,
            with_test=self._with_test,
            usual=usual_marks(catalog.kinds),
        )

    def _package_factors(self, numbers: Numbers) -> Floats:
        """The factor of some files for the package they belong to; 1 for what is no source."""
        catalog = self._catalog
        behind = catalog.packages.behind(catalog.folders[numbers])
        return 1.0 - self._weights.package * behind * (catalog.marks[numbers] == PLAIN)

    def _with_test(self) -> int:
        """How many files that are no tests have the word "test"."""
        marks = self._catalog.marks[self._witness.of(_TEST).files]
        return int(np.count_nonzero(~is_test_mark(marks)))

    def _held(self, words: Sequence[set[str]]) -> float:
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
        best = max((sum(map(rare.__getitem__, some)) for some in words[:TELLING]), default=0.0)
        return math.sqrt(best / whole) if whole else 1.0

    def _path_words(self, path: str) -> list[str]:
        terms = path_terms(path)
        known = {*terms.stem_words, *terms.folder_words}
        return [word for word in self._question.words if word in known]

    def _spelled(self, terms: list[str]) -> list[str]:
        """The terms as the question writes them, each once."""
        if not terms:
            return []
        spelled = self._question.spelled
        return list(dict.fromkeys([spelled.get(term, term) for term in terms]))

    def _told(
        self,
        best: list[tuple[int, int, float]],
        files: Best,
        candidates: Candidates,
        scorer: ChunkScorer,
        commits: CommitFields | None,
    ) -> list[Ranked]:
        """The chosen chunks with their lines and what speaks for them."""
        orders, places = [order for order, _, _ in best], [place for _, place, _ in best]
        numbers = cast("list[int]", files.numbers[orders].tolist())
        in_path = [self._path_words(files.rows[order].path) for order in orders]
        in_text = scorer.words_in(places)
        held = self._held([{*one, *two} for one, two in zip(in_text, in_path, strict=True)])
        whole = self._weights.whole
        chunks = self._chunks(orders, places, files, candidates)
        words = zip(scorer.names_in(places), in_path, in_text, strict=True)
        return [
            Ranked(
                file=files.rows[order],
                chunk=chunk,
                score=min(1.0, score / whole) * held,
                names=self._spelled(names),
                path_words=self._spelled(of_path),
                text_words=self._spelled(of_text),
                commit=self._commit(commits, number),
            )
            for (order, _, score), number, chunk, (names, of_path, of_text) in zip(
                best, numbers, chunks, words, strict=True
            )
        ]

    def _chunks(
        self, orders: list[int], places: list[int], files: Best, candidates: Candidates
    ) -> list[ChunkRow]:
        """The rows of some chunks, each of the file that stands there among `files`."""
        blobs = cast("list[int]", self._catalog.blobs[files.numbers[orders]].tolist())
        firsts = cast("list[int]", candidates.starts[files.places[orders]].tolist())
        each = [*dict.fromkeys(blobs)]
        found = zip(each, self._remembered.rows.of(self._store, each), strict=True)
        rows = {blob: data.split(b"\n") for blob, data in found}
        return [
            ChunkRow(*unpack_row(rows[blob][place - first].decode()))
            for blob, place, first in zip(blobs, places, firsts, strict=True)
        ]

    def _commit(self, commits: CommitFields | None, number: int) -> str | None:
        """The commit that speaks much for a file."""
        if commits is None or self._history is None or commits.likest[number] == NO_COMMIT:
            return None
        if commits.alike[number] < _MUCH * commits.alike.max():
            return None
        return self._history.said(int(commits.likest[number]))


def _terms(question: Question) -> Iterable[str]:
    """All terms that the postings are asked for, to be read at once."""
    yield from (*question.words, *question.wider)
    yield from (NAME_WORD + word for word in question.words)
    yield from question.together
    yield TESTS
    yield GENERATED
    names = (*question.names, *question.pairs, *question.plain, *question.identifiers)
    yield from (NAME + name for name in names)
    yield from map(spelled, question.as_spelled)
