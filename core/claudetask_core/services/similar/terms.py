"""The words of a task's text as they are compared: stems, phrases made one, and their kin."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from claudetask_core.search.text import tokens
from claudetask_core.search.text.wordlist import words_of
from claudetask_core.services.similar import kin as similar_words

STOP_WORDS: Final = words_of(
    "a an and are as at be been being but by do did does for from had has have how i if in into "
    "is isn it its itself just me my no nor not of off on only or our out own same so some such t "
    "than that the their them then there these they this those to too until up very was we were "
    "what where which while who why will with you your also any both each more most other over "
    "under again about between s re ve d ll m don e g etc via per"
)
LONGEST_PHRASE: Final = 5
MOST_CHARACTERS: Final = 8_000
IDENTIFIER: Final = tokens.JOINED
GAP: Final = " "

Spelled = tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    """The word lists by stem; a phrase is its stems with blanks between.

    `kin` are the words that may stand for a word, `rivals` those that never do, `plain` what
    nearly every task says, `spelled` how a stem is written in the lists.
    """

    kin: dict[str, frozenset[str]]
    rivals: dict[str, frozenset[str]]
    plain: frozenset[str]
    phrases: frozenset[Spelled]
    spelled: dict[str, str]


def terms(text: str) -> dict[str, str]:
    """What a text says, each once and in order, with how it is written there.

    Telling words by their stem, known phrases as one, and at the end the identifiers that are
    made of several words (after `IDENTIFIER`).
    """
    found: dict[str, str] = {}
    read = _read(text[:MOST_CHARACTERS])
    for start, size in _phrases(read.stems):
        term = GAP.join(read.stems[start : start + size])
        if size > 1 or _tells(term):
            found.setdefault(term, GAP.join(read.written[start : start + size]))
    return found | read.compounds


def counted_terms(text: str) -> Counter[str]:
    """How often a text says each term; the words of a phrase count beside it."""
    read = _read(text)
    counted = Counter(stem for stem in read.stems if _tells(stem))
    counted.update(
        GAP.join(read.stems[start : start + size])
        for start, size in _phrases(read.stems)
        if size > 1
    )
    counted.update(read.compounds.keys())
    return counted


@dataclass(frozen=True)
class _Read:
    """The words of a text in order, by stem and as written, and those made of several."""

    stems: list[str]
    written: list[str]
    compounds: dict[str, str]


def _read(text: str) -> _Read:
    read = _Read([], [], {})
    for word in tokens.words(text):
        parts = tokens.parts(word)
        read.written.extend(parts)
        read.stems.extend(map(tokens.stem, parts))
        if len(parts) > 1:
            read.compounds.setdefault(IDENTIFIER + tokens.joined(word), word)
    return read


def _tells(term: str) -> bool:
    return term not in STOP_WORDS and (len(term) > 1 or not term.isascii())


def _phrases(stems: list[str]) -> Iterator[tuple[int, int]]:
    """Where each word or known phrase begins, and how many words it has."""
    phrases = lexicon().phrases
    start = 0
    while start < len(stems):
        size = _phrase(stems, start, phrases)
        yield start, size
        start += size


def compounds(text: str) -> str:
    """The parts of the words that are made of several, which a plain index keeps as one."""
    pieces = (tokens.parts(word) for word in tokens.words(text) if "_" not in word)
    return GAP.join(GAP.join(parts) for parts in pieces if len(parts) > 1)


def _phrase(stems: list[str], start: int, phrases: frozenset[Spelled]) -> int:
    """How many words the longest phrase that begins at `start` has; 1 where none does."""
    for size in range(LONGEST_PHRASE, 1, -1):
        if tuple(stems[start : start + size]) in phrases:
            return size
    return 1


@cache
def lexicon() -> Lexicon:
    """The word lists, made ready once."""
    spelled: dict[str, str] = {}
    kin: defaultdict[str, set[str]] = defaultdict(set)
    rivals: defaultdict[str, set[str]] = defaultdict(set)
    plain = _rows("plain", spelled)
    for row in (*plain, *_rows("rings", spelled)):
        _join(kin, row)
    for row in _rows("contrasts", spelled):
        _join(rivals, row)
    return Lexicon(
        kin={term: frozenset(others - {term}) for term, others in kin.items()},
        rivals={term: frozenset(others - {term}) for term, others in rivals.items()},
        plain=frozenset(term for row in plain for term in row),
        phrases=frozenset(tuple(term.split(GAP)) for term in spelled if GAP in term),
        spelled=spelled,
    )


def _rows(name: str, spelled: dict[str, str]) -> list[list[str]]:
    """The rows of a list, each word and phrase as a term."""
    return [[_term(entry, spelled) for entry in row] for row in similar_words.rows(name)]


def _term(entry: str, spelled: dict[str, str]) -> str:
    parts = [part for word in tokens.words(entry) for part in tokens.parts(word)]
    term = GAP.join(map(tokens.stem, parts))
    spelled.setdefault(term, GAP.join(parts))
    return term


def _join(related: defaultdict[str, set[str]], row: list[str]) -> None:
    for term in row:
        related[term].update(row)
