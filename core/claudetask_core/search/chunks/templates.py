"""The named parts of templates, as definitions: those of Go (`{{ define "shop.labels" }}`), and
those of Jinja and its like (`{% macro field(name) %}`).
"""

import re
from typing import Final

from claudetask_core.search.chunks.scopes import Scope

_TAG: Final = re.compile(
    r"\{\{-?[ \t]*(?P<go>if|range|with|define|block|end)\b"
    r"(?:[ \t]+[\"`](?P<called>[^\"`]{1,120})[\"`])?"
    r"|\{%[-+]?[ \t]*(?P<end>end)?(?P<jinja>macro|block)\b(?:[ \t]+(?P<name>[^\W\d]\w{0,100}))?"
)
_NAMED: Final = frozenset({"define", "block"})
_COMMENT_ENDS: Final = re.compile(r"(?:\*/[ \t]*-?\}\}|#\})[ \t]*$")
_COMMENT_BEGINS: Final = re.compile(r"[ \t]*\{(?:\{-?[ \t]*/\*|#)")
_LONGEST_COMMENT: Final = 30
_LONGEST_LINE: Final = 300


def template_scopes(lines: list[str]) -> list[Scope]:
    """The named parts of a template, in the order of their lines."""
    scopes: list[Scope] = []
    around: list[Scope | None] = []
    for number, line in enumerate(lines):
        if "{{" not in line and "{%" not in line:
            continue
        for tag in _TAG.finditer(line[:_LONGEST_LINE]):
            if tag["end"] or tag["go"] == "end":
                done = around.pop() if around else None
                if done:
                    done.end = number + 1
                continue
            name = tag["called"] if tag["go"] in _NAMED else tag["name"]
            scope = None
            if name:
                first = number if around else _with_comment(lines, number)
                scope = Scope(first, number, len(lines), name, "function", len(around))
                scopes.append(scope)
            around.append(scope)
    return scopes


def _with_comment(lines: list[str], number: int) -> int:
    """Where the comment right above a line begins."""
    if number == 0 or not _COMMENT_ENDS.search(lines[number - 1]):
        return number
    for above in range(number - 1, max(-1, number - _LONGEST_COMMENT), -1):
        if _COMMENT_BEGINS.match(lines[above]):
            return above
    return number
