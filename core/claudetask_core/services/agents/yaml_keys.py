"""The keys of a YAML frontmatter: what they say and where in the text they stand.

The text is only composed (parsed into nodes that know their place), never constructed: no tag
makes an object and no alias is expanded, so a hostile file costs no more than its size. Claude
Code gives a block that is not valid YAML a second try, with two blanks for each tab that begins a
line and the suspicious values quoted; so do we, for a file that it loads is an agent.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from claudetask_core.services.agents.yaml_nodes import Fault, as_it_stands, compose

MAX_CHARACTERS = 64 * 1024
MAX_BRACKETS = 1000
_NOT_TEXT = re.compile(
    r"(true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))"
)
_SIMPLE = re.compile(r"^([A-Za-z_-]+):[ \t]+([^\n\u2028\u2029]+?)[ \t]*\r?$", re.MULTILINE)
_TABS = re.compile(r"^\t+", re.MULTILINE)
_SUSPICIOUS = re.compile(r"[{}\[\]*&#!|>%@`]|: ")


@dataclass(frozen=True)
class Item:
    """An entry of a list, and its place."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Entry:
    """A key and its value; `start` to `end` is the value's place in the text.

    `kind` is what the value is: text, list, null, or other (a number, a map …); `style` how it
    is written: a quote or block sign, "flow" or "block" for a list, "alias", else empty.
    """

    key: str
    key_start: int
    key_end: int
    start: int
    end: int
    kind: str
    style: str
    text: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Keys:
    """All keys in order; `error` says what is wrong with the YAML, on `line` (from 0).

    With `lenient` the block is broken, but Claude Code's second try reads it.
    """

    entries: tuple[Entry, ...]
    error: str = ""
    line: int = 0
    lenient: bool = False

    def get(self, key: str) -> Entry | None:
        """The entry that counts: the last of its name."""
        return next((entry for entry in reversed(self.entries) if entry.key == key), None)


def read_keys(text: str) -> Keys:
    """The keys of a frontmatter block; one that cannot be read has none, and says why."""
    if len(text) > MAX_CHARACTERS or text.count("[") + text.count("{") > MAX_BRACKETS:
        return Keys((), "the frontmatter is too large to be read")
    root = compose(text)
    if not isinstance(root, Fault):
        return _keys(text, root)
    indented = _TABS.sub(lambda tabs: "  " * len(tabs[0]), text)
    quoted = _SIMPLE.sub(_quote_suspicious, indented)
    second = compose(quoted)
    if isinstance(second, Fault):
        return Keys((), root.message, root.line)
    entries = tuple(_back(text, quoted, entry) for entry in _keys(quoted, second).entries)
    return Keys(entries, root.message, root.line, lenient=True)


def _keys(text: str, root: Any) -> Keys:
    if root is None:
        return Keys(())
    if root.id != "mapping":
        return Keys((), "the frontmatter is not a list of `key: value` lines")
    return Keys(tuple(_entry(text, key, value) for key, value in root.value))


def _entry(text: str, key: Any, value: Any) -> Entry:
    kind, style, start, end = "other", "", int(value.start_mark.index), _end(text, value)
    if start < key.end_mark.index:  # the node of an alias is its anchor's, further up
        sign = re.compile(r"\s*:\s*(\*[^\s,\]}]+)").match(text, key.end_mark.index)
        start, end = sign.span(1) if sign else (key.end_mark.index, key.end_mark.index)
        style = "alias"
    elif start == end:  # nothing stands there; its mark is at whatever comes next
        colon = re.compile(r"\s*:").match(text, key.end_mark.index)
        start = end = colon.end() if colon else int(key.end_mark.index)
    elif value.id == "scalar":
        style = value.style or ""
    else:
        style = "flow" if value.flow_style else "block"
    if value.id == "scalar":
        kind = _kind(value)
    elif value.id == "sequence":
        kind = "list"
    return Entry(
        key=as_it_stands(key.value) if key.id == "scalar" else "",
        key_start=int(key.start_mark.index),
        key_end=int(key.end_mark.index),
        start=start,
        end=end,
        kind=kind,
        style=style,
        text=as_it_stands(value.value) if value.id == "scalar" else "",
        items=tuple(_items(text, value)) if kind == "list" else (),
    )


def _kind(scalar: Any) -> str:
    """What Claude Code takes a value for: a date, say, is a text to it."""
    if str(scalar.tag).endswith(":null"):
        return "null"
    return "other" if not scalar.style and _NOT_TEXT.fullmatch(scalar.value) else "text"


def _items(text: str, sequence: Any) -> Iterator[Item]:
    for node in sequence.value:
        shown = as_it_stands(node.value) if node.id == "scalar" else ""
        yield Item(shown, int(node.start_mark.index), _end(text, node))


def _end(text: str, node: Any) -> int:
    """Where a value ends without the blank lines and comments that follow it."""
    if node.id == "scalar":
        return _block_end(text, node) if node.style in {"|", ">"} else int(node.end_mark.index)
    if node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(text, last[1] if isinstance(last, tuple) else last)


def _block_end(text: str, node: Any) -> int:
    content = text[node.start_mark.index : node.end_mark.index]
    return int(node.start_mark.index) + len(content.rstrip("\r\n"))


def _quote_suspicious(found: re.Match[str]) -> str:
    key, value = found.groups()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    if quoted or not _SUSPICIOUS.search(value):
        return found.group(0)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{key}: "{escaped}"'


def _back(text: str, quoted: str, entry: Entry) -> Entry:
    """The entry at its place in the text as it really is; the second try moved no line."""
    starts = [0, *(at.end() for at in re.finditer("\n", text))]

    def at(index: int) -> int:
        line = quoted.count("\n", 0, index)
        column = index - (quoted.rfind("\n", 0, index) + 1)
        tabs = _TABS.match(text, starts[line])
        return starts[line] + column - (min(len(tabs[0]), column // 2) if tabs else 0)

    key_start = at(entry.key_start)
    simple = _SIMPLE.match(text, starts[quoted.count("\n", 0, entry.key_start)])
    start, end = simple.span(2) if simple else (at(entry.start), at(entry.end))
    style = "" if simple and not quoted.startswith(simple[0], entry.key_start) else entry.style
    items = tuple(Item(item.text, at(item.start), at(item.end)) for item in entry.items)
    moved = {"key_start": key_start, "key_end": at(entry.key_end), "start": start, "end": end}
    return replace(entry, **moved, style=style, items=items)
