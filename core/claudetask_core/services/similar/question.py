"""A text as a question to the index: its most telling words and those that may stand for them."""

from dataclasses import dataclass
from typing import Final

from claudetask_core.services.similar.compare import Said
from claudetask_core.services.similar.rarity import Rarity
from claudetask_core.services.similar.terms import IDENTIFIER, lexicon

MOST_TERMS: Final = 16
MOST_KIN: Final = 6
POSTINGS: Final = 8_000
"""About how many entries of the index are looked at, so that a large board costs no more."""
LEAST_TERMS: Final = 3
"""So many terms are asked for, also where they have more entries, but for three times as many."""


@dataclass(frozen=True)
class Question:
    """What is asked, on a board of about so many tasks."""

    said: Said
    rarity: Rarity
    tasks: int

    def match(self, columns: str = "") -> str:
        """An expression of FTS5: any of the words."""
        expression = " OR ".join(f'"{word}"' for word in dict.fromkeys(w for _, w in self.asked()))
        return f"{columns} : ({expression})" if columns and expression else expression

    def asked(self) -> list[tuple[str, str]]:
        """Terms and how they are written, the rarest first, as far as it is cheap to ask."""
        terms = sorted(self.said.terms, key=self.rarity.share)
        chosen: list[tuple[str, str]] = []
        cost = 0.0
        for count, term in enumerate(terms[:MOST_TERMS]):
            words = self._words(term)
            cost += sum(self.rarity.share(word) for word, _ in words) * self.tasks
            dear = cost > (POSTINGS if count >= LEAST_TERMS else 3 * POSTINGS)
            if chosen and dear:
                break
            chosen += words
        return list(dict.fromkeys(chosen))

    def _words(self, term: str) -> list[tuple[str, str]]:
        """A term as it is written and the rarest of what may stand for it."""
        own = self.said.written[term]
        known = lexicon()
        if term in known.plain or term[0] == IDENTIFIER:
            return [(term, own)]
        kin = sorted(known.kin.get(term, ()), key=self.rarity.share)[:MOST_KIN]
        return [(term, own), *((other, known.spelled[other]) for other in kin)]
