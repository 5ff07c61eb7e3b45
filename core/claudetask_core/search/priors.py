"""How much a file's place in the tree speaks for or against it.

Tests, examples and generated files repeat the words of the code that answers a question, so
they are held back, unless the question names what they are.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from claudetask_core.search.wordlist import words_of

_TEST: Final = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|__mocks__|__snapshots__|testdata|fixtures?|e2e|"
    r"[\w.-]{1,60}[-_.]tests?)/|(?:^|/)(?:test_[^/]{1,100}\.py|conftest\.py)$|"
    r"[._-](?:test|spec|tests)\.\w{1,8}$|(?:Tests?|Spec|IT)\.(?:java|kt|cs|swift|scala|php|groovy)$|"
    r"\.bats$"
)
_EXAMPLE: Final = re.compile(
    r"(?:^|/)(?:examples?|samples?|demos?|_examples|playground|benchmarks?|bench|legacy|compat|"
    r"deprecated|tutorials?)/|(?:^|/)_?(?:compat|legacy|deprecated|examples?)\.\w{1,8}$",
    re.IGNORECASE,
)
_VENDORED: Final = re.compile(
    r"(?:^|/)(?:vendor|vendored|third_?party|external|_vendor|dist|build|out|generated|gen|__generated__|"
    r"migrations)/|[._-](?:generated|gen|pb)\.\w{1,8}$|_pb2(?:_grpc)?\.py$|\.(?:pb|g)\.\w{1,8}$|\.designer\.cs$",
    re.IGNORECASE,
)
_BARREL: Final = re.compile(
    r"(?:^|/)(?:index\.[cm]?[jt]sx?|__init__\.py|mod\.rs|exports?\.[cm]?[jt]s|package-info\.java)$"
)
_TYPES: Final = re.compile(r"\.d\.[cm]?ts$|\.pyi$")
_HEADER: Final = re.compile(r"\.(?:h|hh|hpp|hxx|hrl|mli)$")
_PROSE: Final = frozenset({"markdown", "restructuredtext", "text"})
_DATA: Final = frozenset({"json", "yaml", "toml", "ini", "xml"})
_NAMED_TEST: Final = words_of("test tests testing spec mock fixture e2e")
_NAMED_EXAMPLE: Final = words_of(
    "example examples sample demo legacy compat benchmark deprecated tutorial"
)
_NAMED_VENDORED: Final = words_of("vendor vendored generated migration migrations build dist")
_NAMED_PROSE: Final = words_of(
    "readme documentation docs doc guide changelog tutorial license contributing"
)
_NAMED_DATA: Final = words_of(
    "json yaml yml toml config configuration settings workflow ci package"
)

TEST: Final = 0.3
EXAMPLE: Final = 0.3
VENDORED: Final = 0.6
BARREL: Final = 0.5
TYPES: Final = 0.7
HEADER: Final = 0.7
PROSE: Final = 0.6
DATA: Final = 0.6


class _Marks(NamedTuple):
    test: bool
    example: bool
    vendored: bool
    always: float


@lru_cache(maxsize=100_000)
def _marks(path: str) -> _Marks:
    always = 1.0
    for pattern, factor in ((_BARREL, BARREL), (_TYPES, TYPES), (_HEADER, HEADER)):
        if pattern.search(path):
            always *= factor
    return _Marks(
        test=bool(_TEST.search(path)),
        example=bool(_EXAMPLE.search(path)),
        vendored=bool(_VENDORED.search(path)),
        always=always,
    )


def is_test(path: str) -> bool:
    """Whether a path is that of a test."""
    return _marks(path).test


def prior(
    path: str, language: str | None, mentioned: frozenset[str], *, tests_count: bool
) -> float:
    """A factor from 0 to 1 for a file.

    Args:
        path: The file's project-relative path.
        language: Its language, by which prose and data are told from code.
        mentioned: The question's words, each of which may lift a prior.
        tests_count: False where most of the tree is tests, so that being one says nothing.
    """
    marks = _marks(path)
    factor = 1.0
    if tests_count and marks.test and mentioned.isdisjoint(_NAMED_TEST):
        factor *= TEST
    if marks.example and mentioned.isdisjoint(_NAMED_EXAMPLE):
        factor *= EXAMPLE
    if marks.vendored and mentioned.isdisjoint(_NAMED_VENDORED):
        factor *= VENDORED
    if language in _PROSE and mentioned.isdisjoint(_NAMED_PROSE):
        factor *= PROSE
    if language in _DATA and mentioned.isdisjoint(_NAMED_DATA):
        factor *= DATA
    return factor * marks.always


def is_aside(path: str) -> bool:
    """Whether a file is indexed after the others: a test, an example, vendored or generated."""
    marks = _marks(path)
    return marks.test or marks.example or marks.vendored
