"""Finds the lines that define something, by light patterns per language family.

A pattern is matched once at the start of a line without its indentation, on at most
`_LONGEST` characters, and none nests quantifiers, so the time is linear in the text.
C-like functions, which no keyword announces, are found by cutting the line at its first `(`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from claudetask_core.search.chunks.definition_rules import FUNCTION, Rule, rules_of
from claudetask_core.search.chunks.headings import OUTLINED, headings
from claudetask_core.search.text.wordlist import words_of
from claudetask_core.search.tree.families import Family

_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition that starts on line `line` (from 0) and ends before line `end`."""

    line: int
    indent: int
    name: str
    kind: str


Finder = Callable[[str, int], tuple[str, str] | None]
"""From a line without its indentation, and that indentation, to (name, kind)."""

_NOT_A_FUNCTION: Final = words_of(
    "if for while switch return catch else do elif sizeof assert case new throw throws typeof "
    "await yield super this using lock foreach defined when with unless until try and or not in "
    "delete decltype static_assert alignas requires noexcept function class"
)
_SIGNATURE: Final = re.compile(
    r"^(?:get |set |async |static |public |private |protected |readonly |override |abstract |\*)*$"
)
_TYPED: Final = re.compile(r"[\w>\]*&?~:,]$")
_HASKELL_SIGNATURE: Final = re.compile(r"([^\W\d][\w']*)(?:\s*,\s*[^\W\d][\w']*){0,5}\s*::")
_COBOL_LEVELS: Final = (
    re.compile(r"(?i:program-id|class-id|function-id)\."),
    re.compile(r"(?i)[\w-]{1,60}\s{1,20}section\b"),
)
"""Which stand around others, though all of them begin in one column."""
_ERLANG_CLAUSE: Final = re.compile(r"([a-z]\w*)\([^)]{0,200}\)[^-]{0,100}->")


def find(lines: list[str], family: Family) -> list[Definition]:
    """The definitions of a file, in the order of their lines."""
    if family in OUTLINED:
        return [
            Definition(line, level, name, "text") for line, level, name in headings(lines, family)
        ]
    rules = rules_of(family)
    if not rules:
        return []
    extra = _SHAPES.get(family)
    found: list[Definition] = []
    fenced = False
    if family is Family.COBOL:
        lines = [_unnumbered(line) for line in lines]
    for number, line in enumerate(lines):
        code = line.lstrip(" \t")
        if not code or code[0] in "})]*\"'":
            continue
        if family is Family.MARKDOWN:
            fenced ^= code.startswith(("```", "~~~"))
            if fenced or code[0] != "#":
                continue
        indent = indentation(line)
        hit = _keyword(code[:_LONGEST], rules) or (
            extra(code[:_LONGEST], indent) if extra else None
        )
        if hit:
            found.append(Definition(number, _depth(code, indent, family), *hit))
    return found


def indentation(line: str) -> int:
    """How far a line is indented, a tab counting as four columns."""
    lead = len(line) - len(line.lstrip(" \t"))
    return lead + 3 * line.count("\t", 0, lead) if "\t" in line else lead


def _depth(code: str, indent: int, family: Family) -> int:
    if family is Family.MARKDOWN:
        return len(code) - len(code.lstrip("#")) - 1
    if family is Family.COBOL:
        return next((level for level, at in enumerate(_COBOL_LEVELS) if at.match(code)), 2)
    return indent


def _unnumbered(line: str) -> str:
    """A line of COBOL without the numbers that older ones have at both ends."""
    if line[72:].strip().isdigit():
        line = line[:72]
    return " " * 6 + line[6:] if line[:6].isdigit() else line


def _keyword(code: str, rules: list[Rule]) -> tuple[str, str] | None:
    for pattern, kind in rules:
        match = pattern.match(code)
        if match:
            return match[1].rstrip(), kind
    return None


def _before_parenthesis(code: str) -> tuple[str, str] | None:
    """What stands before the first `(` as (everything but the last name, the last name)."""
    head, bracket, _ = code.partition("(")
    head = head.rstrip()
    if not bracket or "=" in head or '"' in head:
        return None
    start = len(head)
    while start and (head[start - 1].isalnum() or head[start - 1] in "_$~"):
        start -= 1
    name = head[start:]
    if not name or name[0].isdigit() or name in _NOT_A_FUNCTION:
        return None
    return head[:start].rstrip(), name.lstrip("~")


def _c_function(code: str, indent: int) -> tuple[str, str] | None:
    if indent > 12 or code.rstrip().endswith((";", ",")) or code[0] in "#/":  # noqa: PLR2004 — deeper lines are calls
        return None
    shape = _before_parenthesis(code)
    if shape is None or not shape[1]:
        return None
    before, name = shape
    if not before and indent:
        return None
    if before and (not _TYPED.search(before) or before.split()[0] in _NOT_A_FUNCTION):
        return None
    return name, FUNCTION


def _java_method(code: str, indent: int) -> tuple[str, str] | None:
    if indent > 12 or code[0] in "@/.":  # noqa: PLR2004 — deeper lines are calls
        return None
    shape = _before_parenthesis(code.replace("<T>", ""))
    if shape is None:
        return None
    before, name = shape
    if not before or before.endswith((".", ",", "(", "|", "&", "+")):
        return None
    if before.split()[0] in _NOT_A_FUNCTION or code.rstrip().endswith(","):
        return None
    return name, FUNCTION


def _javascript_method(code: str, indent: int) -> tuple[str, str] | None:
    if not indent or not code.rstrip().endswith(("{", "(", ",")):
        return None
    shape = _before_parenthesis(code)
    if shape is None or not _SIGNATURE.match(shape[0] + " " if shape[0] else ""):
        return None
    if code.rstrip().endswith((";", ",")) or not code.rstrip().endswith("{"):
        return None
    return shape[1], FUNCTION


def _haskell_function(code: str, indent: int) -> tuple[str, str] | None:
    if indent:
        return None
    match = _HASKELL_SIGNATURE.match(code) or _ERLANG_CLAUSE.match(code)
    return (match[1], FUNCTION) if match else None


_SHAPES: Final[dict[Family, Finder]] = {
    Family.C: _c_function,
    Family.JAVA: _java_method,
    Family.JAVASCRIPT: _javascript_method,
    Family.HASKELL: _haskell_function,
}
