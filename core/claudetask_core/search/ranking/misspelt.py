"""What a question may mean by words and names that stand nowhere: those that differ by one letter.

As Norvig's "How to write a spelling corrector" (2007) does it: all that is one edit away is made,
and looked up. Only what nothing holds is looked for so, so that most questions cost nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from string import ascii_lowercase
from typing import Final

from claudetask_core.search.index.analysis import NAME
from claudetask_core.search.ranking.lacking import spellings
from claudetask_core.search.ranking.question import Question
from claudetask_core.search.text.tokens import JOINED, stem

_SHORTEST: Final = 5
_LONGEST: Final = 40
_MOST: Final = 4
"""So many words or names of a question are looked for; one with more is no misspelling."""

Held = Callable[[str], bool]
"""Whether a word or a name stands anywhere: in a text, or in the path of a file."""
Holders = Callable[[list[str]], Mapping[str, int]]
"""In how many files each of some terms stands, those that stand in none left out."""


def corrected(question: Question, held: Held, holders: Holders) -> Question:
    """The question with its unknown words and names replaced by known ones, where there are any.

    Args:
        question: The question.
        held: Tells whether something is known.
        holders: Looks many terms up.
    """
    names = _unknown(question.names, lambda name: _is_known(name, held))
    words = _unknown(question.words, held)
    if max(len(names), len(words)) > _MOST:
        return question
    told = {name: near for name in names if (near := _nearest_name(name, holders))}
    meant = {word: near for word in words if (near := _nearest(_edits(word), "", holders))}
    if question.is_identifier and not told:
        told = _in_another_number(question.names, held, holders)
    return _replaced(question, told, meant) if told or meant else question


def _unknown(terms: Iterable[str], held: Held) -> list[str]:
    return [
        term
        for term in terms
        if _SHORTEST <= len(term) <= _LONGEST and term.isascii() and not held(term)
    ]


def _is_known(name: str, held: Held) -> bool:
    """Whether a name stands anywhere; what defines it is read for each question anyway."""
    return held(NAME + name) or any(map(held, (name, *spellings(name))))


def _in_another_number(names: Sequence[str], held: Held, holders: Holders) -> dict[str, str]:
    """The last name in the singular or the plural, where nothing defines it and something that."""
    name = names[-1] if names else ""
    if len(name) < _SHORTEST or held(NAME + name):
        return {}
    other = name[:-1] if name.endswith("s") else name + "s"
    near = _nearest([other], NAME, holders)
    return {name: near} if near else {}


def _nearest_name(name: str, holders: Holders) -> str | None:
    """A name that is defined, else one that is only used, as a variable of the environment is."""
    return _nearest(_edits(name), NAME, holders) or _nearest(_edits(name), JOINED, holders)


def _nearest(near: Iterable[str], mark: str, holders: Holders) -> str | None:
    """That of some terms which the most files have."""
    found = holders([mark + term for term in dict.fromkeys(near)])
    return max(found, key=lambda term: (found[term], term))[len(mark) :] if found else None


def _edits(term: str) -> Iterator[str]:
    """All that one letter more, less, other or in its neighbour's place makes; the first stays."""
    for at in range(1, len(term) + 1):
        head, tail = term[:at], term[at:]
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in ascii_lowercase)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        yield from (head + letter + tail for letter in ascii_lowercase)


def _replaced(question: Question, names: Mapping[str, str], words: Mapping[str, str]) -> Question:
    def told(some: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(names.get(name, name) for name in some))

    joint = [term for name in names.values() for term in (JOINED + name, stem(name))]
    return replace(
        question,
        words=tuple(dict.fromkeys(words.get(word, word) for word in question.words)),
        identifiers=told(question.identifiers),
        names=told(question.names),
        plain=told(question.plain),
        together=tuple(dict.fromkeys((*question.together, *joint))),
    )
