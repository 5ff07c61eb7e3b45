"""The second pass: what the question's terms say of the chunks of the best files."""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from claudetask_core.search.catalog import Catalog
from claudetask_core.search.document import PLACE
from claudetask_core.search.fields import FileFields, Places, Scores, add, new_scores, rarity
from claudetask_core.search.rows import ChunkRow, FileRow
from claudetask_core.search.store import Store
from claudetask_core.search.weights import Weights

_K1: Final = 1.5
_B: Final = 0.75
_KEY: Final = 1 << 16


def key_of(file_id: int, position: int) -> int:
    """One number for a chunk."""
    return file_id * _KEY + position


def file_of(key: int) -> int:
    return key // _KEY


@dataclass(slots=True)
class ChunkFields:
    """Scores by chunk key, and the words and names that brought them."""

    text: Scores = field(default_factory=new_scores)
    names: Scores = field(default_factory=new_scores)
    joined: Scores = field(default_factory=new_scores)
    exact: Scores = field(default_factory=new_scores)
    paired: Scores = field(default_factory=new_scores)
    plain: Scores = field(default_factory=new_scores)
    coverage: Scores = field(default_factory=new_scores)
    words: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    defined: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))


class ChunkScorer:
    """Scores the chunks of `files` by the postings that the first pass has read."""

    def __init__(
        self, store: Store, catalog: Catalog, files: Sequence[FileRow], found: FileFields
    ) -> None:
        self._catalog = catalog
        self._ids = [row.id for row in files]
        self._found = found
        self.chunks: dict[int, ChunkRow] = {
            key_of(row.id, chunk.position): chunk for row in files for chunk in store.chunks(row.id)
        }
        self.fields = ChunkFields()

    def score(self, weights: Weights) -> Scores:
        """The weighted sum of the fields of every chunk."""
        fields = self.fields
        self._collect()
        sums: Scores = defaultdict(float, dict.fromkeys(self.chunks, 0.0))
        for scores, weight in (
            (fields.text, weights.chunk_text),
            (fields.names, weights.chunk_names),
            (fields.joined, weights.chunk_joined),
            (fields.exact, weights.exact_name),
            (fields.paired, weights.joined_name),
            (fields.plain, weights.word_is_name),
            (fields.coverage, weights.coverage),
        ):
            add(sums, scores, weight)
        return sums

    @property
    def matched(self) -> AbstractSet[int]:
        """The chunks that hold or define anything of the question."""
        return self.fields.words.keys() | self.fields.defined.keys()

    def several(self) -> Scores:
        """How much the chunks of each file hold together."""
        sums = new_scores()
        for key, score in self.fields.text.items():
            sums[file_of(key)] += score
        return sums

    def _collect(self) -> None:
        found, fields = self._found, self.fields
        rarities = {
            word: self._text(word, places, fields.text, fields.words)
            for word, places in found.words.items()
        }
        total = sum(rarities.values()) or 1.0
        for key, words in fields.words.items():
            fields.coverage[key] = sum(rarities[word] for word in words) / total
        for word, places in found.name_words.items():
            self._text(word, places, fields.names, None)
        for name, places in found.joined.items():
            self._text(name, places, fields.joined, None)
        for scores, names in (
            (fields.exact, found.exact),
            (fields.paired, found.paired),
            (fields.plain, found.plain),
        ):
            for name, places in names.items():
                self._defined(name, places, scores)

    def _text(
        self, word: str, places: Places, scores: Scores, words: dict[int, list[str]] | None
    ) -> float:
        """Adds the BM25 of one term; answers how rare it is."""
        total = self._catalog.chunks
        weight = rarity(total, sum(map(len, places.values())) // PLACE.size)
        mean = max(1.0, self._catalog.length / max(1, total))
        flat, slope = _K1 * (1 - _B), _K1 * _B / mean
        chunks = self.chunks
        for file_id in self._ids:
            base = key_of(file_id, 0)
            for position, times in PLACE.iter_unpack(places.get(file_id, b"")):
                key = base + position
                length = chunks[key].length
                scores[key] += weight * times * (_K1 + 1) / (times + flat + slope * length)
                if words is not None:
                    words[key].append(word)
        return weight

    def _defined(self, name: str, places: Places, scores: Scores) -> None:
        for file_id in self._ids:
            for position, _ in PLACE.iter_unpack(places.get(file_id, b"")):
                scores[key_of(file_id, position)] = 1.0
                self.fields.defined[key_of(file_id, position)].append(name)
