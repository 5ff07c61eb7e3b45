"""Where the words of a question stand in the lines of a hit.

Words meet as they do in the index: by the terms of `tokens.py`, so "sessions" marks `Session` in
`SessionStore`, and "rate limiter" the whole of `RateLimiter`.
"""

from collections.abc import Iterable, Iterator
from typing import AnyStr, Final

from claudetask_core.schemas.search import Highlight
from claudetask_core.search.ranking.question import Question
from claudetask_core.search.text.tokens import joined, occurrences, parts, run_end, stem

MOST: Final = 50
_Span = tuple[int, int]
_BLANK: Final = b" "
_FOLDED: Final = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() or chr(code) == "_" else ord(_BLANK)
    for code in range(128)
).ljust(256)
"""Makes ASCII letters small, and blanks of all that stands in no word."""


class Marker:
    """Finds the words of a question, remembering those it has met.

    Args:
        question: What was asked; those who look for the same are equal.
    """

    def __init__(self, question: Question) -> None:
        self._text = question.text
        self._stems = frozenset(question.words)
        self._whole = frozenset((*question.identifiers, *question.pairs))
        self._beginnings = sorted({_beginning(word) for word in question.words})
        self._encoded = [word.encode() for word in self._beginnings if word.isascii()]
        self._known: dict[str, list[_Span]] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Marker) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __call__(self, text: str, first: int) -> list[Highlight]:
        """The first `MOST` places, in order; none overlaps another.

        Args:
            text: The lines that are shown.
            first: The number in its file of the first of them.
        """
        found: list[Highlight] = []
        line, line_start = first, 0
        for place, spans in self._places(text):
            breaks = text.count("\n", line_start, place)
            if breaks:
                line += breaks
                line_start = text.rindex("\n", line_start, place) + 1
            offset = place - line_start
            for start, end in spans:
                found.append(Highlight(line, offset + start, offset + end))
                if len(found) == MOST:
                    return found
        return found

    def _places(self, text: str) -> Iterator[tuple[int, list[_Span]]]:
        """Where runs of letters, digits and `_` that hold a word of the question begin, in order,
        and where in them those words are.
        """
        known = self._known
        for start, end in self._promising(text):
            run = text[start:end]
            spans = known.get(run)
            if spans is None:
                spans = known[run] = self._in_run(run)
            if spans:
                yield start, spans

    def _promising(self, text: str) -> Iterator[_Span]:
        """The runs that may hold a word of the question; in most texts these are few."""
        if not text.isascii():
            yield from self._promising_letters(text)
            return
        folded = text.encode("ascii").translate(_FOLDED)
        end = 0
        for place in self._beginning_at(folded, self._encoded):
            if place >= end:
                start = folded.rfind(_BLANK, end, place) + 1 or end
                end = folded.find(_BLANK, place)
                end = end if end >= 0 else len(folded)
                yield start, end

    def _promising_letters(self, text: str) -> Iterator[_Span]:
        """The same for letters of any script."""
        lowered = text.lower()
        if len(lowered) != len(text):  # places in one are not those in the other
            yield from (found.span() for found in occurrences(text))
            return
        end = 0
        for place in self._beginning_at(lowered, self._beginnings):
            if place < end:
                continue
            start = place
            while start > end and (text[start - 1].isalnum() or text[start - 1] == "_"):
                start -= 1
            end = run_end(text, start)
            yield start, end

    @staticmethod
    def _beginning_at(lowered: AnyStr, beginnings: Iterable[AnyStr]) -> list[int]:
        """Where what every such word holds stands, in order."""
        found: list[int] = []
        for beginning in beginnings:  # one by one is faster than a pattern of them all
            place = lowered.find(beginning)
            while place >= 0:
                found.append(place)
                place = lowered.find(beginning, place + 1)
        found.sort()
        return found

    def _in_run(self, run: str) -> list[_Span]:
        if run.isidentifier() and run.isascii():  # which is one word
            return self._inside(run)
        return [
            (found.start() + start, found.start() + end)
            for found in occurrences(run)
            for start, end in self._inside(found[0])
        ]

    def _inside(self, word: str) -> list[_Span]:
        lowered = word.lower()
        if joined(word) in self._whole:
            return [(0, len(word))]
        pieces = parts(word)
        if len(lowered) != len(word):  # offsets in the lowered word are not those in the word
            return [(0, len(word))] if any(stem(part) in self._stems for part in pieces) else []
        spans: list[_Span] = []
        position = 0
        for part in pieces:
            start = lowered.find(part, position)
            if start < 0:
                break
            if stem(part) in self._stems:
                _append(spans, word, start, start + len(part))
            # pairs of CJK letters overlap, so the next one may begin inside this one
            position = start + (len(part) if part.isascii() else 1)
        return spans


def _beginning(stemmed: str) -> str:
    """Letters that every word with this stem holds: `fly` is the stem of `flies`."""
    return stemmed.removesuffix("y") or stemmed


def _append(spans: list[_Span], word: str, start: int, end: int) -> None:
    """Adds a place, joined to the one before where nothing but underscores is between."""
    if spans and not word[spans[-1][1] : start].strip("_"):
        spans[-1] = (spans[-1][0], end)
    else:
        spans.append((start, end))
