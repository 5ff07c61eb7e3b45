"""The files that a question names, and their lines as traces, compilers and links write them."""

import re
from typing import Final, NamedTuple

MOST: Final = 20
"""So many are looked up: a trace may have hundreds of frames."""
_IN_PATHS: Final = r"\w.@+~$\[\]\\/-"
_PATH: Final = rf"(?<![{_IN_PATHS}])(?P<path>[{_IN_PATHS}]+\.\w{{1,12}})"
_FILE: Final = re.compile(
    rf"(?<![{_IN_PATHS}])[{_IN_PATHS}]+\.[A-Za-z]\w{{0,11}}(?![{_IN_PATHS}]*[/\\\\]|\w)"
)
_LINE: Final = r"(?P<line>[1-9]\d{0,6})(?!\w|\.\d)"
_FORMS: Final = (
    re.compile(_PATH + r"(?:[\"'`]?,? (?:on |at )?lines? |:line |\(|:|#L)" + _LINE),
    re.compile(r"\blines? " + _LINE + r"(?:-\d{1,7})? (?:of|in) [\"'`]?" + _PATH),
)


class NamedLine(NamedTuple):
    """A line, counted from 1, of a file by the path that the question says."""

    path: str
    line: int


def named_lines(text: str) -> tuple[NamedLine, ...]:
    """Each once, `MOST` at most.

    Read are `a/b.py:12`, `b.py:12:5`, `b.cs(12,5)`, `b.ts#L12`, `File "a/b.py", line 12`,
    `b.php on line 12`, `b.cs:line 12` and "line 12 of b.py".
    """
    found = (
        NamedLine(_path(one["path"]), int(one["line"]))
        for form in _FORMS
        for one in form.finditer(text)
    )
    return tuple(dict.fromkeys(found))[:MOST]


def named_files(text: str) -> tuple[str, ...]:
    """The paths with an ending in a text, or what looks like one, each once, `MOST` at most."""
    found = (_path(one) for one in _FILE.findall(text))
    return tuple(dict.fromkeys(found))[:MOST]


def _path(written: str) -> str:
    """A path with slashes, without a bracket before it that is none of its own."""
    if written.count("[") > written.count("]"):
        written = written.rpartition("[")[2]
    return written.replace("\\", "/")
