"""The first pass: what paths and postings say of whole files."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from claudetask_core.search.analysis import NAME_WORD
from claudetask_core.search.catalog import Catalog
from claudetask_core.search.commit_fields import CommitFields
from claudetask_core.search.evidence import Evidence, Floats, Witness, rarity, saturated
from claudetask_core.search.question import Question
from claudetask_core.search.tokens import JOINED
from claudetask_core.search.weights import Weights

_K1: Final = 3.0
_B: Final = 0.2


@dataclass(slots=True)
class FileFields:
    """Fields by file number."""

    text: Floats
    joined_text: Floats
    wider: Floats
    names_text: Floats
    stem: Floats
    wider_stem: Floats
    folders: Floats
    folder_share: Floats
    stem_share: Floats
    stem_equals: Floats
    stem_like: Floats
    alike: Floats
    told: Floats


class FileScorer:
    """Fills the fields of one question."""

    def __init__(
        self,
        witness: Witness,
        catalog: Catalog,
        question: Question,
        commits: CommitFields | None = None,
    ) -> None:
        self._witness = witness
        self._catalog = catalog
        self._question = question
        self._commits = commits
        self._size = len(catalog.rows)
        self._mean = catalog.length / max(1, catalog.files)

    def collect(self) -> FileFields:
        """Every field of the first pass, each of the shape (files,)."""
        question = self._question
        fields = FileFields(
            text=self._text(question.words, question.weight),
            joined_text=self._text(
                JOINED + name for name in (*question.identifiers, *question.pairs)
            ),
            wider=self._text(question.wider),
            names_text=self._text(
                (NAME_WORD + word for word in question.words),
                lambda term: question.weight(term[1:]),
            ),
            stem=self._zeros(),
            wider_stem=self._zeros(),
            folders=self._zeros(),
            folder_share=self._zeros(),
            stem_share=self._zeros(),
            stem_equals=self._zeros(),
            stem_like=self._zeros(),
            alike=self._zeros() if self._commits is None else self._commits.alike,
            told=self._zeros() if self._commits is None else self._commits.told,
        )
        self._add_paths(fields)
        for word in question.wider:
            fields.wider_stem[self._catalog.paths.stem_words.get(word, [])] += 1.0
        for name in (*question.names, *question.pairs, *question.plain):
            fields.stem_equals[self._catalog.paths.stems.get(name, [])] = 1.0
        return fields

    def _zeros(self) -> Floats:
        return np.zeros(self._size, np.float64)

    def _text(self, terms: Iterable[str], weigh: Callable[[str], float] = lambda _: 1.0) -> Floats:
        """BM25 over whole files."""
        sums = self._zeros()
        catalog = self._catalog
        for term in terms:
            found = self._witness.of(term)
            if not found.files.size:
                continue
            lengths = catalog.lengths[found.files]
            weight = weigh(term) * rarity(catalog.files, found.files.size)
            sums[found.files] += weight * saturated(found.file_times, lengths, self._mean, _K1, _B)
        return sums[catalog.first[: self._size]]

    def _add_paths(self, fields: FileFields) -> None:
        """The words of names and folders, each as rare as it is in the text."""
        paths, question = self._catalog.paths, self._question
        rarities = {
            word: question.weight(word) * self._rarity(self._witness.of(word))
            for word in question.words
        }
        total = sum(rarities.values()) or 1.0
        for word, weight in rarities.items():
            for files, scores, shares in (
                (paths.stem_words, fields.stem, fields.stem_share),
                (paths.folder_words, fields.folders, fields.folder_share),
            ):
                found = np.array(files.get(word, ()), np.int64)  # each file once
                scores[found] += weight / total
                shares[found] += 1.0
        fields.stem_share /= self._catalog.stem_sizes[: self._size]
        fields.folder_share /= self._catalog.folder_sizes[: self._size]
        for word in question.words:
            for number, share in paths.alike(word):
                fields.stem_like[number] = max(fields.stem_like[number], share)

    def _rarity(self, found: Evidence) -> float:
        return rarity(self._catalog.files, found.files.size)


def file_scores(fields: FileFields, weights: Weights) -> Floats:
    """The weighted sum of the fields, of the shape (files,)."""
    sums = weights.stem * fields.stem + weights.folders * fields.folders
    sums += weights.stem_like * fields.stem_like + weights.folder_share * fields.folder_share
    for scores, weight in (
        (fields.text, weights.file_text),
        (fields.joined_text, weights.file_joined),
        (fields.wider, weights.wider_text),
        (fields.wider_stem, weights.wider_stem),
        (fields.names_text, weights.file_names),
        (fields.stem_equals, weights.stem_equals),
        (fields.stem_share, weights.stem_share),
        (fields.alike, weights.commit_alike),
        (fields.told, weights.commit_words),
    ):
        sums += weight * normal(scores)
    return sums


def normal(scores: Floats) -> Floats:
    """A field brought to 0–1 by its largest value."""
    largest = float(scores.max(initial=0.0))
    return scores / largest if largest > 0 else scores
