"""The definitions of a file with the lines they cover, found by line patterns."""

from dataclasses import dataclass
from typing import Final

from claudetask_core.search.chunks.definitions import Definition, find, indentation
from claudetask_core.search.chunks.headings import DOCUMENTS
from claudetask_core.search.tree.families import Family

LEADING: Final = (
    "#",
    "%",
    "!",
    "//",
    "/*",
    "*",
    "@",
    "--",
    "///",
    "[",
    '"""',
    ";",
    "<!--",
    "template",
)
_CLOSING: Final = (
    "}",
    ")",
    "]",
    "end",
    "{",
    "*/",
    "else",
    "fi",
    "done",
    "#endif",
    "#else",
    "where",
    "begin",
    "BEGIN",
    "End ",
    "END",
)


_TEMPLATE: Final = "{%"
_TEMPLATE_HEADS: Final = ("macro ", "test ", "materialization ", "snapshot ")
_TEMPLATE_ENDS: Final = ("endmacro", "endtest", "endmaterialization", "endsnapshot")
_UNINDENTED: Final = frozenset(
    {Family.MATLAB, Family.FORTRAN, Family.PASCAL, Family.ASSEMBLY, Family.COBOL}
)
"""Whose bodies often stand as far left as their heads, and whose comments further left: a
definition reaches to the next one."""


@dataclass(slots=True)
class Scope:
    """A definition named on line `line`, from 0; it covers `first` to before `end`.

    `first` counts its leading comments, attributes and decorators in; `depth` is the smaller
    the further out it stands; a `minor` one gives a name but no chunk its symbol; `owner`
    is the class that a method names where it stands outside of it (`Class::method`); it
    `declares` its name where that begins there, and not as a constructor or an `impl` of it.
    """

    first: int
    line: int
    end: int
    name: str
    kind: str
    depth: int
    minor: bool = False
    owner: str = ""
    declares: bool = True


def indentations(lines: list[str]) -> list[int]:
    """The indentation of each line, -1 for a blank one."""
    return [
        -1
        if not line or line.isspace()
        else 0
        if line[0] not in " \t"
        else indentation(line)
        if "\t" in line
        else len(line) - len(line.lstrip(" "))
        for line in lines
    ]


def scopes_by_lines(lines: list[str], indents: list[int], family: Family) -> list[Scope]:
    """The scopes of a file that no grammar reads, in the order of their lines."""
    definitions = find(lines, family)
    scopes: list[Scope] = []
    previous = -1
    for position, definition in enumerate(definitions):
        first = definition.line
        if family in _UNINDENTED:
            first = _first_apart(lines, indents, definition.line, previous)
        while first - 1 > previous and _leads(
            lines[first - 1], indents[first - 1], indents[definition.line]
        ):
            first -= 1
        end = _end(lines, indents, definitions, position, family)
        scopes.append(
            Scope(first, definition.line, end, definition.name, definition.kind, definition.indent)
        )
        previous = definition.line
    return scopes


def _first_apart(lines: list[str], indents: list[int], line: int, previous: int) -> int:
    """Where a comment begins that stands above a definition, further left or a blank line off."""
    first = line - 1 if line - 1 > previous and indents[line - 1] < 0 else line
    begin = first
    while begin - 1 > previous and _leads(lines[begin - 1], indents[begin - 1], 0):
        begin -= 1
    return begin if begin < first else line


def _leads(line: str, indent: int, wanted: int) -> bool:
    return indent >= wanted >= 0 and line.lstrip().startswith(LEADING)


def _end(
    lines: list[str],
    indents: list[int],
    definitions: list[Definition],
    position: int,
    family: Family,
) -> int:
    definition = definitions[position]
    if family in DOCUMENTS or family in _UNINDENTED:
        rest = definitions[position + 1 :]
        later = next((one.line for one in rest if one.indent <= definition.indent), len(lines))
        return later if family in DOCUMENTS else _without_lead(lines, indents, later, definition)
    number = definition.line + 1
    if lines[definition.line].lstrip().startswith(_TEMPLATE):
        return _template_end(lines, number)
    own = definition.indent
    while number < len(lines):
        if 0 <= indents[number] <= own and not lines[number].lstrip().startswith(_CLOSING):
            break
        number += 1
    while number > definition.line + 1 and indents[number - 1] < 0:
        number -= 1
    return number


def _template_end(lines: list[str], number: int) -> int:
    """Where a macro of a template ends that begins before a line: behind its `{% endmacro %}`."""
    for later in range(number, len(lines)):
        code = lines[later].lstrip()
        if code.startswith(_TEMPLATE):
            word = code.lstrip("{%-+ \t")
            if word.startswith(_TEMPLATE_ENDS):
                return later + 1
            if word.startswith(_TEMPLATE_HEADS):
                return later
    return len(lines)


def _without_lead(lines: list[str], indents: list[int], end: int, definition: Definition) -> int:
    """Where a definition ends if what leads to the next one, at line `end`, is not its own."""
    while end - 1 > definition.line and (
        indents[end - 1] < 0 or (end < len(lines) and _leads(lines[end - 1], indents[end - 1], 0))
    ):
        end -= 1
    return end
