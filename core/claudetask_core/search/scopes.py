"""The definitions of a file with the lines they cover, found by line patterns."""

from dataclasses import dataclass
from typing import Final

from claudetask_core.search.definitions import Definition, find, indentation
from claudetask_core.search.languages import Family

LEADING: Final = (
    "#",
    "//",
    "/*",
    "*",
    "@",
    "--",
    "///",
    "[",
    '"""',
    "%%",
    ";;",
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
)


@dataclass(slots=True)
class Scope:
    """A definition named on line `line`, from 0; it covers `first` to before `end`.

    `first` counts its leading comments, attributes and decorators in; `depth` is the smaller
    the further out it stands; a `minor` one gives a name but no chunk its symbol; `owner`
    is the class that a method names where it stands outside of it (`Class::method`).
    """

    first: int
    line: int
    end: int
    name: str
    kind: str
    depth: int
    minor: bool = False
    owner: str = ""


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
    if family is Family.MARKDOWN:
        for later in definitions[position + 1 :]:
            if later.indent <= definition.indent:
                return later.line
        return len(lines)
    number = definition.line + 1
    own = definition.indent
    while number < len(lines):
        if 0 <= indents[number] <= own and not lines[number].lstrip().startswith(_CLOSING):
            break
        number += 1
    while number > definition.line + 1 and indents[number - 1] < 0:
        number -= 1
    return number
