"""How a value is written in YAML so that the least changes and every parser reads the same."""

import json
import re

_PLAIN = re.compile(r"[^\W\d](?:[^\n:#]|:(?=\S)|(?<=\S)#)*")
_FLOW_SIGNS = re.compile(r"[\[\]{},]")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_FENCE = re.compile("-(?=--)")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def scalar(text: str, style: str = "", *, column: int = 0, flow: bool = False) -> str:
    """`text` as a YAML value in the style that its predecessor had, where that can hold it.

    Args:
        text: What it says.
        style: The sign of the old value: a quote, `|`, `>`, or nothing for a plain one.
        column: Where its key begins; a block is indented from there.
        flow: Whether it stands between brackets.
    """
    if "---" in text:  # would end the frontmatter, wherever it stands
        return _FENCE.sub(r"\\u002d", _quoted(text))
    printable = not re.search(r"[\x00-\x09\x0b-\x1f]", text) and not _ESCAPED.search(text)
    lines = text.split("\n")
    if style in {"|", ">"} and printable and text and not text[0].isspace():
        pad = " " * (column + 2)
        if style == ">" and not re.search(r"\n\s*[ \t]", text):
            lines = re.sub(r"\n+", lambda run: run[0] + "\n", text).split("\n")
        else:
            style = "|"
        return f"{style}-\n" + "\n".join(pad + line if line else "" for line in lines)
    if printable and len(lines) == 1:
        if style == "'":
            return "'" + text.replace("'", "''") + "'"
        if style != '"' and _is_plain(text, flow=flow):
            return text
    return _quoted(text)


def json_text(text: str) -> str:
    """A double-quoted string, which YAML reads as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def _quoted(text: str) -> str:
    return _ESCAPED.sub(lambda sign: f"\\u{ord(sign.group()):04x}", json_text(text))


def _is_plain(text: str, *, flow: bool) -> bool:
    return (
        _PLAIN.fullmatch(text) is not None
        and not text.endswith((" ", ":"))
        and text.lower() not in _WORDS
        and not (flow and _FLOW_SIGNS.search(text))
    )
