"""Which grammar reads a language, each loaded with its query when it is first met."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, cast, get_args

from tree_sitter import Parser, Query
from tree_sitter_language_pack import SupportedLanguage, get_language

from claudetask_core.search.text.wordlist import words_of
from claudetask_core.search.tree.languages import detect

_OTHER_NAMES: Final = {
    "objective-c": ("objc",),
    "c": ("c", "cpp"),
    "typescript": ("typescript", "tsx"),
    "ocaml": ("ocaml_interface", "ocaml"),
    "shell": ("bash",),
    "protobuf": ("proto",),
    "terraform": ("hcl",),
    "vue": ("typescript", "tsx"),
    "svelte": ("typescript",),
    "astro": ("typescript",),
    "html": ("typescript",),
}
"""Grammars to try in turn, until one reads nearly the whole file, where none has the name."""

_HEAVY: Final = words_of("c cpp objective-c dart elixir haskell julia scala sql swift zig")
_ENDLESS: Final = words_of("dart perl")
"""Whose code was seen to go on for ever in a file, which only the end of its process ends."""

_SHARED_QUERIES: Final = {"tsx": "typescript"}
_PARTS: Final = frozenset({"name", "owner"})
_ERRORS: Final = "\n(ERROR) @error\n"


@dataclass(frozen=True, slots=True)
class Grammar:
    """A parser and the query that finds what a file defines.

    A pattern of the query captures the name of a definition as `name`, the whole of it as its
    kind, and as `owner` the class that it names itself (`Class::name`). What it captures as
    `_m` has to be one of its `words`, where it has any, and none of its `except`. `wider` is
    what belongs to a definition besides, `comment` and `leading` what may stand before one.
    """

    parser: Parser
    query: Query
    words: dict[int, frozenset[bytes]]
    excepted: dict[int, frozenset[bytes]]
    kinds: dict[int, str] = field(default_factory=dict[int, str])

    def admits(self, pattern: int, word: bytes) -> bool:
        """Whether what a pattern captured as `_m` is a word that it is for."""
        words = self.words.get(pattern)
        return (words is None or word in words) and word not in self.excepted.get(pattern, ())

    def kind(self, pattern: int, captures: Iterable[str]) -> str:
        """The capture of a match of that pattern that is neither a name nor auxiliary."""
        known = self.kinds.get(pattern)
        if known is None:
            known = next(one for one in captures if one not in _PARTS and not one.startswith("_"))
            self.kinds[pattern] = known
        return known


@cache
def grammars_of(language: str) -> tuple[str, ...]:
    """The names of the grammars for a language as `languages.detect` names it, often none."""
    shipped = get_args(SupportedLanguage)
    return tuple(
        name
        for name in _OTHER_NAMES.get(language, (language,))
        if name in shipped and _query_file(name).is_file()
    )


def is_heavy(path: str) -> bool:
    """Whether a grammar for this file takes long to load, in one go that no thread can use, or may
    never come back from it.
    """
    return detect(path, "")[0] in _HEAVY | _ENDLESS


@cache
def grammar(name: str) -> Grammar:
    """The grammar of that name, loaded once in a process."""
    language = get_language(cast("SupportedLanguage", name))
    query = Query(language, _query_file(name).read_text("utf-8") + _ERRORS)
    return Grammar(Parser(language), query, _listed(query, "words"), _listed(query, "except"))


def _listed(query: Query, setting: str) -> dict[int, frozenset[bytes]]:
    """The words that a setting lists, by the patterns that have it."""
    listed: dict[int, frozenset[bytes]] = {}
    for number in range(query.pattern_count):
        words = query.pattern_settings(number).get(setting)
        if words:
            listed[number] = frozenset(words.encode().split())
    return listed


def _query_file(name: str) -> Traversable:
    folder = files("claudetask_core.search.chunks").joinpath("queries")
    return folder.joinpath(f"{_SHARED_QUERIES.get(name, name)}.scm")
