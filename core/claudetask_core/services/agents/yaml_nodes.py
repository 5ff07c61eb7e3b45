"""YAML composed into nodes that know their place, as far as Claude Code's parser takes it.

Ours refuses tabs and rare characters that Claude Code's takes, and takes lines at the margin that
that refuses (seen in runs of the real client). So the text is composed with stand-ins, each as
long as what it stands for: blanks for tabs that part words, and characters that nobody uses for
those that are ordinary ones to Claude Code alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

AT_MARGIN = "a value in quotes or brackets goes on in a line that is not indented"
_STAND_INS_FROM = 0x10C000
_ORDINARY = (*range(1, 9), 11, 12, *range(14, 32), *range(0x7F, 0xA0), 0x2028, 0x2029)
_STAND_INS = {code: chr(_STAND_INS_FROM + code) for code in _ORDINARY}
_TAB = chr(_STAND_INS_FROM + ord("\t"))
_ORIGINALS = {ord(sign): chr(code) for code, sign in _STAND_INS.items()} | {ord(_TAB): "\t"}
_LONE = re.compile("[\ud800-\udfff]")
_TABBED = re.compile(r"^.*\t.*$", re.MULTILINE)
_INDENTATION = re.compile(r"[ \t]*")
_BLOCK = re.compile(r"(?:[-?]|[^\s:]+:)(?:\s|\Z)")
_PARTING = re.compile(r"(?<=[:,\[{?-])[ \t]+|[ \t]+(?=\r?\Z|[#\]}]|:(?:\s|\Z))")
_END_OF_FLOW = re.compile(r"[ ]*(?:[\]}][\]} ,]*)?(?:#.*)?")


@dataclass(frozen=True)
class Fault:
    """Why a text is no YAML, and on which line (from 0)."""

    message: str
    line: int


def compose(text: str) -> Any:
    """The root node, None where there is nothing, or the Fault that keeps it from being read."""
    # A byte that is no UTF-8 came in as a lone surrogate; YAML gets what Claude Code shows.
    shown = _LONE.sub("\ufffd", text).translate(_STAND_INS)
    root = _composed(shown)
    if isinstance(root, Fault) and "\t" in shown:
        parted = _composed(_TABBED.sub(_parted, shown))
        root = root if isinstance(parted, Fault) else parted
    if isinstance(root, Fault):
        return root
    margin = next(_at_margin(text.split("\n"), root), None)
    return root if margin is None else Fault(AT_MARGIN, margin)


def as_it_stands(value: Any) -> str:
    """What a scalar node says, in the characters that stand there."""
    return str(value).translate(_ORIGINALS)


def _composed(shown: str) -> Any:
    from ruamel.yaml import YAML  # noqa: PLC0415 — a start that reads no agent skips it
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415 — as above

    try:
        return YAML(typ="safe", pure=True).compose(shown)  # pyright: ignore[reportUnknownMemberType] — ruamel types its streams as Any
    except MarkedYAMLError as error:
        fault: Any = error
        line = int(fault.problem_mark.line) if fault.problem_mark else 0
        return Fault(str(fault.problem or fault.context or "invalid YAML"), line)
    except YAMLError:
        return Fault("it holds characters that YAML does not allow", 0)
    except (RecursionError, ValueError):
        return Fault("it is nested too deeply or holds an impossible value", 0)


def _parted(found: re.Match[str]) -> str:
    """A line without tabs, but for those that indent what Claude Code too wants in its column."""
    indentation = _INDENTATION.match(found[0])
    at = indentation.end() if indentation else 0
    before, rest = found[0][:at], found[0][at:]
    is_content = bool(rest.strip()) and not rest.startswith("#")
    if not (is_content and (before.startswith("\t") or _BLOCK.match(rest))):
        before = " " * at
    return before + _PARTING.sub(lambda blank: " " * len(blank[0]), rest).replace("\t", _TAB)


def _at_margin(lines: list[str], root: Any) -> Iterator[int]:
    """The lines within values in quotes or brackets that are not indented below their key."""
    left, seen = [(root, -1)], set[int]()
    while left:
        node, column = left.pop()
        if node is None or id(node) in seen:  # an alias is its anchor's node
            continue
        seen.add(id(node))
        if node.id != "scalar" and not node.flow_style:
            left += reversed(list(_within(node)))
        elif node.id != "scalar" or node.style in {"'", '"'}:
            first, last = int(node.start_mark.line) + 1, int(node.end_mark.line)
            for number in range(first, last + 1):
                if _is_out(lines[number], column, is_flow=node.id != "scalar"):
                    yield number


def _within(block: Any) -> Iterator[tuple[Any, int]]:
    """The values of a block, each with the column that it has to be indented below."""
    if block.id == "mapping":
        yield from ((value, int(key.start_mark.column)) for key, value in block.value)
    else:
        yield from ((item, int(block.start_mark.column)) for item in block.value)


def _is_out(line: str, column: int, *, is_flow: bool) -> bool:
    text = line.rstrip("\r")
    if not text.strip() or (is_flow and _END_OF_FLOW.fullmatch(text)):
        return False
    return (is_flow and text.startswith("\t")) or len(text) - len(text.lstrip(" \t")) <= column
