"""Changing one value in somebody's JSON file, with every other byte as it was.

Only the value's own text is put in or cut out, written the way its neighbours are: their
indentation, line endings and spacing. Positions come from the standard library's own decoder,
which says where each value ends, so a text is taken apart exactly as it is read. What is not JSON
is refused: Claude Code does not read such a file either, so there is nothing to add to.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from claudetask_core.errors import Invalid

APPEND = "-"
"""The last step of a path that leads behind the end of an array, as in JSON Pointer."""
BOM = "\ufeff"
INDENT = "  "
_SPACE = re.compile(r"[ \t\r\n]*")


class NotJson(Invalid):
    code = "not_json"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} is not JSON ({why}), so Claude Code does not read it. Nothing was changed.",
            next_step="Mend the file (comments and trailing commas are not allowed), then "
            "try again.",
        )


class WrongShape(Invalid):
    code = "wrong_shape"

    def __init__(self, path: Path, where: str, wanted: str) -> None:
        super().__init__(
            f"{where} in {path} is not {wanted}. Nothing was changed.",
            next_step=f"Make it {wanted}, or remove it, then try again.",
        )


@dataclass(frozen=True)
class Insertion:
    """Text that was put in; `at` counts the bytes before it."""

    at: int
    text: str


@dataclass(frozen=True)
class _Item:
    """A member or an element: `start` to `end`, its value from `value`; `key` of a member."""

    start: int
    value: int
    end: int
    key: str | None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def parse(path: Path, data: bytes) -> dict[str, Any]:
    """What an object's file says; one that is empty says nothing.

    Raises:
        NotJson: It is none, not even with a byte order mark before it.
        WrongShape: It is not an object.
    """
    try:
        text = data.decode("utf-8").removeprefix(BOM)
        if not text.strip(" \t\r\n"):
            return {}
        said = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise NotJson(path, "it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotJson(path, f"line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise NotJson(path, str(error)[:100]) from None
    if not isinstance(said, dict):
        raise WrongShape(path, "The whole", "an object")
    return said  # pyright: ignore[reportUnknownVariableType] — any JSON object


def add(path: Path, data: bytes, steps: Sequence[str], value: Any) -> tuple[bytes, Insertion]:
    """The file with a value more, and what was put in where.

    Args:
        path: The file's name, for refusals.
        data: What it holds.
        steps: The keys that lead to the value; APPEND as the last adds to an array. What is
            missing on the way is made.
        value: What to add; nothing stands there yet.

    Raises:
        NotJson, WrongShape: As their sentences say.
    """
    said = parse(path, data)
    text = data.decode("utf-8")
    root = _SPACE.match(text, text.startswith(BOM)).end()  # pyright: ignore[reportOptionalMemberAccess] — matches nothing too
    if not said and text[root : root + 1] != "{":
        new = _dump(_nested(steps, value), INDENT, "\n") + ("" if text[root:] else "\n")
        return _inserted(text, root, new)
    at = root
    for depth, step in enumerate(steps):
        wanted, bracket = ("an array", "[") if step == APPEND else ("an object", "{")
        if text[at] != bracket:
            raise WrongShape(path, ".".join(steps[:depth]), wanted)
        found = _find(text, at, step)
        if found is None:
            return _put(text, root, at, step, _nested(steps[depth + 1 :], value))
        at = found.value
    raise AssertionError(f"{'.'.join(steps)} is there")


def remove(data: bytes, steps: Sequence[str | int]) -> bytes:
    """The file without the value that `steps` lead to, which is there."""
    text = data.decode("utf-8")
    at = _SPACE.match(text, text.startswith(BOM)).end()  # pyright: ignore[reportOptionalMemberAccess] — as above
    for step in steps[:-1]:
        at = _at(text, at, step).value
    items = list(_items(text, at))
    gone = _at(text, at, steps[-1])
    index = items.index(gone)
    if len(items) == 1:
        start, end = at + 1, _close(text, gone.end)
    elif index + 1 < len(items):
        start, end = gone.start, items[index + 1].start
    else:
        start, end = items[index - 1].end, gone.end
    return (text[:start] + text[end:]).encode()


def _nested(steps: Sequence[str], value: Any) -> Any:
    for step in reversed(steps):
        value = [value] if step == APPEND else {step: value}
    return value


def _find(text: str, at: int, step: str) -> _Item | None:
    """The last member of this name: it is the one that counts."""
    return next((one for one in reversed(list(_items(text, at))) if one.key == step), None)


def _at(text: str, at: int, step: str | int) -> _Item:
    items = list(_items(text, at))
    if isinstance(step, int):
        return items[step]
    return next(one for one in reversed(items) if one.key == step)


def _items(text: str, at: int) -> Iterator[_Item]:
    """The members of the object, or the elements of the array, that opens at `at`."""
    is_object = text[at] == "{"
    at = _skip(text, at + 1)
    while text[at] not in "}]":
        start, key = at, None
        if is_object:
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, at)
        yield _Item(start, at, end, key)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _close(text: str, at: int) -> int:
    """Where the container closes whose last item ends at `at`."""
    return _skip(text, at)


def _put(text: str, root: int, at: int, step: str, value: Any) -> tuple[bytes, Insertion]:
    """Puts an item at the end of the container that opens at `at`."""
    items = list(_items(text, at))
    last = items[-1].end if items else at + 1
    inner = text[at : _close(text, last)]
    lines = "\n" in inner if items else "\n" in text
    eol = "\r\n" if "\r\n" in text else "\n"
    unit = _unit(text, root) if lines else None
    indent = _indent(text, items[-1].start) if items else None
    if indent is None:
        indent = (_indent(text, at, of_line=True) or "") + (unit or "")
    tight = not lines and bool(items) and not re.search(r"[:,] ", inner)
    shown = _dump(value, unit, eol + indent, tight=tight)
    if step != APPEND:
        shown = f"{json.dumps(step)}{':' if tight else ': '}{shown}"
    if items:
        before = "," + (eol + indent if lines else "" if tight else " ")
        return _inserted(text, last, before + shown)
    if not lines:
        return _inserted(text, last, shown)
    outer = "" if "\n" in inner else eol + indent.removesuffix(unit or "")
    return _inserted(text, last, eol + indent + shown + outer)


def _unit(text: str, root: int) -> str:
    """How much deeper a level of this file stands: as its first member does."""
    first = next(_items(text, root), None)
    own = _indent(text, first.start) if first else None
    return INDENT if own is None else own


def _indent(text: str, at: int, *, of_line: bool = False) -> str | None:
    """The blanks that a line begins with; None where `at` is not what it begins with."""
    start = text.rfind("\n", 0, at) + 1
    blanks = re.compile(r"[ \t]*").match(text, start, at)
    if start == 0 or blanks is None or not (of_line or blanks.end() == at):
        return None
    return blanks.group()


def _dump(value: Any, indent: str | None, newline: str, *, tight: bool = False) -> str:
    separators = (",", ":") if tight else ("," if indent is not None else ", ", ": ")
    shown = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    try:
        shown.encode()
    except UnicodeEncodeError:  # a path that is not UTF-8
        shown = json.dumps(value, indent=indent, separators=separators)
    return shown.replace("\n", newline)


def _inserted(text: str, at: int, new: str) -> tuple[bytes, Insertion]:
    before = text[:at].encode()
    return before + new.encode() + text[at:].encode(), Insertion(len(before), new)
