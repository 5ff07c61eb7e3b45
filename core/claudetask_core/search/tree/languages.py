"""Which language a file is in, by its name, and how its definitions look (`family`)."""

import re
from typing import Final

from claudetask_core.search.text.wordlist import words_of
from claudetask_core.search.tree.families import Family
from claudetask_core.search.tree.language_names import (
    ALIASES,
    BY_EXTENSION,
    BY_NAME,
    SHEBANG,
    WITH_A_VARIANT,
)


def _line(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)


_COQ: Final = ("coq", Family.PROOF)
_BY_TEXT: Final = {
    "h": ((_line(r"^(?:class|namespace|template|using)\b"), ("cpp", Family.C)),),
    "m": (
        (_line(r"^(?:@|#import|#include)"), ("objective-c", Family.C)),
        (_line(r"^[ \t]*(?:function|classdef|%|end;?$)"), ("matlab", Family.MATLAB)),
    ),
    "v": (
        (_line(r"^[ \t]*(?:module\s+\w+\s*[#(;]|endmodule\b|`\w)"), ("verilog", Family.HARDWARE)),
        (_line(r"^(?:Theorem|Lemma|Definition|Inductive|Require|From|Proof)\b"), _COQ),
    ),
    "t": ((_line(r"^  \$ "), ("cram", Family.TEXT)),),
    "ts": ((_line(r"\A\s*(?:<\?xml\b|<!DOCTYPE TS\b)"), BY_EXTENSION["xml"]),),  # of Qt's linguist
    "inc": (
        (_line(r"<\?(?:php|=|$)"), BY_EXTENSION["php"]),
        (
            _line(r"^[ \t]*#[ \t]*(?:include|define|undef|if|ifdef|ifndef|pragma)\b"),
            BY_EXTENSION["c"],
        ),
    ),
    "cls": (
        (_line(r"^[ \t]*\\\w"), ("latex", Family.LATEX)),
        (_line(r"^(?:VERSION|Attribute)\s|^[ \t]*(?:End\s)?Sub\b"), ("visualbasic", Family.BASIC)),
        (_line(r"\bclass\s+\w"), ("apex", Family.JAVA)),
    ),
}
"""What a line tells of the language where an extension has several, tried in their order."""
_COPIES: Final = words_of("example sample dist default template in")
"""What follows the extension of a file that is to be copied or filled in (`.env.example`)."""


def detect(path: str, text: str) -> tuple[str | None, Family]:
    """The language of a file and the family of its definition patterns.

    Args:
        path: The file's path; only its last part counts.
        text: Its text, looked at where the name does not decide (`.h`, no extension).
    """
    name = path.rpartition("/")[2].lower()
    ending = name.rpartition(".")[2] if "." in name else ""
    known = BY_NAME.get(name) or BY_EXTENSION.get(ending)
    if known is None and ending not in _BY_TEXT:
        if ending in _COPIES:
            return detect(name[: -len(ending) - 1], text)
        kind = name.split(".", 1)[0]
        if kind in WITH_A_VARIANT:
            return BY_NAME[kind]
        return _by_shebang(text)
    several = _BY_TEXT.get(ending, ())
    told = next((told for line, told in several if line.search(text)), known)
    return told or (None, Family.TEXT)


def canonical(name: str) -> str:
    """The name that results show for a language as people write it (`py`, `.py`, `C#`, `Bash`)."""
    lowered = name.strip().lower().removeprefix(".")
    return ALIASES.get(lowered, lowered)


def _by_shebang(text: str) -> tuple[str | None, Family]:
    if not text.startswith("#!"):
        return None, Family.TEXT
    first = text.split("\n", 1)[0][:200]
    for program, known in SHEBANG:
        if program in first:
            return known
    return None, Family.TEXT
