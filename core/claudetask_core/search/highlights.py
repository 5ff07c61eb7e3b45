"""Where the words of a question stand in the lines of a hit.

Words meet as they do in the index: by the terms of `tokens.py`, so "sessions" marks `Session` in
`SessionStore`, and "rate limiter" the whole of `RateLimiter`.
"""

import re
from collections.abc import Iterator
from typing import Final

from claudetask_core.schemas.search import Highlight
from claudetask_core.search.question import Question
from claudetask_core.search.tokens import joined, occurrences, parts, run_end, stem

MOST: Final = 50
_Span = tuple[int, int]


def highlights(marker: "Marker", text: str, first: int) -> list[Highlight]:
    """The first `MOST` places, in order; none overlaps another.

    Args:
        marker: Knows what was asked.
        text: The lines that are shown.
        first: The number in its file of the first of them.
    """
    found: list[Highlight] = []
    line, line_start = first, 0
    for word in marker.words(text):
        breaks = text.count("\n", line_start, word.start())
        if breaks:
            line += breaks
            line_start = text.rindex("\n", line_start, word.start()) + 1
        offset = word.start() - line_start
        for start, end in marker.spans(word[0]):
            found.append(Highlight(line=line, start=offset + start, end=offset + end))
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

    def words(self, text: str) -> Iterator[re.Match[str]]:
        """The words of a text that hold one of the question."""
        known = self._known
        for found in self._promising(text):
            word = found[0]
            if word not in known:
                known[word] = self._inside(word)
            if known[word]:
                yield found

    def _promising(self, text: str) -> Iterator[re.Match[str]]:
        """The words among which those of the question are; of most texts these are few."""
        lowered = text.lower()
        if len(lowered) != len(text):  # places in one are not those in the other
            yield from occurrences(text)
            return
        end = 0
        for found in self._may_hold.finditer(lowered):
            start = found.start()
            if start < end:
                continue
            while start > end and (text[start - 1].isalnum() or text[start - 1] == "_"):
                start -= 1
            end = run_end(text, start)
            yield from occurrences(text, start, end)

    def spans(self, word: str) -> list[_Span]:
        """The places in a word that `words` gave, as offsets in characters."""
        return self._known[word]

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
    """Letters that every word with this stem holds: `fly` is the stem of `flies`."""
    return stemmed.removesuffix("y")


def _append(spans: list[_Span], word: str, start: int, end: int) -> None:
    """Adds a place, joined to the one before where nothing but underscores is between."""
    if spans and not word[spans[-1][1] : start].strip("_"):
        spans[-1] = (spans[-1][0], end)
    else:
        spans.append((start, end))
