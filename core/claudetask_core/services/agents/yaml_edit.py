"""Setting one key of a YAML frontmatter; the text of every other key stays as it is."""

from claudetask_core.errors import Invalid
from claudetask_core.services.agents.yaml_keys import Entry, Keys, read_keys
from claudetask_core.services.agents.yaml_text import scalar

Value = str | list[str] | None
"""A text, a list of them, or None for no such key."""


BY_HAND = "Correct it by hand, or delete the agent and save it anew."


class FrontmatterNotEditable(Invalid):
    code = "frontmatter_not_editable"

    def __init__(self, reason: str, next_step: str = BY_HAND) -> None:
        super().__init__(
            f"The file's frontmatter cannot be edited without harm: {reason}.", next_step=next_step
        )


def set_key(text: str, key: str, value: Value, *, end_of_line: str) -> str:
    """The frontmatter with `key` set to `value`, or without it.

    Raises:
        FrontmatterNotEditable: The YAML is broken, or so unusual that another key would suffer.
    """
    before = read_keys(text)
    if before.error and not before.lenient:
        raise FrontmatterNotEditable(before.error)
    entry = before.get(key)
    if entry is None:
        edited = text if value is None else _appended(text, before, key, value, end_of_line)
    elif value is None or _is_awkward(entry, value):
        edited = _without(text, entry)
        if value is not None:
            edited = _appended(edited, before, key, value, end_of_line)
    else:
        edited = _replaced(text, entry, value, end_of_line)
    _compare((text, before), edited, key, value)
    return edited


def _is_awkward(entry: Entry, value: Value) -> bool:
    """Whether a new line at the end is the simplest way to say it."""
    block_list = entry.kind == "list" and entry.style == "block"
    if isinstance(value, list) and block_list:
        return not value
    return entry.kind == "other" or block_list


def _appended(text: str, keys: Keys, key: str, value: Value, end_of_line: str) -> str:
    first = keys.entries[0].key_start if keys.entries else 0
    pad = text[text.rfind("\n", 0, first) + 1 : first]
    pad = pad if pad.isspace() else " " * len(pad)
    if isinstance(value, list):
        items = [f"{pad}  - {scalar(item)}" for item in value]
        lines = [f"{pad}{key}:", *items] if items else [f"{pad}{key}: []"]
    else:
        lines = [f"{pad}{key}: {scalar(value or '', column=len(pad))}"]
    return text + "".join(line + end_of_line for line in lines)


def _without(text: str, entry: Entry) -> str:
    start = text.rfind("\n", 0, entry.key_start) + 1
    return text[:start] + text[_line_end(text, max(entry.end, entry.key_end)) :]


def _replaced(text: str, entry: Entry, value: Value, end_of_line: str) -> str:
    column = entry.key_start - (text.rfind("\n", 0, entry.key_start) + 1)
    if isinstance(value, list):
        if entry.style == "block":
            return _new_items(text, entry, value, end_of_line)
        new = "[" + ", ".join(scalar(item, flow=True) for item in value) + "]"
    else:
        new = scalar(value or "", entry.style, column=column)
    space = " " if text[entry.start - 1 : entry.start] == ":" else ""
    return text[: entry.start] + space + new.replace("\n", end_of_line) + text[entry.end :]


def _new_items(text: str, entry: Entry, value: list[str], end_of_line: str) -> str:
    """Lines of entries that stay are taken over with their comments."""
    start = text.rfind("\n", 0, entry.start) + 1
    pad = text[start : entry.start]
    at, lines = start, dict[str, str]()
    for item in entry.items:
        end = _line_end(text, item.end)
        lines.setdefault(item.text, text[at:end])
        at = end
    new = [lines.pop(item, f"{pad}- {scalar(item)}{end_of_line}") for item in value]
    return text[:start] + "".join(new) + text[at:]


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _compare(old: tuple[str, Keys], new: str, key: str, value: Value) -> None:
    """Look at the result as a reader will: the key says it, and all others what they said."""
    after = read_keys(new)
    if after.error and not (after.lenient and old[1].lenient):
        raise FrontmatterNotEditable(after.error)
    if _others(*old, key) != _others(new, after, key):
        raise FrontmatterNotEditable(f"{key} shares its lines with other keys")
    entry = after.get(key)
    if value is None:
        said = entry is None
    elif entry is None:
        said = False
    elif isinstance(value, list):
        said = [item.text for item in entry.items] == value
    else:
        said = entry.kind == "text" and entry.text == value
    if not said:
        raise FrontmatterNotEditable(f"{key} is written in an unusual way")


def _others(text: str, keys: Keys, but: str) -> list[tuple[str, str]]:
    return [(one.key, text[one.start : one.end]) for one in keys.entries if one.key != but]
