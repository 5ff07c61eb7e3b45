"""Which files have a word in their name or their folders."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.tree.paths import PathTerms

Numbers = NDArray[np.int64]

_LEAST_ALIKE: Final = 4
_NONE: Final = np.zeros(0, np.int64)


class Holders:
    """The numbers of the files that have a word, ascending; as an array where it is asked for."""

    def __init__(self) -> None:
        self._numbers: dict[str, list[int]] = defaultdict(list)
        self._arrays: dict[str, Numbers] = {}
        self._sorted: list[str] = []

    def add(self, word: str, number: int) -> None:
        """Takes in a file whose number is above all others."""
        self._numbers[word].append(number)

    def of(self, word: str) -> Numbers:
        """The files that have a word; not to be written to."""
        numbers = self._numbers.get(word)
        if numbers is None:
            return _NONE
        array = self._arrays.get(word)
        if array is None or array.size != len(numbers):
            array = self._arrays[word] = np.array(numbers, np.int64)
        return array

    def longer(self, word: str) -> Iterator[str]:
        """The words that begin with `word` and are not it."""
        if len(self._sorted) != len(self._numbers):
            self._sorted = sorted(self._numbers)
        for place in range(bisect_right(self._sorted, word), len(self._sorted)):
            if not self._sorted[place].startswith(word):
                break
            yield self._sorted[place]


class Paths:
    """The words of the names of files, these names as a whole, and the words of folders."""

    def __init__(self) -> None:
        self.stem_words = Holders()
        self.stems = Holders()
        self.folder_words = Holders()

    def alike(self, word: str) -> Iterator[tuple[Numbers, float]]:
        """(files, how alike) where a word of the file's name begins with `word` or begins it.

        How alike is the length of the shorter by that of the longer; equal words are left out.
        """
        if len(word) < _LEAST_ALIKE:
            return
        for longer in self.stem_words.longer(word):
            yield self.stem_words.of(longer), len(word) / len(longer)
        for length in range(_LEAST_ALIKE, len(word)):
            numbers = self.stem_words.of(word[:length])
            if numbers.size:
                yield numbers, length / len(word)

    def add(self, number: int, terms: PathTerms) -> None:
        """Takes in a file whose number is above all others."""
        for word in terms.stem_words:
            self.stem_words.add(word, number)
        for stem in terms.stems:
            self.stems.add(stem, number)
        for word in terms.folder_words:
            self.folder_words.add(word, number)
