"""The front matter at the head of a Markdown document, which is none of its text.

Claude Code leaves it out of what the model reads. A rule at the head of a document is not taken
for it: what stands between the two must be YAML keys.
"""

import re
from typing import Final

_LINE: Final = r"[^\r\n]*(?>\r\n|\r|\n)"
"""The rest of a line with its end, which is matched in one way only."""
_HEAD: Final = re.compile(
    r"---[ \t]*(?>\r\n|\r|\n)"
    rf"(?P<block>(?:[\w.-]+:(?=[ \t\r\n])|#){_LINE}"
    rf"(?:(?:[\w.-]+:(?=[ \t\r\n])|[ \t#\[\]{{}}]|-[ \t]|(?=[\r\n])){_LINE})*?)"
    r"---[ \t]*(?=\r|\n|\Z)"
)
_KEY: Final = re.compile(r"^[\w.-]+:", re.MULTILINE)


def without_head(text: str) -> str:
    """The document with empty lines in place of its front matter, so that lines keep their number.

    Args:
        text: The document, without a byte order mark.
    """
    found = _HEAD.match(text)
    if found is None or not _KEY.search(found["block"].replace("\r", "\n")):
        return text
    return re.sub(r"[^\r\n]+", "", found[0]) + text[found.end() :]
