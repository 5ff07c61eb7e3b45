"""Pairs of (what a comment says, the code it stands before) out of source files.

A comment block of at least `LEAST_WORDS` words that is followed at once by a definition, or a
docstring right behind one. The comment's first sentences are the question; the code without
the comment is the answer. A second kind of pair asks with the words of the definition's line.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

LEAST_WORDS: Final = 4
_QUESTION: Final = 300
_CODE_LINES: Final = 40
_CODE: Final = 2500
_LEAST_CODE: Final = 40

LANGUAGES: Final = {
    "py": "python", "pyx": "python", "js": "javascript", "mjs": "javascript", "cjs": "javascript",
    "jsx": "javascript", "ts": "typescript", "tsx": "typescript", "mts": "typescript",
    "java": "java", "kt": "kotlin", "kts": "kotlin", "scala": "scala", "groovy": "groovy",
    "swift": "swift", "m": "objc", "mm": "objc", "c": "c", "h": "c", "cc": "cpp", "cpp": "cpp",
    "cxx": "cpp", "hh": "cpp", "hpp": "cpp", "cs": "csharp", "go": "go", "rs": "rust",
    "rb": "ruby", "php": "php", "hs": "haskell", "ex": "elixir", "exs": "elixir",
    "erl": "erlang", "lua": "lua", "ml": "ocaml", "mli": "ocaml", "sh": "shell", "tcl": "tcl",
    "pl": "perl", "pm": "perl",
}  # fmt: skip

_LINE: Final = {
    "python": "#", "ruby": "#", "elixir": "#", "shell": "#", "tcl": "#", "perl": "#",
    "haskell": "--", "lua": "--", "erlang": "%",
}  # fmt: skip
_DOCSTRING: Final = re.compile(
    r"^(?P<indent>[ \t]*)(?P<head>(?:async )?(?:def|class) [^\n]{1,300}(?:\n[^\n]{1,200}){0,12}?:)"
    r"[ \t]*\n"
    r"[ \t]+[rRuU]?(?P<quote>\"\"\"|''')(?P<doc>.{20,4000}?)(?P=quote)[ \t]*\n",
    re.MULTILINE | re.DOTALL,
)
_ELIXIR_DOC: Final = re.compile(
    r'^[ \t]*@(?:module)?doc (?:~[sS])?"""\n(?P<doc>.{20,4000}?)\n[ \t]*"""\n',
    re.MULTILINE | re.DOTALL,
)
_TAG: Final = re.compile(r"^\s*(?:@|\\|:param|:return|:type|:raise|>>>|\.\. |```|---|===|#\s*$)")
_NOISE: Final = re.compile(
    r"copyright|licen[cs]e|eslint|prettier|tslint|pylint|noqa|todo|fixme|http://|https://|"
    r"generated|do not edit|istanbul|@ts-|clang-format|SPDX",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(
    r"\{@\w+ ([^}]*)\}|<[^>]{1,60}>|[`*]|\[([^\]]{1,80})\](?:\([^)]{1,200}\))?"
)
_WORDS: Final = re.compile(r"[A-Za-z]{2,}")


class Pair(NamedTuple):
    """What is asked and the code that answers it."""

    question: str
    code: str


def pairs(text: str, language: str) -> Iterator[Pair]:
    """The pairs of one file, in their order."""
    if language == "python":
        yield from _docstrings(text)
    if language == "elixir":
        yield from _elixir(text)
    yield from _commented(text.split("\n"), language)


def question_of(comment: list[str]) -> str | None:
    """The first sentences of a comment without its markup; None where it says too little."""
    kept: list[str] = []
    for line in comment:
        stripped = line.strip()
        if (not stripped and kept) or _TAG.match(stripped):
            break
        if stripped:
            kept.append(stripped)
    said = _MARKUP.sub(lambda found: found[1] or found[2] or " ", " ".join(kept))[:_QUESTION]
    if len(_WORDS.findall(said)) < LEAST_WORDS or _NOISE.search(said):
        return None
    return " ".join(said.split())


def _pair(comment: list[str], code: list[str]) -> Pair | None:
    question = question_of(comment)
    body = "\n".join(code)[:_CODE].strip()
    if question is None or len(body) < _LEAST_CODE:
        return None
    return Pair(question, body)


def _docstrings(text: str) -> Iterator[Pair]:
    for found in _DOCSTRING.finditer(text):
        head = found["head"].split("\n")
        indent = len(found["indent"].expandtabs())
        rest = text[found.end() : found.end() + 6000].split("\n")
        pair = _pair(found["doc"].split("\n"), head + _block(rest, indent + 1))
        if pair is not None:
            yield pair


def _elixir(text: str) -> Iterator[Pair]:
    for found in _ELIXIR_DOC.finditer(text):
        rest = text[found.end() : found.end() + 6000].split("\n")
        pair = _pair(found["doc"].split("\n"), _definition(rest))
        if pair is not None:
            yield pair


def _indent(line: str) -> int:
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())


def _block(lines: list[str], least: int) -> list[str]:
    """Lines from the first on that are indented by at least `least`, blank ones among them."""
    kept: list[str] = []
    for line in lines[:_CODE_LINES]:
        if line.strip() and _indent(line) < least:
            break
        kept.append(line)
    return kept


def _definition(lines: list[str]) -> list[str]:
    """A definition: its first line and what is indented more, with the line that closes it."""
    while lines and (not lines[0].strip() or lines[0].lstrip().startswith("@")):
        lines = lines[1:]
    if not lines:
        return []
    own = _indent(lines[0])
    kept = [lines[0]]
    for line in lines[1:_CODE_LINES]:
        deeper = not line.strip() or _indent(line) > own
        if not deeper and not line.strip().startswith(
            ("{", "}", ")", "end", "where", "=", "|", "->")
        ):
            break
        if not line.strip() and kept and not kept[-1].strip():
            break
        kept.append(line)
    return kept


def _commented(lines: list[str], language: str) -> Iterator[Pair]:
    mark = _LINE.get(language, "//")
    blocks = mark == "//" or language in {"ocaml", "php"}
    number = 0
    while number < len(lines):
        stripped = lines[number].lstrip()
        if blocks and stripped.startswith(("/*", "(*")):
            comment, number = _block_comment(lines, number)
        elif stripped.startswith(mark) and len(stripped) > len(mark) + 1:
            comment, number = _line_comments(lines, number, mark)
        elif language == "haskell" and stripped.startswith("{-"):
            comment, number = _block_comment(lines, number)
        else:
            number += 1
            continue
        if number < len(lines) and lines[number].strip():
            pair = _pair(comment, _definition(lines[number : number + _CODE_LINES + 4]))
            if pair is not None:
                yield pair


def _line_comments(lines: list[str], number: int, mark: str) -> tuple[list[str], int]:
    found: list[str] = []
    while number < len(lines) and lines[number].lstrip().startswith(mark):
        found.append(lines[number].lstrip().lstrip(mark[0] + "/!|^").strip())
        number += 1
    return found, number


def _block_comment(lines: list[str], number: int) -> tuple[list[str], int]:
    found: list[str] = []
    while number < len(lines):
        line = lines[number]
        number += 1
        found.append(line.strip().removeprefix("/**").strip("/*!()-{} \t|"))
        if "*/" in line or "*)" in line or "-}" in line:
            break
    return found, number
