"""Others' words made safe to show, to a terminal, which obeys control characters, and to a model,
which reads what a person does not see.

What is hidden is shown as an escape. A single joiner or variation selector stays, since scripts
and emoji are written with them; several in a row spell something that nobody sees. A fence is
longer than any run of backticks in the text it stands around, so no text can end it.
"""

import re
from functools import cache

_HIDDEN = (
    "\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"
)
"""C1 controls, what turns a line's direction or breaks it, what has no width, half characters, and
the tag characters and selectors that spell whole texts unseen."""
_JOINING = "\u200c\u200d\ufe00-\ufe0f"
_CONTROLS = bytes([*range(0x09), *range(0x0B, 0x20), 0x7F])
_SUSPECT = re.compile(f"[\x00-\x08\x0b-\x1f{_HIDDEN}{_JOINING}]")
"""All that may have to be escaped, as one set: four times as fast to look for as what has to be."""
_UNSEEN = re.compile(f"[\x00-\x08\x0b-\x1f{_HIDDEN}]|[{_JOINING}]{{2,}}")
_BEYOND_ASCII = re.compile(f"[{_HIDDEN}]|[{_JOINING}]{{2,}}")
_IN_EMOJI = "\ufe0f\u200d"
_MENTION = re.compile(r"@(?=\S)")
_LONG_RUN = re.compile("`{21,}")
_RUN = re.compile("`{3,}")
_LONGEST = "`" * 20 + "…"
BYTE, WORD = 0xFF, 0xFFFF


def printable(text: str) -> str:
    r"""The text with what is not seen as escapes, such as `\x1b`, and plain line ends."""
    if _is_plain(text):
        return text
    return _UNSEEN.sub(_escaped, text.replace("\r\n", "\n"))


def _is_plain(text: str) -> bool:
    """Whether nothing in it needs a closer look; of ASCII, forty times as fast as such a look."""
    if text.isascii():
        octets = text.encode("ascii")
        return len(octets.translate(None, _CONTROLS)) == len(octets)
    return _SUSPECT.search(text) is None


def on_one_line(text: str) -> str:
    """The same for a name, which must not begin a line of its own either."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def unmentioned(text: str) -> str:
    """The same for what Claude Code takes for a person's prompt.

    There it reads each file that is named as `@path`, wherever it lies and without asking.
    """
    return _MENTION.sub("@ ", text)


def printable_json(text: str) -> str:
    r"""JSON with what JSON lets stand though it is not seen as `\u` escapes: same values."""
    if text.isascii() and "\x7f" not in text:
        return text
    return _BEYOND_ASCII.sub(_as_json, text)


def fence_for(text: str) -> str:
    """Backticks that no line of the text can end."""
    return "`" * (max((len(run) for run in _RUN.findall(text)), default=2) + 1)


def fenced(text: str, kind: str = "") -> str:
    """The text between fences of its own; runs of backticks beyond reason are cut."""
    text = bounded(text).removesuffix("\n")
    fence = fence_for(text)
    return f"{fence}{kind}\n{text}\n{fence}"


def bounded(text: str) -> str:
    """The text with no run of backticks that would make a fence longer than a text."""
    return _LONG_RUN.sub(_LONGEST, text)


def _escaped(match: re.Match[str]) -> str:
    if (found := match[0]) == _IN_EMOJI:
        return found
    return _escape(found) if len(found) == 1 else "".join(map(_escape, found))


@cache
def _escape(character: str) -> str:
    number = ord(character)
    if number <= BYTE:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= WORD else f"\\U{number:08x}"


def _as_json(match: re.Match[str]) -> str:
    if match[0] == _IN_EMOJI:
        return match[0]
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
