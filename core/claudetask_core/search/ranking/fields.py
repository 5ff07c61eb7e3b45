"""The first pass: what paths and postings say of whole files."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.index.analysis import NAME_WORD
from claudetask_core.search.index.catalog import Catalog
from claudetask_core.search.ranking.commit_fields import CommitFields
from claudetask_core.search.ranking.evidence import Evidence, Floats, Numbers, Witness, rarity
from claudetask_core.search.ranking.question import Question
from claudetask_core.search.ranking.weights import Weights


@dataclass(slots=True)
class FileFields:
    """Fields by file number; those of the text are counted for the first file with each content,
    which is `first` for each file. What is nowhere is None.

    `path_share` is how much of the question, by how rare its words are, the name and the folders
    hold together, and `held` how much the file does, its text included.
    """

    first: Numbers
    text: Floats | None
    joined_text: Floats | None
    wider: Floats | None
    names_text: Floats | None
    stem: Floats
    wider_stem: Floats
    folders: Floats
    folder_share: Floats
    stem_share: Floats
    stem_equals: Floats
    stem_like: Floats
    path_share: Floats
    held: Floats
    alike: Floats | None
    told: Floats | None


class FileScorer:
    """Fills the fields of one question; that of `held` only where it is to be counted."""

    def __init__(
        self,
        witness: Witness,
        catalog: Catalog,
        question: Question,
        commits: CommitFields | None = None,
        *,
        with_held: bool = True,
    ) -> None:
        self._witness = witness
        self._catalog = catalog
        self._question = question
        self._commits = commits
        self._size = len(catalog.rows)
        self._with_held = with_held
        self._first = catalog.first[: self._size]
        self._marked = np.zeros(self._size, np.bool_)

    def collect(self) -> FileFields:
        """Every field of the first pass, each of the shape (files,)."""
        question = self._question
        fields = FileFields(
            first=self._first,
            text=self._text(question.words, question.weight),
            joined_text=self._text(question.together),
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
            path_share=self._zeros(),
            held=self._zeros(),
            alike=None if self._commits is None else self._commits.alike,
            told=None if self._commits is None else self._commits.told,
        )
        self._add_paths(fields)
        paths = self._catalog.paths
        for word in question.wider:
            fields.wider_stem[paths.stem_words.of(word)] += 1.0
        for name in {*question.names, *question.pairs, *question.plain}:
            numbers = paths.stems.of(name)
            if numbers.size:
                fields.stem_equals[numbers] = 1.0
        return fields

    def _zeros(self) -> Floats:
        return np.zeros(self._size, np.float64)

    def _text(
        self, terms: Iterable[str], weigh: Callable[[str], float] = lambda _: 1.0
    ) -> Floats | None:
        """BM25 over whole files."""
        found = [(term, self._witness.of(term)) for term in terms]
        found = [(term, one) for term, one in found if one.files.size]
        if not found:
            return None
        gains = [weigh(term) * self._rarity(one) * one.file_gains for term, one in found]
        return self._summed([one.files for _, one in found], np.concatenate(gains))

    def _summed(self, numbers: Sequence[Numbers], values: Floats | None) -> Floats:
        """What comes together for each file, 1 for each time where there are no values."""
        sums = np.bincount(np.concatenate(numbers), values, minlength=self._size)
        return sums.astype(np.float64, copy=False)

    def _add_paths(self, fields: FileFields) -> None:
        """The words of names and folders, each as rare as it is in the text."""
        paths, question = self._catalog.paths, self._question
        rarities = {
            word: question.weight(word) * self._rarity(self._witness.of(word))
            for word in question.words
        }
        total = sum(rarities.values()) or 1.0
        parts = {word: weight / total for word, weight in rarities.items()}
        stems = [paths.stem_words.of(word) for word in parts]  # each file once
        folders = [paths.folder_words.of(word) for word in parts]
        if parts:
            self._add_shares(fields, np.array([*parts.values()]), stems, folders)
        if self._with_held:
            self._add_held(fields, parts)
        for word in question.words:
            for numbers, share in paths.alike(word):
                fields.stem_like[numbers] = np.maximum(fields.stem_like[numbers], share)

    def _add_shares(
        self, fields: FileFields, parts: Floats, stems: list[Numbers], folders: list[Numbers]
    ) -> None:
        """How much of the question names and folders hold, by the parts of its words."""
        others = [
            numbers[self._outside(known, numbers)] if known.size else numbers
            for known, numbers in zip(stems, folders, strict=True)
        ]
        in_stems = parts.repeat([one.size for one in stems])
        fields.stem = self._summed(stems, in_stems)
        fields.folders = self._summed(folders, parts.repeat([one.size for one in folders]))
        beside = parts.repeat([one.size for one in others])
        fields.path_share = self._summed(stems + others, np.concatenate((in_stems, beside)))
        size = self._size
        fields.stem_share = self._summed(stems, None) / self._catalog.stem_sizes[:size]
        fields.folder_share = self._summed(folders, None) / self._catalog.folder_sizes[:size]

    def _add_held(self, fields: FileFields, parts: dict[str, float]) -> None:
        """Adds a word's part of the question where the text, a name or folders have it, once."""
        paths = self._catalog.paths
        in_text = self._zeros()
        for word, part in parts.items():
            known = self._witness.of(word).files
            in_text[known] += part
            stems, folders = paths.stem_words.of(word), paths.folder_words.of(word)
            either = np.concatenate((stems, folders[self._outside(stems, folders)]))
            fields.held[either[self._outside(known, self._first[either])]] += part
        fields.held += in_text[self._first]

    def _outside(self, known: Numbers, numbers: Numbers) -> NDArray[np.bool_]:
        """Which of some files are not among those that are known."""
        self._marked[known] = True
        outside = ~self._marked[numbers]
        self._marked[known] = False
        return outside

    def _rarity(self, found: Evidence) -> float:
        return rarity(self._catalog.files, found.files.size)


def file_scores(fields: FileFields, weights: Weights) -> Floats:
    """The weighted sum of the fields, of the shape (files,)."""
    sums = weights.stem * fields.stem + weights.folders * fields.folders
    sums += weights.stem_like * fields.stem_like + weights.folder_share * fields.folder_share
    if weights.held:
        sums += weights.held * fields.held
    of_text = np.zeros(sums.size)
    for whole, scores, weight in (
        (of_text, fields.text, weights.file_text),
        (of_text, fields.joined_text, weights.file_joined),
        (of_text, fields.wider, weights.wider_text),
        (of_text, fields.names_text, weights.file_names),
        (sums, fields.wider_stem, weights.wider_stem),
        (sums, fields.stem_equals, weights.stem_equals),
        (sums, fields.stem_share, weights.stem_share),
        (sums, fields.path_share, weights.path_share),
        (sums, fields.alike, weights.commit_alike),
        (sums, fields.told, weights.commit_words),
    ):
        if weight and scores is not None:
            _add(whole, scores, weight)
    return sums + of_text[fields.first]


def _add(sums: Floats, scores: Floats, weight: float) -> None:
    """Adds a field, which is brought to 0–1 by its largest value."""
    largest = float(np.maximum.reduce(scores, initial=0.0))
    if largest > 0:
        sums += weight / largest * scores


def normal(scores: Floats) -> Floats:
    """A field brought to 0–1 by its largest value."""
    largest = float(np.maximum.reduce(scores, initial=0.0))
    return scores / largest if largest > 0 else scores
