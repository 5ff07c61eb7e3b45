"""What a question quotes of a message that a program gave: that it does, and the values in it.

Cut into the pieces that words are cut into, an address or an id is a dozen letters and numbers that
stand everywhere and nowhere together.
"""

import re
from typing import Final, NamedTuple

from claudetask_core.search.text.tokens import stem
from claudetask_core.search.text.wordlist import words_of

_VALUES: Final = re.compile(
    r"(?<![\w-])(?:"
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    r"|0[xX][0-9a-fA-F]{5,64}"
    r"|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{12,128}"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r")(?![\w-])"
)
"""Ids, addresses, digests and times of the day."""
_FOLDER: Final = r"[\w@+~$-][\w.@+~$-]{0,100}"
_ELSEWHERE: Final = re.compile(
    rf"(?<![\w.~/\\-])(?:/(?:home|Users)/{_FOLDER}|/root|(?:/private)?/tmp|[A-Za-z]:)"
    rf"[/\\](?:{_FOLDER}[/\\]){{0,40}}"
)
"""The folders of a path that begins where persons have their own, down to one that is hidden:
where a program keeps its settings is often written so in its source."""
_SHORTENED: Final = re.compile(r"(?<=[A-Za-z])['’](?:t|re|ve|ll|d|m)(?!\w)")
_RAISED: Final = re.compile(
    r"^[^A-Za-z\n]{0,60}"
    r"(?:[\w.$:]{0,100}(?:Error|Exception)|(?i:error|fatal|panic|warning|warn|critical))\b"
    r"(?: ?\[[^\]\n]{0,80}\]| ?\([^)\n]{0,80}\))?(?::|(?<=\]))\s",
    re.MULTILINE,
)
RAISED: Final = frozenset(
    stem(word)
    for word in words_of(
        "error exception fatal panic warning warn critical runtime value type illegal argument "
        "state main"
    )
)
"""What stands before a message and says little of where it is from."""


class Quoted(NamedTuple):
    """A question without the values that it quotes, these, and whether it quotes a message."""

    text: str
    values: tuple[str, ...]
    is_message: bool


def quoted(text: str) -> Quoted:
    """Takes out values, of paths of another machine the folders, and what "can't" ends with."""
    values = tuple(_VALUES.findall(text))
    without = _VALUES.sub(" ", text) if values else text
    here = _SHORTENED.sub(" ", _ELSEWHERE.sub(" ", without))
    return Quoted(here, values, is_message=bool(values) or _RAISED.search(text) is not None)
