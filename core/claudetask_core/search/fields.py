"""The first pass: what paths and postings say of whole files."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.analysis import NAME_WORD
from claudetask_core.search.catalog import Catalog
from claudetask_core.search.commit_fields import CommitFields
from claudetask_core.search.evidence import Evidence, Floats, Numbers, Witness, rarity, saturated
from claudetask_core.search.question import Question
from claudetask_core.search.tokens import JOINED
from claudetask_core.search.weights import Weights

_K1: Final = 3.0
_B: Final = 0.2


@dataclass(slots=True)
class FileFields:
    """Fields by file number.

    `path_share` is how much of the question, by how rare its words are, the name and the folders
    hold together, and `held` how much the file does, its text included.
    """

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
    path_share: Floats
    held: Floats
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
        self._first = catalog.first[: self._size].astype(np.int64)
        self._marked = np.zeros(self._size, np.bool_)

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
            path_share=self._zeros(),
            held=self._zeros(),
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
        return sums[self._first]

    def _add_paths(self, fields: FileFields) -> None:
        """The words of names and folders, each as rare as it is in the text."""
        paths, question = self._catalog.paths, self._question
        rarities = {
            word: question.weight(word) * self._rarity(self._witness.of(word))
            for word in question.words
        }
        total = sum(rarities.values()) or 1.0
        in_text = self._zeros()
        for word, weight in rarities.items():
            part = weight / total
            stems = np.array(paths.stem_words.get(word, ()), np.int64)  # each file once
            folders = np.array(paths.folder_words.get(word, ()), np.int64)
            fields.stem[stems] += part
            fields.stem_share[stems] += 1.0
            fields.folders[folders] += part
            fields.folder_share[folders] += 1.0
            in_text[self._witness.of(word).files] += part
            self._add_shares(fields, word, part, (stems, folders))
        fields.held += in_text[self._first]
        fields.stem_share /= self._catalog.stem_sizes[: self._size]
        fields.folder_share /= self._catalog.folder_sizes[: self._size]
        for word in question.words:
            for number, share in paths.alike(word):
                fields.stem_like[number] = max(fields.stem_like[number], share)

    def _add_shares(
        self, fields: FileFields, word: str, part: float, places: tuple[Numbers, Numbers]
    ) -> None:
        """Adds a word's part of the question where a name or folders have it, each file once."""
        stems, folders = places
        either = np.concatenate((stems, folders[self._outside(stems, folders)]))
        fields.path_share[either] += part
        lacking = self._outside(self._witness.of(word).files, self._first[either])
        fields.held[either[lacking]] += part

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
    sums += weights.held * fields.held
    for scores, weight in (
        (fields.text, weights.file_text),
        (fields.joined_text, weights.file_joined),
        (fields.wider, weights.wider_text),
        (fields.wider_stem, weights.wider_stem),
        (fields.names_text, weights.file_names),
        (fields.stem_equals, weights.stem_equals),
        (fields.stem_share, weights.stem_share),
        (fields.path_share, weights.path_share),
        (fields.alike, weights.commit_alike),
        (fields.told, weights.commit_words),
    ):
        sums += weight * normal(scores)
    return sums


def normal(scores: Floats) -> Floats:
    """A field brought to 0–1 by its largest value."""
    largest = float(scores.max(initial=0.0))
    return scores / largest if largest > 0 else scores
