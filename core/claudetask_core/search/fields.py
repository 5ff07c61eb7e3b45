"""The first pass: what the postings of a question's terms say of whole files."""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from claudetask_core.search.catalog import Catalog
from claudetask_core.search.document import FOLDER_WORD, NAME, NAME_WORD, STEM, STEM_WORD
from claudetask_core.search.question import Question
from claudetask_core.search.store import Store
from claudetask_core.search.tokens import JOINED
from claudetask_core.search.weights import Weights

_K1: Final = 3.0
_B: Final = 0.2

Places = dict[int, bytes]
Scores = dict[int, float]


def new_scores() -> Scores:
    return defaultdict(float)


def rarity(total: int, having: int) -> float:
    """The inverse document frequency of BM25, never negative."""
    return math.log1p((total - having + 0.5) / (having + 0.5))


@dataclass(slots=True)
class FileFields:
    """Scores by file id, and where each term stands, by which chunks are scored next."""

    text: Scores = field(default_factory=new_scores)
    joined_text: Scores = field(default_factory=new_scores)
    wider: Scores = field(default_factory=new_scores)
    stem: Scores = field(default_factory=new_scores)
    wider_stem: Scores = field(default_factory=new_scores)
    folders: Scores = field(default_factory=new_scores)
    names_text: Scores = field(default_factory=new_scores)
    stem_equals: Scores = field(default_factory=new_scores)
    stem_words: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    path_words: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    words: dict[str, Places] = field(default_factory=dict[str, Places])
    name_words: dict[str, Places] = field(default_factory=dict[str, Places])
    joined: dict[str, Places] = field(default_factory=dict[str, Places])
    exact: dict[str, Places] = field(default_factory=dict[str, Places])
    paired: dict[str, Places] = field(default_factory=dict[str, Places])
    plain: dict[str, Places] = field(default_factory=dict[str, Places])


class FileScorer:
    """Reads the postings of one question."""

    def __init__(self, store: Store, catalog: Catalog, question: Question) -> None:
        self._store = store
        self._catalog = catalog
        self._question = question
        self._mean = catalog.length / max(1, len(catalog.files))
        self._rarities: dict[str, float] = {}
        self.fields = FileFields()

    def collect(self) -> FileFields:
        """Every field of the first pass."""
        found, question = self.fields, self._question
        for word in question.words:
            found.words[word] = self._text(word, found.text)
            found.name_words[word] = self._text(NAME_WORD + word, found.names_text)
        total = sum(self._rarities[word] for word in question.words) or 1.0
        for word in question.words:
            share = self._rarities[word] / total
            for file_id in self._path(STEM_WORD + word, found.stem, share):
                found.stem_words[file_id] += 1
                found.path_words[file_id].append(word)
            for file_id in self._path(FOLDER_WORD + word, found.folders, share):
                found.path_words[file_id].append(word)
        for word in question.wider:
            self._text(word, found.wider)
            self._path(STEM_WORD + word, found.wider_stem, 1.0)
        for name in (*question.identifiers, *question.pairs):
            found.joined[name] = self._text(JOINED + name, found.joined_text)
        for names, places in (
            (question.names, found.exact),
            (question.pairs, found.paired),
            (question.plain, found.plain),
        ):
            for name in names:
                places[name] = self._places(NAME + name)
                found.stem_equals.update(dict.fromkeys(self._places(STEM + name), 1.0))
        return found

    def _text(self, term: str, scores: Scores) -> Places:
        rows = self._store.postings(term)
        files = self._catalog.files
        weight = self._rarities[term] = rarity(len(files), len(rows))
        flat, slope = _K1 * (1 - _B), _K1 * _B / max(1.0, self._mean)
        places: Places = {}
        for file_id, times, blob in rows:
            row = files.get(file_id)
            if row is None:
                continue
            places[file_id] = blob
            scores[file_id] += weight * times * (_K1 + 1) / (times + flat + slope * row.length)
        return places

    def _path(self, term: str, scores: Scores, share: float) -> list[int]:
        ids = list(self._places(term))
        for file_id in ids:
            scores[file_id] += share
        return ids

    def _places(self, term: str) -> Places:
        return {file_id: blob for file_id, _, blob in self._store.postings(term)}


def file_scores(found: FileFields, catalog: Catalog, weights: Weights) -> Scores:
    """The weighted sum of the fields of each file that any of them names."""
    sums = new_scores()
    for scores, weight in (
        (found.text, weights.file_text),
        (found.joined_text, weights.file_joined),
        (found.wider, weights.wider_text),
        (found.wider_stem, weights.wider_stem),
        (found.names_text, weights.file_names),
        (found.stem_equals, weights.stem_equals),
        (_shares(found, catalog), weights.stem_share),
    ):
        add(sums, scores, weight)
    for scores, weight in ((found.stem, weights.stem), (found.folders, weights.folders)):
        for file_id, share in scores.items():
            sums[file_id] += weight * share
    return sums


def add(sums: Scores, scores: Scores, weight: float) -> None:
    """Adds a field, brought to 0–1 by its largest value, with its weight."""
    largest = max(scores.values(), default=0.0)
    if not weight or largest <= 0:
        return
    scale = weight / largest
    for key, value in scores.items():
        sums[key] += value * scale


def _shares(found: FileFields, catalog: Catalog) -> Scores:
    """The share of the words of a file's name that the question has."""
    shares: Scores = {}
    for file_id, hits in found.stem_words.items():
        row = catalog.files.get(file_id)
        if row is not None:
            shares[file_id] = hits / max(1, row.stem.count(" ") + 1)
    return shares
