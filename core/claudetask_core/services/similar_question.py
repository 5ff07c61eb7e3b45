"""A text as a question to the index: its most telling words and those that may stand for them."""

from dataclasses import dataclass
from typing import Final

from claudetask_core.services.similar_compare import Said
from claudetask_core.services.similar_rarity import Rarity
from claudetask_core.services.similar_terms import IDENTIFIER, lexicon

MOST_TERMS: Final = 16
MOST_KIN: Final = 6
POSTINGS: Final = 8_000
"""About how many entries of the index are looked at, so that a large board costs no more."""
LEAST_TERMS: Final = 3


@dataclass(frozen=True)
class Question:
    """What is asked, on a board of about so many tasks."""

    said: Said
    rarity: Rarity
    tasks: int

    def match(self, columns: str = "") -> str:
        """An expression of FTS5: any of the words, the rarest first, as far as it is cheap."""
        terms = sorted(self.said.terms, key=self.rarity.share)
        chosen: list[str] = []
        cost = 0.0
        for count, term in enumerate(terms[:MOST_TERMS]):
            words = self._words(term)
            cost += sum(share for _, share in words) * self.tasks
            if cost > POSTINGS and count >= LEAST_TERMS:
                break
            chosen += [word for word, _ in words]
        expression = " OR ".join(f'"{word}"' for word in dict.fromkeys(chosen))
        return f"{columns} : ({expression})" if columns and expression else expression

    def _words(self, term: str) -> list[tuple[str, float]]:
        """A term as it is written and the rarest of what may stand for it, with their shares."""
        own = self.said.written[term]
        known = lexicon()
        if term in known.plain or term[0] == IDENTIFIER:
            return [(own, self.rarity.share(term))]
        kin = sorted(known.kin.get(term, ()), key=self.rarity.share)[:MOST_KIN]
        spelled = [(known.spelled[other], self.rarity.share(other)) for other in kin]
        return [(own, self.rarity.share(term)), *spelled]
