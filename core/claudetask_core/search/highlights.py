"""Where the words of a question stand in the lines of a hit.

Words meet as they do in the index: by the terms of `tokens.py`, so "sessions" marks `Session` in
`SessionStore`, and "rate limiter" the whole of `RateLimiter`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from claudetask_core.schemas.search import Highlight
from claudetask_core.search.question import Question
from claudetask_core.search.tokens import joined, parts, stem, words

MOST: Final = 50
_SURE: Final = 3
_Span = tuple[int, int]


def highlights(marker: "Marker", lines: Sequence[str], first: int) -> list[Highlight]:
    """The first `MOST` places, in order; none overlaps another.

    Args:
        marker: Knows what was asked.
        lines: The lines that are shown.
        first: The number in its file of the first of them.
    """
    found: list[Highlight] = []
    for number in marker.promising(lines):
        for start, end in marker.spans(lines[number]):
            found.append(Highlight(line=first + number, start=start, end=end))
            if len(found) == MOST:
                return found
    return found


class Marker:
    """Finds the words of a question, remembering those it has met.

    Args:
        question: What was asked.
    """

    def __init__(self, question: Question) -> None:
        self._stems = frozenset(question.words)
        self._whole = frozenset((*question.identifiers, *question.pairs))
        beginnings = sorted({re.escape(_beginning(word)) for word in question.words})
        self._may_hold = re.compile("|".join(beginnings) or "(?!)")
        self._known: dict[str, list[_Span]] = {}

    def promising(self, lines: Sequence[str]) -> Iterator[int]:
        """The places of the lines that may hold a word of the question; most hold none."""
        text = "\n".join(lines).lower()
        number = -1
        position = end = 0
        for found in self._may_hold.finditer(text):
            if number >= 0 and found.start() < end:
                continue
            number = max(number, 0) + text.count("\n", position, found.start())
            position = found.start()
            end = text.find("\n", position)
            yield number
            if end < 0:
                return

    def spans(self, line: str) -> Iterator[_Span]:
        """The places in one line, as offsets in characters."""
        position = 0
        for word in words(line):
            position = line.index(word, position)
            if word not in self._known:
                self._known[word] = self._inside(word)
            for start, end in self._known[word]:
                yield position + start, position + end
            position += len(word)

    def _inside(self, word: str) -> list[_Span]:
        lowered = word.lower()
        if not self._may_hold.search(lowered):
            return []
        if joined(word) in self._whole:
            return [(0, len(word))]
        matching = [(part, stem(part) in self._stems) for part in parts(word)]
        if len(lowered) != len(word):  # offsets in the lowered word are not those in the word
            return [(0, len(word))] if any(match for _, match in matching) else []
        spans: list[_Span] = []
        position = 0
        for part, match in matching:
            start = lowered.find(part, position)
            if start < 0:
                break
            if match:
                _append(spans, word, start, start + len(part))
            # pairs of CJK letters overlap, so the next one may begin inside this one
            position = start + (len(part) if part.isascii() else 1)
        return spans


def _beginning(stemmed: str) -> str:
    """Letters that every word with this stem begins with: `fly` is the stem of `flies`."""
    return stemmed[: _SURE if len(stemmed) > _SURE else _SURE - 1]


def _append(spans: list[_Span], word: str, start: int, end: int) -> None:
    """Adds a place, joined to the one before where nothing but underscores is between."""
    if spans and not word[spans[-1][1] : start].strip("_"):
        spans[-1] = (spans[-1][0], end)
    else:
        spans.append((start, end))
