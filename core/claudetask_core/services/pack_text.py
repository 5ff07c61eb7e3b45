"""Fits what is known about a task into a budget of tokens, the same way each time.

A token is counted as three bytes of UTF-8, which is more than any text of prose or code needs on
average, so the budget is never exceeded. Each section has a share; what one does not need goes to
the others in the order they stand in. What did not fit is named in a last line.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from claudetask_core.printable import bounded, fenced

BYTES_PER_TOKEN = 3
LEAST = 24
"""Fewer bytes than this say nothing: the section is left out."""
MORE = "…"


@dataclass(frozen=True)
class Section:
    """A part of a pack: text (one entry that may be cut, between fences) or a list whose entries
    stay whole.
    """

    name: str
    heading: str
    entries: tuple[str, ...]
    share: float
    whole: bool = True

    @property
    def size(self) -> int:
        return sum(map(_size, self._lines(self.entries))) + self._frame

    @property
    def _frame(self) -> int:
        """What the fences around a text take."""
        if self.whole or not self.entries:
            return 0
        return _size(fenced(self.entries[0])) - _size(bounded(self.entries[0]))

    def fit(self, room: int) -> str:
        """As much as there is room for, with the heading; nothing where that is too little."""
        if not self.entries or room < min(self.size, _size(self.heading) + LEAST):
            return ""
        if not self.whole:
            left = room - _size(self.heading) - 1 - self._frame
            return f"{self.heading}\n{fenced(cut(bounded(self.entries[0]), left))}"
        shown: list[str] = []
        for entry in self.entries:
            if sum(map(_size, self._lines((*shown, entry)))) > room:
                break
            shown.append(entry)
        return "\n".join([self.heading, *shown]) if shown else ""

    def left_out(self, text: str) -> str:
        """What the text leaves out, in a word; nothing where it is all there."""
        if not self.entries or _size(text) >= self.size - 1:
            return ""
        if not text:
            return self.name
        if not self.whole:
            return f"{self.name} (cut)"
        shown = next(
            count
            for count in range(len(self.entries) + 1)
            if "\n".join([self.heading, *self.entries[:count]]) == text
        )
        return f"{self.name} ({shown} of {len(self.entries)})"

    def _lines(self, entries: Sequence[str]) -> list[str]:
        return [f"{line}\n" for line in (self.heading, *entries)]


def tokens(text: str) -> int:
    """How many tokens a text is counted as."""
    return -(-_size(text) // BYTES_PER_TOKEN)


def packed(head: str, sections: Sequence[Section], budget: int) -> tuple[str, list[str]]:
    """The text, at most `budget` tokens, and what was left out of it."""
    room = budget * BYTES_PER_TOKEN
    head = cut(head, room // 4)
    present = [section for section in sections if section.entries]
    whole = "\n\n".join([head, *(section.fit(section.size) for section in present)])
    if _size(whole) <= room:
        return whole, []
    note = _size(_note([f"{s.name} ({len(s.entries)} of {len(s.entries)})" for s in present]))
    texts = _shared(present, room - _size(head) - note - 4)
    left = [section.left_out(text) for section, text in zip(present, texts, strict=True)]
    missing = [name for name in left if name]
    parts = [head, *(text for text in texts if text), _note(missing)]
    return "\n\n".join(parts), missing


def _shared(sections: Sequence[Section], room: int) -> list[str]:
    """Each section's text: its share first, then what others left, in order."""
    whole = sum(section.share for section in sections)
    texts = [section.fit(int(room * section.share / whole) - 2) for section in sections]
    spare = room - sum(_size(text) + 2 for text in texts if text)
    for place, section in enumerate(sections):
        had = _size(texts[place]) + 2 if texts[place] else 0
        fuller = section.fit(min(section.size, spare + had - 2))
        if _size(fuller) > _size(texts[place]):
            spare += had - _size(fuller) - 2
            texts[place] = fuller
    return texts


def cut(text: str, room: int) -> str:
    """At most `room` bytes of the text, never half a character."""
    if _size(text) <= room:
        return text
    return text.encode()[: max(room - _size(MORE), 0)].decode("utf-8", "ignore").rstrip() + MORE


def line(text: str, room: int) -> str:
    """The same on one line."""
    return cut(" ".join(text.split()), room)


def _note(missing: Sequence[str]) -> str:
    return f"Left out: {', '.join(missing)}."


def _size(text: str) -> int:
    return len(text.encode())
