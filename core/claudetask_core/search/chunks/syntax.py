"""Finds what a file defines, and the lines that each definition covers, in its syntax tree."""

import re
from typing import Final

from claudetask_core.search.chunks.scopes import Scope, scopes_by_lines
from claudetask_core.search.chunks.syntax_findings import Finding, Findings, parsed
from claudetask_core.search.chunks.syntax_grammars import grammar, grammars_of
from claudetask_core.search.chunks.syntax_sources import bearable, leading, readable
from claudetask_core.search.tree.families import Family

_LARGEST: Final = 4_000_000
_LONGEST_LINE: Final = 20_000
_MUCH: Final = 50
_WHOLE: Final = frozenset({"rule", "target", "test"})
_OWNERS: Final = frozenset(
    {"class", "struct", "interface", "trait", "impl", "enum", "union", "instance"}
)
_BODIES: Final = frozenset({"function", "method", "macro", "test"})
_MINOR: Final = frozenset({"field", "property", "constant", "prototype", "export"})
_DOTTED: Final = frozenset({"r"})
"""Languages whose names hold dots: `print.data.frame`."""
_ADDING: Final = frozenset({"impl", "instance", "extension", "namespace"})
"""What adds to something that has its name from elsewhere."""
_SHOWN: Final = {
    "prototype": "function",
    "export": "constant",
    "extension": "class",
    "namespace": "module",
}
_NAME_END: Final = re.compile(r"[<(\[{\s]|(?<=\w)=$")
_ARGUMENTS: Final = re.compile(r"<[^<>]*>")
_OPERATOR: Final = re.compile(r"(?:\A|\b(\w+)::)(operator\b.*)")
_PATH: Final = re.compile(r"::|[.:\\/]")


def scopes_by_tree(
    data: bytes, language: str | None, lines: list[str], indents: list[int], family: Family
) -> list[Scope] | None:
    """The scopes of a file in the order of their lines, or None where no grammar reads it.

    Where a grammar understands a file but for parts of it, those are read by lines.

    Args:
        data: The file in UTF-8.
        language: Its language as `languages.detect` names it.
        lines: The file again, in lines.
        indents: The indentation of each line, in columns, -1 for a blank one.
        family: How definitions look where it is read by lines.
    """
    if language is None or len(data) > _LARGEST:
        return None
    if len(data) > _LONGEST_LINE and max(map(len, lines), default=0) > _LONGEST_LINE:
        return None  # nobody wrote it: there is no place to cut, and a grammar may not end on it
    findings = _findings(readable(data, language), language)
    if findings is None:
        return None
    scopes = _scopes(findings, lines, indents, language)
    if findings.wrong > len(data) // _MUCH:
        known = {scope.line for scope in scopes}
        by_lines = scopes_by_lines(lines, indents, family)
        scopes += [
            scope for scope in by_lines if scope.line not in known and findings.is_wrong(scope.line)
        ]
    return _nested(scopes)


def _findings(data: bytes, language: str) -> Findings | None:
    """What the grammar that understands most of the file finds, if that is half of it."""
    best: Findings | None = None
    for name in grammars_of(language):
        tree = parsed(grammar(name), bearable(data, name))
        if tree is None:
            continue
        found = Findings(grammar(name), tree, data)
        if best is None or found.wrong < best.wrong:
            best = found
        if best.wrong <= len(data) // 100:
            break
    return best if best and best.wrong <= len(data) // 2 else None


def _scopes(findings: Findings, lines: list[str], indents: list[int], language: str) -> list[Scope]:
    marks = leading(language)
    scopes: list[Scope] = []
    previous = -1
    for one in sorted(findings.by_place.values(), key=lambda one: (one.start, -one.end)):
        first = min(one.start, len(lines) - 1)
        own = indents[first]
        while previous < first - 1 and 0 <= own <= indents[first - 1]:
            above = lines[first - 1].lstrip()
            if first - 1 not in findings.comments and not above.startswith(marks):
                break
            first -= 1
        previous = max(previous, one.line)
        scopes.append(_scope(one, first, len(lines), dotted=language in _DOTTED))
    return scopes


def _scope(one: Finding, first: int, count: int, *, dotted: bool) -> Scope:
    named = ("", one.name.strip("\"'`")) if dotted else _named(one)
    owner, name = (" ".join(part.split()) for part in named)
    kind = _SHOWN.get(one.kind, one.kind)
    end = min(one.end, count)
    minor, declares = one.kind in _MINOR, one.kind not in _ADDING and name != owner
    return Scope(first, one.line, end, name, kind, 0, minor, owner, declares)


def _named(one: Finding) -> tuple[str, str]:
    """The class before a name, where it is written as in C++, and the name."""
    if one.name.isidentifier():
        return "" if one.kind in _WHOLE else one.owner, one.name
    text = " ".join(one.name.split())
    bare = text.strip("\"'`:@$#*. ")
    if "::" in bare:
        bare = _ARGUMENTS.sub("", bare)
    operator = _OPERATOR.search(bare)
    if operator:
        return operator[1] or "", operator[2]
    if one.kind in _WHOLE:
        return "", bare or text
    head = _NAME_END.split(bare, maxsplit=1)[0] or bare
    *path, name = [part for part in _PATH.split(head) if part] or [text]
    return one.owner or (path[-1] if path and "::" in head else ""), name


def _nested(scopes: list[Scope]) -> list[Scope]:
    """Puts the scopes in order, joins the clauses of one function, counts the depths."""
    kept: list[Scope] = []
    around: list[Scope] = []
    for scope in sorted(scopes, key=lambda scope: (scope.first, -scope.end)):
        while around and _is_over(around[-1], scope):
            before = around.pop()
            if before.end < scope.end:
                before.end = max(before.line + 1, min(before.end, scope.first))
        if around and _continues(around[-1], scope):
            around[-1].end = scope.end
            continue
        outer = next((one for one in reversed(around) if not one.minor), None)
        if scope.minor and scope.kind != "property" and outer and outer.kind in _BODIES:
            continue  # a local variable
        scope.depth = len(around)
        if scope.kind == "function" and (scope.owner or (outer and outer.kind in _OWNERS)):
            scope.kind = "method"
        if outer and outer.name == scope.name and scope.kind == "method":
            scope.declares = False  # a constructor
        kept.append(scope)
        around.append(scope)
    return sorted(kept, key=lambda scope: scope.line)


def _is_over(before: Scope, scope: Scope) -> bool:
    """Whether a scope does not reach around the next; a lesser one of the same lines does not."""
    if before.end == scope.end and before.minor:
        return True
    return before.end < scope.end and not _continues(before, scope)


def _continues(before: Scope, scope: Scope) -> bool:
    return before.end == scope.first and before.name == scope.name and not before.minor
