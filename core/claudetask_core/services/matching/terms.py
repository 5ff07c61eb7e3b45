"""A text as terms that say all of it, so that any part of it is found by them.

A term is a run of letters and digits, a run of what stands between those, or one character of a
script that is written without blanks. One blank between two words is the usual case and is no term:
two words next to each other have it between them. So the terms of a text are that text, and a part
of it is some of its terms in a row, of which the first may be the end of one and the last the
beginning of one.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

END: Final = "\0"
"""Stands before a task's texts and after each of them; no text of a task holds it."""
BLANK: Final = " "
_WORD: Final = "0-9a-z\x80-\u0dff\u0f00-\u0fff\u10a0-\u177f\u1800-\u2e7f"
_SINGLE: Final = "\0\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0010ffff"
"""Thai, Lao, Burmese, Khmer; Han, Kana, Hangul and all after them."""
_TERM: Final = re.compile(
    f"[{_WORD}]+|[{_SINGLE}]|(?!(?<=[{_WORD}]) [{_WORD}])[^{_WORD}{_SINGLE}]+"
)
_IS_WORD: Final = re.compile(f"[{_WORD}]")
_IS_SINGLE: Final = re.compile(f"[{_SINGLE}]")


class Side(Enum):
    """Where in a term a piece of a text stands."""

    ALL = auto()
    END = auto()
    BEGINNING = auto()
    ANYWHERE = auto()


@dataclass(frozen=True)
class Piece:
    said: str
    side: Side


@dataclass(frozen=True)
class Asked:
    """A part of a text as it stands in terms.

    Attributes:
        pieces: Of terms in a row.
        after_blank: Whether a blank comes before the first, which is a word from its beginning.
        before_blank: Whether one comes after the last, which is a word to its end.
    """

    pieces: tuple[Piece, ...]
    after_blank: bool = False
    before_blank: bool = False


def terms(text: str) -> list[str]:
    """The terms of a text without capital letters of ASCII, in their order."""
    return _TERM.findall(text)


def is_word(term: str) -> bool:
    return _IS_WORD.match(term) is not None


def asked(text: str) -> Asked | None:
    """What is asked of the terms for a part of a text, in small letters.

    Returns:
        None where they do not say it: nothing, a lone blank, or what no text holds.
    """
    found = terms(text)
    if not found or found == [BLANK] or END in text:
        return None
    after = len(found) > 1 and found[0] == BLANK and is_word(found[1])
    before = len(found) > 1 and found[-1] == BLANK and is_word(found[-2])
    found = found[after : len(found) - before]
    last = len(found) - 1
    pieces = (
        Piece(term, _side(term, first=not (n or after), last=n == last and not before))
        for n, term in enumerate(found)
    )
    return Asked(tuple(pieces), after, before)


def _side(term: str, *, first: bool, last: bool) -> Side:
    if _IS_SINGLE.match(term):
        return Side.ALL
    if first and last:
        return Side.ANYWHERE
    if first:
        return Side.END
    return Side.BEGINNING if last else Side.ALL
