"""How texts are made to fit: every answer has a budget, and a cut says what was left out."""

from collections.abc import Sequence
from datetime import datetime

from claudetask_core.printable import bounded, fence_for, fenced

ANSWER = 32_000
"""No answer of any tool is longer, whatever it was asked."""
ACKNOWLEDGEMENT = 400


def clip(text: str, limit: int) -> str:
    """The text on one line, at most `limit` characters long."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: max(limit - 1, 0)].rstrip() + "…"


def length(text: str) -> int:
    """How long the client takes the text to be: it counts as JavaScript does, an emoji twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "replace")) // 2


def beginning(text: str, limit: int) -> str:
    """The first characters, as many as the client takes for `limit`."""
    first = text[: max(limit, 0)]
    if first.isascii():
        return first
    return first.encode("utf-16-le", "replace")[: 2 * limit].decode("utf-16-le", "ignore")


def cut(text: str, limit: int, rest: str) -> str:
    """At most `limit` characters of the text; `rest` says which call gets what is missing."""
    if length(text[: limit + 1]) <= limit:
        return text
    note = f"\n… ({len(text):,} characters in all; {rest})"
    return beginning(text, limit - len(note)).rstrip() + note


def quoted(text: str, limit: int, rest: str, kind: str = "") -> str:
    """Others' words between fences, at most `limit` characters in all; as `cut`."""
    text = bounded(text)
    frame = 2 * len(fence_for(text)) + len(kind) + 2
    if length(text[: limit + 1]) + frame <= limit:
        return fenced(text, kind)
    note = f"\n… ({len(text):,} characters in all; {rest})"
    return fenced(beginning(text, limit - len(note) - frame).rstrip(), kind) + note


def shares(lengths: Sequence[int], budget: int) -> list[int]:
    """How much of a budget each of several texts gets.

    What a short one does not need goes to the longer ones in equal parts.
    """
    result = [0] * len(lengths)
    order = sorted(range(len(lengths)), key=lambda index: lengths[index])
    for done, index in enumerate(order):
        result[index] = min(lengths[index], budget // (len(order) - done))
        budget -= result[index]
    return result


def fitting(lines: Sequence[str], limit: int, more: int = 60) -> list[str]:
    """The first lines that fit, with `more` characters kept free where not all do."""
    if sum(length(line) + 1 for line in lines) <= limit:
        return list(lines)
    room, chosen = limit - more, list[str]()
    for line in lines:
        room -= length(line) + 1
        if room < 0:
            break
        chosen.append(line)
    return chosen


def shortened(lines: Sequence[str], limit: int, rest: str) -> list[str]:
    """The first lines that fit; where not all do, one more says which call gets the rest."""
    note = f"… and {len(lines)} more; {rest}"
    shown = fitting(lines, limit, len(note) + 1)
    left = len(lines) - len(shown)
    return [*shown, f"… and {left} more; {rest}"] if left else shown


def several(entries: Sequence[str], limit: int, rest: str) -> str:
    """The first entries that fit, between commas; where not all do, how many more `rest` has."""
    whole = ", ".join(entries)
    if len(whole) <= limit:
        return whole
    note = f" and {len(entries)} more; {rest}"
    shown = fitting([f"{entry}," for entry in entries], limit, len(note))
    left = len(entries) - len(shown)
    if not shown:
        return f"{left} tasks; {rest}"
    return f"{' '.join(shown).rstrip(',')} and {left} more; {rest}"


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%MZ")


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
