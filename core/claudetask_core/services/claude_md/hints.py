"""What could be better in a CLAUDE.md: said, never changed."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from claudetask_core.errors import DomainError
from claudetask_core.home import Home
from claudetask_core.schemas.claude_md import ClaudeMdHint, ClaudeMdImport, ImportState
from claudetask_core.services.claude_md.sections import NotText, open_fence, sections_of
from claudetask_core.services.disk.files import is_folder, look

LONG = 40_000
"""Claude Code itself warns of more characters than this."""
LONGISH = 15_000
HEADLESS = 2000
_SPAN = re.compile(r"`([^`\n]+)`")
_FORBIDS = re.compile(r"\b(never|not|don't|avoid|forbidden|instead of)\b", re.IGNORECASE)
_BASH = re.compile(r"Bash\((.+)\)")

_SAYS = {
    ImportState.MISSING: "{} leads to no file, so Claude Code leaves it out without a word.",
    ImportState.LOOP: "{} leads back to a file that led here; it is read once.",
    ImportState.TOO_DEEP: "{} is more than four imports deep, so Claude Code leaves it out.",
    ImportState.OUTSIDE: "{} lies outside of the project: Claude Code asks before it reads it.",
    ImportState.UNREADABLE: "{} is no text file that can be read, so Claude Code leaves it out.",
}


def hints_of(
    data: bytes, imports: Sequence[ClaudeMdImport], denied: Sequence[str]
) -> list[ClaudeMdHint]:
    """What a person may want to change, by line.

    Args:
        data: What the file holds.
        imports: What it takes in.
        denied: The permissions that settings deny, such as `Bash(npm publish:*)`.
    """
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    found = [*_size(text, imports), *_imports(imports), *_headings(data), *_denied(text, denied)]
    return sorted(found, key=lambda hint: hint.line)


def denied_by(root: Path, home: Home | None) -> list[str]:
    """The permissions that the settings of a project and its user deny; they are only read."""
    found: list[str] = []
    users = [] if home is None else [(home.base, home.client)]
    for base, folder in [(root, root / ".claude"), *users]:
        if is_folder(folder):
            for path in sorted(folder.glob("settings*.json")):
                found += _deny(base, path)
    return list(dict.fromkeys(found))


def _deny(base: Path, path: Path) -> list[str]:
    try:
        said: Any = json.loads(look(base, path).data or b"{}")
    except (DomainError, ValueError, RecursionError):
        return []
    permissions = cast("dict[str, Any]", said).get("permissions") if _is_map(said) else None
    deny: Any = cast("dict[str, Any]", permissions).get("deny") if _is_map(permissions) else None
    listed = cast("list[Any]", deny) if isinstance(deny, list) else []
    return [one for one in listed if isinstance(one, str)]


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def _size(text: str, imports: Sequence[ClaudeMdImport]) -> Iterator[ClaudeMdHint]:
    size = len(text) + sum(one.size or 0 for one in imports)
    if size <= LONGISH:
        return
    with_imports = " with its imports" if any(one.size for one in imports) else ""
    rule, effect = ("too_long", "Claude Code warns of it, and") if size > LONG else ("long", "")
    message = (
        f"It has {size:,} characters{with_imports}; {effect} every session carries all of them. "
        "What only some work needs belongs into a skill, or a CLAUDE.md of the folder it is about."
    )
    yield ClaudeMdHint(rule=rule, line=1, message=" ".join(message.split()))


def _imports(imports: Sequence[ClaudeMdImport]) -> Iterator[ClaudeMdHint]:
    for one in imports:
        if one.state in _SAYS:
            line = one.line if one.depth == 1 else 1
            name = one.written if one.depth == 1 else f"{one.written} (in {one.file})"
            message = _SAYS[one.state].format(name)
            yield ClaudeMdHint(rule=f"import_{one.state.value}", line=line, message=message)


def _headings(data: bytes) -> Iterator[ClaudeMdHint]:
    try:
        sections = sections_of(data)
    except NotText:
        message = (
            "It is not UTF-8: Claude Code shows the letters as �, and no section can be edited."
        )
        yield ClaudeMdHint(rule="not_utf8", line=1, message=message)
        return
    if not sections and len(data) > HEADLESS:
        message = "It has no headings, so no part of it can be read or edited alone."
        yield ClaudeMdHint(rule="no_headings", line=1, message=message)
    several = Counter(section.joined for section in sections)
    for section in sections:
        if several[section.joined] > 1:
            line = data.count(b"\n", 0, section.start) + 1
            message = f"The heading {section.joined[:100]!r} is there more than once."
            yield ClaudeMdHint(rule="duplicate_heading", line=line, message=message)
    for above, below in pairwise(sections):
        if below.level > above.level + 1:
            line = data.count(b"\n", 0, below.start) + 1
            message = f"{below.titles[-1][:80]!r} skips a level of headings."
            yield ClaudeMdHint(rule="heading_skips", line=line, message=message)
    fence = open_fence(data)
    if fence is not None:
        message = "This code fence is never closed: all below it is code."
        yield ClaudeMdHint(rule="open_fence", line=fence, message=message)


def _denied(text: str, denied: Sequence[str]) -> Iterator[ClaudeMdHint]:
    rules = [(rule, found[1]) for rule in denied if (found := _BASH.fullmatch(rule))]
    in_fence = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith(("```", "~~~")):
            in_fence = not in_fence
            continue
        commands = [line.strip().removeprefix("$ ")] if in_fence else _SPAN.findall(line)
        if _FORBIDS.search(line):
            continue
        for rule, pattern in rules:
            if any(_matches(command, pattern) for command in commands):
                message = f"It names a command that the settings deny with {rule[:80]}."
                yield ClaudeMdHint(rule="denied_command", line=number, message=message)


def _matches(command: str, pattern: str) -> bool:
    prefix = pattern.removesuffix("*").removesuffix(":")
    if prefix == pattern:
        return command == pattern
    return command == prefix.strip() or command.startswith(f"{prefix.rstrip()} ")
