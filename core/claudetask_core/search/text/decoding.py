"""From the bytes of a file to its text, whatever encoding it is in.

A byte order mark decides; else what the first lines declare; else UTF-8, where most of the
file's other than ASCII bytes are that; else Windows-1252, which any bytes can be read as.
"""

import codecs
import re
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEAD: Final = 1024
_HIGH: Final = bytes(range(0x80, 0x100))
_DECLARED: Final = re.compile(
    rb"""(?:coding|fileencoding|charset|encoding)[ \t]{0,4}[:=][ \t]{0,4}["']?([\w.-]{3,30})"""
)
_REPLACED: Final = "\ufffd"
_TRUSTED: Final = re.compile(r"(?:iso8859|cp\d|shift_jis|euc_|gb|big5|koi8|mac_|johab|tis_620)")
"""What a declaration may name: not UTF-8, which was tried, and no codec made for other ends."""


def decoded(data: bytes) -> str:
    """The text of a file, without a byte order mark; any bytes give one."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _by_declaration(data) or _guessed(data)


def in_utf8(data: bytes) -> bytes:
    """The bytes of a file, in UTF-8 where a byte order mark says that they are of UTF-16 or 32."""
    wide = any(data.startswith(mark) for mark, _ in _MARKS[1:])
    return decoded(data).encode("utf-8", "replace") if wide else data


def _by_declaration(data: bytes) -> str | None:
    declared = _DECLARED.search(data[:_HEAD])
    if declared is None:
        return None
    try:
        codec = codecs.lookup(declared[1].decode("ascii"))
        return data.decode(codec.name) if _TRUSTED.match(codec.name) else None
    except (LookupError, UnicodeError):
        return None


def _guessed(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    wrong = text.count(_REPLACED)
    right = len(text) - wrong - len(data.translate(None, _HIGH))
    return text if right > wrong else data.decode("cp1252", "replace")
