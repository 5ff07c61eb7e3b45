"""The keys of files of settings, as definitions that nest: `retention` of `prometheus.spec`.

They give names to whoever asks for a setting by its name, and places to cut, and count for no other
question.
"""

import re
from dataclasses import dataclass
from typing import Final

from claudetask_core.search.chunks.scopes import Scope
from claudetask_core.search.tree.families import Family

SETTING: Final = "config"
"""The kind of a key."""
_LONGEST_LINE: Final = 300
_DEEPEST: Final = 5
"""So many keys are named by all that stand around them as well; further in few ask for that."""
_NESTED: Final = re.compile(
    r"(?P<dashes>(?:-[ \t]+){0,4})(?:"
    r"(?P<quote>[\"'])(?P<quoted>[^\W\d][^\"'\\]{0,80})(?P=quote)[ \t]*:"
    r"|(?P<plain>[^\W\d](?:[\w./@$ -]{0,80}[\w./@$-])?)[ \t]*:(?=[ \t]|$)"
    r"|(?<=-[ \t])(?P<variable>[A-Z][A-Z0-9_]{2,80})=)"
)
_ITEM: Final = re.compile(
    r"-[ \t]+(?:name|id):[ \t]+([\"']?)([^\W\d][^\"'{}:#]{1,100}?)\1[ \t]*(?:#.*)?$"
)
"""What an item of a list is called, which tells more than its first key does."""
_SECTION: Final = re.compile(r"\[{1,2}[ \t]*([^\[\]\n]{1,100}?)[ \t]*\]")
_ASSIGNED: Final = re.compile(
    r"(?:export[ \t]+)?([\"']?)([^\W\d][\w.$/-]{0,100})\1[ \t]*(?:[=:]|\{[ \t]*$)"
)
_ELEMENT: Final = re.compile(
    r"\b(?:name|id|key|Name|Key|Include)[ \t]?=[ \t]?\"(?:@\+?id/)?([^\W\d][\w.:/-]{1,100})\""
    r"|<([^\W\d][\w-]{0,40}\.[\w.-]{1,60})>"
)
_BLOCK_TEXT: Final = re.compile(r":[ \t]+(?:[&!][\w!-]{1,40}[ \t]+)?[|>][-+\d]{0,2}[ \t]*(?:#.*)?$")
_COMMENTS: Final = ("#", "//", ";")
_CLOSING: Final = ("}", "]")
_NO_KEYS: Final = ("{", "[", "%")
"""What a line begins with that neither is a key nor ends one: a step of a template, a bracket."""


@dataclass(slots=True)
class _Key:
    """A key that is not over yet: where it stands, from where on, and the lines of its text."""

    column: int
    scope: Scope


def key_scopes(lines: list[str], indents: list[int], family: Family) -> list[Scope]:
    """The keys of a file, in the order of their lines."""
    if family is Family.NESTED:
        return _nested(lines, indents)
    return _in_sections(lines) if family is Family.SECTIONS else _named_elements(lines)


def _nested(lines: list[str], indents: list[int]) -> list[Scope]:
    """Keys that the indentation puts into each other, as in YAML and in JSON as it is printed."""
    scopes: list[Scope] = []
    around: list[_Key] = []
    lead = -1  # where the comments begin that stand right above a line
    text_of = -1  # the column of the key whose text of several lines goes on
    for number, line in enumerate(lines):
        indent = indents[number]
        if indent < 0:
            lead = -1
            continue
        if 0 <= text_of < indent:
            continue
        text_of = -1
        code = line.lstrip()
        if code.startswith(_COMMENTS):
            lead = number if lead < 0 else lead
            continue
        first = lead if lead >= 0 and indents[lead] <= indent else number
        lead = -1
        if code.startswith(_NO_KEYS):
            continue
        if code.startswith(_CLOSING):
            _close(around, indent + 1, number)
            _close(around, indent, number + 1)
            continue
        found = _NESTED.match(code[:_LONGEST_LINE])
        _close(around, indent + code.startswith("-"), first)
        if found is None:
            continue
        item = _ITEM.match(code[:_LONGEST_LINE])
        key = item[2] if item else found["quoted"] or found["plain"] or found["variable"]
        scopes.append(_key(key, first, number, around))
        around.append(_Key(indent + (1 if item else len(found["dashes"])), scopes[-1]))
        if _BLOCK_TEXT.search(code):
            text_of = indent
    _close(around, 0, len(lines))
    return scopes


def _close(around: list[_Key], column: int, end: int) -> None:
    """Ends the keys that stand at a column or further in."""
    while around and around[-1].column >= column:
        scope = around.pop().scope
        scope.end = max(scope.line + 1, end)


def _key(key: str, first: int, number: int, around: list[_Key]) -> Scope:
    depth = len(around)
    owner = ""
    if 0 < depth < _DEEPEST:
        owner = ".".join(one.scope.name for one in around)
    return Scope(first, number, number + 1, key, SETTING, depth, minor=True, owner=owner)


def _in_sections(lines: list[str]) -> list[Scope]:
    """Keys under headings, as in TOML, INI, properties and lists of variables."""
    scopes: list[Scope] = []
    section: Scope | None = None
    lead = -1
    for number, line in enumerate(lines):
        code = line.strip()
        if not code or code.startswith(_COMMENTS):
            lead = number if code and lead < 0 else lead if code else -1
            continue
        first, lead = lead if lead >= 0 else number, -1
        heading = _SECTION.match(code) if code[0] == "[" else None
        if heading:
            if section is not None:
                section.end = first
            name = heading[1].strip("\"'")
            section = Scope(first, number, len(lines), name, SETTING, 0, minor=True)
            scopes.append(section)
            continue
        found = _ASSIGNED.match(code[:_LONGEST_LINE])
        if found:
            owner = section.name if section else ""
            scopes.append(
                Scope(first, number, number, found[2], SETTING, 1, minor=True, owner=owner)
            )
    return scopes


def _named_elements(lines: list[str]) -> list[Scope]:
    """What elements of XML are called; none of it is a place to cut."""
    return [
        Scope(number, number, number, found[1] or found[2], SETTING, 0, minor=True)
        for number, line in enumerate(lines)
        if "<" in line or "=" in line
        for found in _ELEMENT.finditer(line[:_LONGEST_LINE])
    ]
