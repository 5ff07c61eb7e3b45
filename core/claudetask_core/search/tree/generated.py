"""Tells that a program wrote a file, by what its first comments say of it."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_FIRST: Final = 30
_LONGEST: Final = 300
_OPENINGS: Final = ("//", "#", "/*", "*", "--", ";", "<!--", "(*", "%", "{-", "'", "@generated")
_BLOCKS: Final = {"/*": "*/", "<!--": "-->", "(*": "*)", "{-": "-}"}
_BEFORE: Final = ("package ", "<?", "syntax ", "syntax=", "'use ", '"use ', "{{", "@file")
"""What may stand before or between such comments."""
_LEFT_ALONE: Final = r"\bdo(?: not|n't) (?:edit|modify|change|touch)\b"
_NEAR: Final = r"[^\n]{0,250}(?:\n[^\n]{0,250}){0,2}"
_SAID: Final = re.compile(
    r"@generated\b|<auto-?generated\b"
    rf"|\bgenerated\b{_NEAR}{_LEFT_ALONE}|{_LEFT_ALONE}{_NEAR}\bgenerated\b"
    r"|\b(?:file|code|class|source) (?:is|was|has been) (?:auto-?|automatically |machine-)?"
    r"generated\b",
    re.IGNORECASE,
)


def is_generated(lines: Sequence[str]) -> bool:
    """Whether the comments that a file begins with say that it was generated."""
    return bool(_SAID.search("\n".join(_first_comments(lines))))


def _first_comments(lines: Sequence[str]) -> Iterator[str]:
    closing = ""
    for line in lines[:_FIRST]:
        code = line[:_LONGEST].strip()
        if closing:
            closing = "" if closing in code else closing
        elif code.startswith(_OPENINGS):
            closing = next((end for begin, end in _BLOCKS.items() if code.startswith(begin)), "")
            closing = "" if closing in code else closing
        elif code and not code.startswith(_BEFORE):
            return
        else:
            continue
        yield code
