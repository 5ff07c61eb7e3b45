"""What a file is for (code, docs, config or tests), by its path and language."""

from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from claudetask_core.errors import Invalid
from claudetask_core.search.text.wordlist import words_of
from claudetask_core.search.tree.priors import is_test


class Category(StrEnum):
    CODE = "code"
    DOCS = "docs"
    CONFIG = "config"
    TESTS = "tests"


class KindUnknown(Invalid):
    code = "kind_unknown"
    field = "kind"


class KindFilter(NamedTuple):
    """Files of one category, or chunks whose `kind` in the results is `form`."""

    category: Category | None
    form: str | None


FORMS: Final = words_of("function class text")
"""Kinds of chunks that may be asked for beside the categories."""

_DOCS: Final = words_of("markdown restructuredtext text")
_CONFIG: Final = words_of("json yaml toml ini xml cmake make dockerfile nix terraform dune")
_PROSE_NAMES: Final = words_of(
    "readme license licence copying notice authors contributors contributing changelog changes "
    "history news todo install security codeowners"
)
_PROSE_ENDINGS: Final = words_of(".md .rst .txt .adoc .asciidoc .org .tex .mdx")
_CONFIG_ENDINGS: Final = words_of(".json .yaml .yml .toml .ini .cfg .conf .xml .lock .properties")
_DOCS_FOLDERS: Final = words_of("doc docs documentation")
_PAGES: Final = words_of("html css")


def category(path: str, language: str | None) -> Category:
    """What a file is for; whatever belongs to tests counts as tests, its data too.

    Args:
        path: The file's project-relative path.
        language: Its language, None where that is not known.
    """
    if is_test(path):
        return Category.TESTS
    place = PurePosixPath(path)
    ending, name = place.suffix.lower(), place.name.lower()
    is_prose_by_name = language is None and name.partition(".")[0] in _PROSE_NAMES
    if language in _DOCS or ending in _PROSE_ENDINGS or is_prose_by_name:
        return Category.DOCS
    if language in _CONFIG or ending in _CONFIG_ENDINGS:
        return Category.CONFIG
    if language in _PAGES and not _DOCS_FOLDERS.isdisjoint(part.lower() for part in place.parts):
        return Category.DOCS
    if language is None and name.startswith("."):
        return Category.CONFIG
    return Category.CODE


def kind_filter(name: str | None) -> KindFilter:
    """What a query's `kind` asks for.

    Raises:
        KindUnknown: It names no category and no kind of chunk.
    """
    if name is None:
        return KindFilter(None, None)
    lowered = name.strip().lower()
    if lowered in set(Category):
        return KindFilter(Category(lowered), None)
    if lowered in FORMS:
        return KindFilter(None, lowered)
    raise KindUnknown(
        f"There is no kind {name[:40]!r}.", next_step="Use code, docs, config or tests."
    )
