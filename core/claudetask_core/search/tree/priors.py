"""How much a file's place in the tree speaks for or against it.

Tests, examples, documents and generated files repeat the words of the code that answers a
question, so they are held back, unless the question names what they are.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from claudetask_core.search.text.wordlist import words_of


@dataclass(frozen=True, slots=True)
class _Mark:
    """What a file may be: its factor, and the words of a question that lift it."""

    factor: float
    named: frozenset[str] = frozenset()
    path: re.Pattern[str] | None = None
    languages: frozenset[str | None] = frozenset()


_NAMED_TEST: Final = words_of("test tests testing spec mock fixture e2e")
_FOLDER: Final = r"(?:^|/)(?:{})/"

_TEST: Final = _Mark(
    0.3,
    _NAMED_TEST,
    re.compile(
        r"(?:^|/)(?:tests?|specs?|__tests__|__mocks__|__snapshots__|testdata|fixtures?|e2e|"
        r"testing|[\w.-]{1,60}[-_.]tests?)/|(?:^|/)(?:test_[^/]{1,100}\.(?:py|rb|jl|lua|cc?|cpp|exs?)|conftest\.py)$|"
        r"[._-](?:test|spec|tests)\.\w{1,8}$|(?:Tests?|Spec|IT)\.(?:java|kt|cs|swift|scala|php|groovy)$|"
        r"\.(?:bats|test-d\.ts)$"
    ),
)
_MARKS: Final = (
    _TEST,  # the first, as `factors` and `is_test_mark` know
    _Mark(
        0.3,
        words_of("example examples sample demo legacy compat benchmark deprecated tutorial"),
        re.compile(
            r"(?:^|/)(?:examples?|samples?|demos?|_examples|playground|benchmarks?|bench|legacy|"
            r"compat|deprecated|tutorials?)/|(?:^|/)_?(?:compat|legacy|deprecated|examples?)\.\w{1,8}$",
            re.IGNORECASE,
        ),
    ),
    _Mark(
        0.6,
        words_of("vendor vendored generated migration migrations build dist"),
        re.compile(
            r"(?:^|/)(?:vendors?|vendored|third[-_]?party|3rd[-_]?party|externals?|_vendor|bower_components|pods|carthage|wwwroot/lib|dist|build|out|generated|gen|"
            r"__generated__|migrations)/|[._-](?:generated|gen|pb)\.\w{1,8}$|_pb2(?:_grpc)?\.py$|"
            r"\.(?:pb|g)\.\w{1,8}$|\.designer\.cs$",
            re.IGNORECASE,
        ),
    ),
    _Mark(
        0.7,
        frozenset(),
        re.compile(
            r"(?:^|/)(?:index\.[cm]?[jt]sx?|__init__\.py|mod\.rs|exports?\.[cm]?[jt]s|"
            r"package-info\.java)$"
        ),
    ),
    _Mark(0.7, frozenset(), re.compile(r"\.d\.[cm]?ts$|\.pyi$")),
    _Mark(
        0.8,
        words_of("type types typ interface interfac"),
        re.compile(r"(?:^|/)(?:types?|interfaces?|typings)(?:/|\.\w{1,8}$)"),
    ),
    _Mark(0.7, frozenset(), re.compile(r"\.(?:h|hh|hpp|hxx|hrl|mli)$")),
    _Mark(
        0.4,
        words_of("readme documentation docs doc guide changelog tutorial license contributing"),
        re.compile(r"(?:^|/)(?:docs?|documentation|man|website|docs_src)/|\.\d$|\.ronn$"),
        frozenset({"markdown", "restructuredtext", "text", "html"}),
    ),
    _Mark(
        0.85,
        words_of("json yaml yml toml config configuration settings workflow ci package"),
        None,
        frozenset({"json", "yaml", "toml", "ini", "xml", None}),
    ),
    _Mark(
        0.5,
        words_of("changelog changes history license release contributing authors"),
        re.compile(
            r"(?:^|/)(?:change[s_-]?(?:log)?|history|news|release[s_-]?(?:notes)?|authors|"
            r"contributors|licen[sc]e|copying|code_of_conduct|security|contributing|maintainers|"
            r"thanks|roadmap|upgrad\w{0,20}|migrat\w{0,20})[^/]{0,40}\.?(?:md|rst|txt|adoc|org)$|"
            r"(?:^|/)(?:changes|history|news|authors|licen[sc]e|copying)$|"
            r"(?:^|/)(?:changes|changelogs?|changelog\.d|newsfragments|release_?notes|\.changeset)/",
            re.IGNORECASE,
        ),
    ),
    _Mark(0.7, words_of("ci workflow github"), re.compile(r"(?:^|/)\.[^/]{1,60}/")),
)
_MOSTLY: Final = 0.8
MADE: Final = 4
"""The mark of a file that is vendored or generated."""
PLAIN: Final = 0
"""The marks of a file of source that nothing is said of."""


_DOMAIN: Final = re.compile(
    r"(?<![^/])(?:src/\w{1,40}/(?:java|kotlin|scala|groovy)|java|javatests)/"
    r"((?:com|org|io|net|dev|me|de)/[^/]{1,60}/(?:[^/]{1,60}/)?)"
)
"""The name of a project within the folders of a package, which is no role: `com/example/demo/`."""


def marks_of(path: str, language: str | None) -> int:
    """What a file is, as bits of a number below `KINDS`."""
    folder, slash, name = path.rpartition("/")
    return _by_folder(folder + slash) | _by_path(name) | _by_language(language)


@lru_cache(maxsize=50_000)
def _by_folder(folder: str) -> int:
    domain = _DOMAIN.search(folder)
    if domain is None:
        return _by_path(folder)
    return _by_path(folder[: domain.start(1)]) | _by_path(folder[domain.end(1) :])


@lru_cache(maxsize=50_000)
def _by_path(part: str) -> int:
    """The marks of a folder, which ends with `/`, or of a file's name.

    No pattern needs both, so that a folder is looked at once for all that is in it.
    """
    return sum(
        1 << number for number, mark in enumerate(_MARKS) if mark.path and mark.path.search(part)
    )


@lru_cache(maxsize=1000)
def _by_language(language: str | None) -> int:
    return sum(1 << number for number, mark in enumerate(_MARKS) if language in mark.languages)


KINDS: Final = 1 << len(_MARKS)
_NO_SOURCE: Final = sum(1 << number for number, mark in enumerate(_MARKS) if mark.languages)
_ROLES: Final = (1, 2)
"""The places of the marks for examples and for what is vendored or generated."""


def usual_marks(kinds: Mapping[int, int]) -> int:
    """The roles that most of the source of a tree has, as bits: none of them tells anything there.

    Args:
        kinds: How many files there are of each combination of marks.
    """
    source = {mark: count for mark, count in kinds.items() if not mark & _NO_SOURCE}
    enough = _MOSTLY * sum(source.values())
    found = 0
    for role in _ROLES:
        bit = 1 << role
        having = sum(count for mark, count in source.items() if mark & bit)
        if having and having >= enough:
            found |= bit
    return found


def is_usual(having: int, files: int) -> bool:
    """Whether so many files have a role that it tells nothing of any."""
    return having >= _MOSTLY * files


def factors(
    mentioned: Iterable[str],
    *,
    tests: int,
    files: int,
    with_test: Callable[[], int],
    usual: int = 0,
) -> NDArray[np.float64]:
    """The factor (0–1) of each combination of marks, of the shape (KINDS,).

    Args:
        mentioned: The question's words, each of which may lift a mark.
        tests: How many files of the tree are tests; where most are, being one says nothing.
        files: How many files there are.
        with_test: Tells how many files that are no tests have the word "test": where many have
            it, it is what the project is about, and a question with it does not ask for tests.
        usual: What `usual_marks` says of the tree.
    """
    words = frozenset(mentioned)
    test, *others = (
        bool(usual >> number & 1) or not words.isdisjoint(mark.named)
        for number, mark in enumerate(_MARKS)
    )
    test = (test and with_test() <= _ABOUT * (files - tests)) or tests >= _MOSTLY * files
    return _table((test, *others))


@lru_cache(maxsize=64)
def _table(lifted: tuple[bool, ...]) -> NDArray[np.float64]:
    """The factors where some of the marks count for nothing; not to be written to."""
    kinds = np.arange(KINDS)
    table = np.ones(KINDS)
    for number, mark in enumerate(_MARKS):
        if not lifted[number]:
            table[(kinds >> number) & 1 == 1] *= mark.factor
    table.setflags(write=False)
    return table


_ABOUT: Final = 0.3


def is_test_mark(marks: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which marks are those of tests."""
    return (marks & 1) == 1


def is_test(path: str) -> bool:
    """Whether a path is that of a test."""
    return bool(marks_of(path, "") & 1)


def is_aside(path: str) -> bool:
    """Whether a file is indexed after the others: a test, an example, vendored or generated."""
    return bool(marks_of(path, "") & 0b111)
