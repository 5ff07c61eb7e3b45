"""From text to terms: one tokenizer for files, paths, names and questions.

A word is a run of letters, digits and `_` that starts with a letter. It is split at `_` and
at camel case, each part is lowered and stemmed, and a word of several parts is also kept
whole as `=joined`, so `rate_limiter`, `RateLimiter` and "rate limiter" meet. Runs of Chinese,
Japanese and Korean letters, which no blank divides, become pairs of letters.
"""

import re
from collections.abc import Iterator
from typing import Final

JOINED: Final = "="
_WORD: Final = re.compile(r"[^\W\d]\w*|\d{2,6}")
_LETTERS: Final = re.compile(r"\w*")
_TIED: Final = re.compile(r"(?<!\w)\w+(?:(?:-{1,2}|\.)\w+)+")
_NO_TIES: Final = {ord("-"): None, ord("."): None}
_AROUND_NAMES: Final = "*+%&!?$.:#@'-"
_OPERATOR: Final = "operator"
_OPERATOR_NAME: Final = re.compile(
    r"\boperator\s?(?:\(\)|\[\]|\([^()\s]{1,20}\)|[^\w\s()\[\]\"'`.,:;?]{1,3})"
)
_PRODUCTS: Final = (
    r"(?:GitHub|GitLab|JavaScript|TypeScript|PostgreSQL|MySQL|SQLite|MongoDB|GraphQL|OpenAPI|"
    r"[Oo]Auth|WebSocket|YouTube|gRPC|eBPF|mTLS|iOS|macOS|tvOS|watchOS|LaTeX|NumPy|PyTorch)s?(?![a-z])"
)
"""Words with capitals within that most code writes small and whole."""
_PART: Final = re.compile(
    _PRODUCTS
    + r"|[A-Z]{2,}(?=s(?![a-z])|v\d)|(?!(?<=[A-Z]{2})s(?![a-z]))[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+"
)
"""Capitals end before a word of small letters, but `URLs` is the plural of one and `IPv6` a version
of it: their last capital begins nothing, and the `s` is no word."""
_CJK_LETTERS: Final = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_CJK: Final = re.compile(f"[{_CJK_LETTERS}]")
_RUN: Final = re.compile(f"[{_CJK_LETTERS}]+|[^\\W_{_CJK_LETTERS}]+")
_LONGEST_WORD: Final = 120
_LONGEST_TERM: Final = 64
_MEMO_SIZE: Final = 100_000
_MIN_STEM: Final = 3
_ENDINGS: Final = ("ization", "ation", "ing", "ed", "er", "or", "ly", "ment", "able", "ion")
_DOUBLED: Final = frozenset(
    ("cancell", "labell", "modell", "travell", "signall", "marshall", "tunnell", "channell",
     "levell", "totall", "pencill", "counsell", "initiall", "equall", "diall")
)  # fmt: skip
"""What is doubled before an ending in British English, and in `cancellation`."""
_SHORT_PLURALS: Final = frozenset(("ids", "dbs", "fns", "vms"))
_VOWELS: Final = frozenset("aeiouy")

_memo: dict[str, tuple[str, ...]] = {}
_stems: dict[str, str] = {}


def words(text: str) -> list[str]:
    """The words of a text as they are written."""
    return _WORD.findall(text)


def occurrences(text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
    """The words of a text, or of a part of it, with their places in the text."""
    return _WORD.finditer(text, start, len(text) if end is None else end)


def run_end(text: str, start: int) -> int:
    """Where the letters, digits and `_` from `start` on end."""
    found = _LETTERS.match(text, start)
    return found.end() if found else start


def terms(text: str) -> list[str]:
    """All terms of a text, in order, repetitions included."""
    found: list[str] = []
    memo = _memo
    for word in _WORD.findall(text):
        known = memo.get(word)
        if known is None:
            known = word_terms(word)
            if len(memo) >= _MEMO_SIZE:
                memo.clear()
            memo[word] = known
        found.extend(known)
    return found


def word_terms(word: str) -> tuple[str, ...]:
    """The terms of one word: its stemmed parts, and itself joined where it has several."""
    pieces = parts(word)
    stemmed = tuple(map(stem, pieces))
    if len(pieces) > 1:
        return (*stemmed, JOINED + joined(word))
    return stemmed


def parts(word: str) -> list[str]:
    """The lower-case parts of an identifier: `HTTPServer2` gives http, server, 2.

    The plural of an abbreviation is read as the abbreviation: `userIDs` gives user, id.
    """
    if word.isascii() and word.islower() and "_" not in word and word.isalpha():
        return [word[:_LONGEST_TERM]]
    if word.isascii():
        return [piece.lower()[:_LONGEST_TERM] for piece in _PART.findall(word[:_LONGEST_WORD])]
    pieces: list[str] = []
    for run in _RUN.findall(word[:_LONGEST_WORD]):
        if _CJK.match(run) and len(run) > 1:
            pieces.extend(_pairs(run))
        else:
            pieces.append(run.lower()[:_LONGEST_TERM])
    return pieces


def _pairs(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(len(run) - 1)]


def joined(word: str) -> str:
    """An identifier without its case and underscores."""
    return word.replace("_", "").lower()[:_LONGEST_TERM]


def whole_name(name: str) -> str:
    """A name that is defined, as it is looked up: without its dashes and the marks around it.

    So `*rate-limiter*` of Lisp, `.rate-limiter` of CSS, `rate.limiter` of R and `RateLimiter`
    meet. A title of several words stays as it is, and so do operators.
    """
    if name.startswith(_OPERATOR):
        return joined(name.replace(" ", ""))
    if " " in name or name.isidentifier():
        return joined(name)
    bare = name.strip(_AROUND_NAMES)
    return joined(bare.translate(_NO_TIES) if bare else name)


def names_with_marks(text: str) -> list[str]:
    """The names in a text that are more than a word: `rate-limiter`, `print.rate`, `operator==`."""
    found = [name for name in _TIED.findall(text) if not name.translate(_NO_TIES).isdigit()]
    return found + _OPERATOR_NAME.findall(text)


def stem(word: str) -> str:
    """A word without its commonest English endings.

    Light on purpose: `routes`, `routing` and `routed` meet `route`, and no more is tried.
    """
    known = _stems.get(word)
    if known is None:
        known = _stem(word)
        if len(_stems) >= _MEMO_SIZE:
            _stems.clear()
        _stems[word] = known
    return known


def _stem(word: str) -> str:
    if len(word) <= _MIN_STEM or not word.isascii():
        return word[:-1] if word in _SHORT_PLURALS else word
    word = _without_plural(word)
    if word.endswith(_ENDINGS):
        word = _without_ending(word)
    return word[:-1] if len(word) > _MIN_STEM and word.endswith("e") else word


def _without_ending(word: str) -> str:
    for ending in _ENDINGS:
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) >= _MIN_STEM and _VOWELS & set(rest):
            return _undoubled(rest)
    return word


def _without_plural(word: str) -> str:
    if word[-1] != "s":
        return word
    if word.endswith("ies") and len(word) > _MIN_STEM + 1:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


def _undoubled(word: str) -> str:
    if word[-1] == word[-2] and (word[-1] not in "lsz" or word in _DOUBLED):
        return word[:-1]
    return word
