"""Numbers for words and terms, so that a file is counted with arrays rather than with strings."""

from array import array
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.credentials import is_suspicious
from claudetask_core.search.tokens import word_terms

Int = NDArray[np.int32]

MOST_WORDS: Final = 150_000


class _Words(dict[str, int]):
    """The number of each word met; an unknown one is taken apart and numbered at once."""

    def __init__(self, terms: dict[str, int]) -> None:
        super().__init__()
        self._terms = terms
        self.starts = array("i", [0])
        self.members = array("i")
        self.suspicious: set[int] = set()

    def __missing__(self, word: str) -> int:
        number = len(self)
        terms = self._terms
        for term in word_terms(word):
            self.members.append(terms.setdefault(term, len(terms)))
        self.starts.append(len(self.members))
        if is_suspicious(word):
            self.suspicious.add(number)
        self[word] = number
        return number


class Vocabulary:
    """Grows with the words it meets; is to be made anew when it `is_full`."""

    def __init__(self) -> None:
        self._terms: dict[str, int] = {}
        self._words = _Words(self._terms)
        self.word = self._words.__getitem__

    @property
    def is_full(self) -> bool:
        return len(self._words) > MOST_WORDS

    @property
    def suspicious(self) -> set[int]:
        """The numbers of the words that credentials begin with."""
        return self._words.suspicious

    def term(self, term: str) -> int:
        """The number of a term that is no word of a text."""
        return self._terms.setdefault(term, len(self._terms))

    def spelled(self) -> list[str]:
        """The terms, each at the place of its number."""
        return list(self._terms)

    def expand(self, words: Int, owners: Int) -> tuple[Int, Int]:
        """The terms of words.

        Args:
            words: Numbers of words, shape (n,).
            owners: What each word belongs to, shape (n,).

        Returns:
            Numbers of terms and what each belongs to, both of shape (m,).
        """
        starts = np.array(self._words.starts, np.int32)
        members = np.array(self._words.members, np.int32)
        first = starts[words]
        counts = starts[words + 1] - first
        ends = np.cumsum(counts)
        total = int(ends[-1]) if ends.size else 0
        places = np.repeat(first - (ends - counts), counts) + np.arange(total)
        return members[places], np.repeat(owners, counts).astype(np.int32)
