"""What a grammar is given to read, and which lines belong to the definition below them."""

import re
from typing import Final

from claudetask_core.search.chunks.syntax_scripts import PAGES, script_of

_MACRO_IN_HEAD: Final = re.compile(
    rb"\b(?:class|struct|union|enum class)[ \t]+([A-Z][A-Z0-9_]{2,60})"
    rb"(?=[ \t]+[A-Za-z_]\w{0,100}[ \t]*(?:final[ \t]*)?[:{<\n])"
)
_APPLE_ENUM: Final = re.compile(
    rb"(\bNS_(?:CLOSED_ENUM|ENUM|OPTIONS)\([ \t]*\w{1,60}[ \t]*,)([ \t]*\w{1,100}[ \t]*)\)"
)
_AROUND_ITEMS: Final = re.compile(
    rb"^[ \t]{0,16}(?!(?:\w+::)*(?:quote|quote_spanned|parse_quote|macro_rules)!)"
    rb"(?:\w{1,60}::){0,4}\w{1,60}![ \t]*\{(?=\s{0,200}(?:#!?\[|//[/!]|(?:pub|struct|enum|union|fn|"
    rb"async|unsafe|impl|mod|use|trait|type|const|static)\b))",
    re.MULTILINE,
)
"""A macro of Rust around whole items (`pin_project! { pub struct …`, `cfg_rt! { … }`)."""
_BRACE: Final = re.compile(rb"[{}]")
_BEYOND_LATIN_1: Final = re.compile(rb"[\xc4-\xf7][\x80-\xbf]+")
_LATIN_1_ONLY: Final = frozenset({"bash"})
_HASH: Final = ("#",)
_SLASHES: Final = ("//", "/*")
_LEADING: Final[dict[tuple[str, ...], str]] = {
    ("#", "@"): "python elixir gdscript starlark",
    _HASH: "ruby shell fish perl r julia nim make cmake graphql powershell",
    ("#", *_SLASHES): "php terraform nix",
    ("@", *_SLASHES): "java kotlin scala swift dart javascript typescript vue svelte astro html",
    ("[", *_SLASHES): "csharp",
    ("[", "(*", *_SLASHES): "fsharp",
    ("#[", *_SLASHES): "rust",
    ("--", "{-", "/*"): "haskell elm lua sql",
    ("%",): "erlang",
    (";",): "clojure",
    ("(*",): "ocaml",
}
_BY_LANGUAGE: Final = {
    language: marks for marks, languages in _LEADING.items() for language in languages.split()
}


def leading(language: str) -> tuple[str, ...]:
    """How a line begins that belongs to a definition right below: a comment, an attribute."""
    return _BY_LANGUAGE.get(language, _SLASHES)


def readable(data: bytes, language: str) -> bytes:
    """The part of a file that its grammar understands, all of it still in its place."""
    if language in PAGES:
        return script_of(data)
    if language in {"cpp", "objective-c"}:
        data = _MACRO_IN_HEAD.sub(_without_macro, data)
    if language == "rust" and b"!" in data:
        data = _without_macros_around(data)
    if language == "objective-c":
        data = _APPLE_ENUM.sub(_plain_enum, data)
    return data


def bearable(data: bytes, grammar: str) -> bytes:
    """The bytes of a file without what the code of a grammar cannot take, each byte in its place.

    That of bash asks C's `isalnum` of every character, whose table ends with U+00FF: for others it
    reads whatever lies behind, or nothing at all, which ends the process. They count as letters.
    """
    if data.isascii() or grammar not in _LATIN_1_ONLY:
        return data
    return _BEYOND_LATIN_1.sub(_letters, data)


def _letters(found: re.Match[bytes]) -> bytes:
    return b"x" * len(found[0])


def _without_macro(found: re.Match[bytes]) -> bytes:
    start = found.start(1) - found.start()
    return found[0][:start] + b" " * len(found[1])


def _without_macros_around(data: bytes) -> bytes:
    """Blanks the names and the braces of macros that stand around items, which are read then."""
    heads = {one.end() - 1: one.start() for one in _AROUND_ITEMS.finditer(data)}
    if not heads:
        return data
    kept = bytearray(data)
    opened: list[int] = []
    for brace in _BRACE.finditer(data):
        if brace[0] == b"{":
            opened.append(brace.start())
        elif opened:
            start, end = heads.get(opened.pop()), brace.start()
            if start is not None:
                head = data.index(b"{", start) + 1
                kept[start:head] = b" " * (head - start)
                kept[end : end + 1] = b" "
    return bytes(kept)


def _plain_enum(found: re.Match[bytes]) -> bytes:
    return b"enum".ljust(len(found[1])) + found[2] + b" "
