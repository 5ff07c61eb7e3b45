"""Rules about an agent's name and description, and about others of the same name."""

import re
from collections.abc import Iterator

from claudetask_core.schemas.agent import Severity
from claudetask_core.services.agents.file import AgentFile
from claudetask_core.services.agents.rule import Finding, Rule, Subject, as_bytes
from claudetask_core.services.agents.yaml_keys import Entry

BUILT_IN_AGENTS = frozenset({"claude", "Explore", "general-purpose", "Plan", "statusline-setup"})
LONG_DESCRIPTION = 2000
_STEM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?")


def _name_missing(subject: Subject) -> Iterator[Finding]:
    entry = subject.file.keys.get("name")
    if subject.has_keys and (entry is None or _is_nothing(entry)):
        message = "The agent has no name: Claude Code skips it without a word."
        yield Finding(subject.file.line_of("name"), message, "Add a line name: below the first.")


def _named_by_its_file(subject: Subject) -> bytes | None:
    """A file that says what it is for and not its name has that of its file."""
    file, stem = subject.file, subject.path.stem
    description = file.text("description")
    if not _STEM.fullmatch(stem) or file.keys.get("name") or not (description or "").strip():
        return None
    end = "\r\n" if file.opening.endswith("\r\n") else "\n"
    first = file.front[: len(file.front) - len(file.front.lstrip(" "))]
    name = f"{first}name: {stem}{end}"
    return as_bytes(file.opening + name + file.front + file.closing + file.body)


def _name_not_text(subject: Subject) -> Iterator[Finding]:
    entry = subject.file.keys.get("name")
    if entry and entry.kind in {"other", "list"}:
        message = "The name is no text: Claude Code drops the agent."
        yield Finding(subject.file.line_of("name"), message, "Put the name in quotes.")


def _description_missing(subject: Subject) -> Iterator[Finding]:
    entry = subject.file.keys.get("description")
    if subject.has_keys and (entry is None or _is_nothing(entry)):
        yield Finding(
            subject.file.line_of("description"),
            "The agent has no description: Claude Code drops it.",
            "Say in description when to use it.",
        )


def _description_not_text(subject: Subject) -> Iterator[Finding]:
    entry = subject.file.keys.get("description")
    if entry and entry.kind in {"other", "list"}:
        message = "The description is no text: Claude Code drops the agent."
        line = subject.file.line_of("description")
        yield Finding(line, message, "Put the description in quotes.")


def _description_blank(subject: Subject) -> Iterator[Finding]:
    text = subject.file.text("description")
    if text and not text.strip():
        message = "The description is blank, so nothing tells Claude when to use the agent."
        line = subject.file.line_of("description")
        yield Finding(line, message, "Say in description when to use it.")


def _description_long(subject: Subject) -> Iterator[Finding]:
    text = subject.file.text("description") or ""
    if len(text) > LONG_DESCRIPTION:
        yield Finding(
            subject.file.line_of("description"),
            f"The description has {len(text):,} characters, and every request of every session "
            "carries them.",
            "Keep to when the agent is to be used; the rest belongs into the prompt.",
        )


def _is_nothing(entry: Entry) -> bool:
    return entry.kind == "null" or (entry.kind == "text" and not entry.text)


def _quoted_name(subject: Subject) -> bytes | None:
    return _quoted(subject.file, "name")


def _quoted_description(subject: Subject) -> bytes | None:
    return _quoted(subject.file, "description")


def _quoted(file: AgentFile, key: str) -> bytes | None:
    entry = file.keys.get(key)
    if entry is None or entry.kind != "other" or entry.style or not entry.text:
        return None
    front = f'{file.front[: entry.start]}"{entry.text}"{file.front[entry.end :]}'
    return as_bytes(file.opening + front + file.closing + file.body)


def _duplicate_name(subject: Subject) -> Iterator[Finding]:
    if subject.twins:
        others = ", ".join(str(path) for path in subject.twins[:3])
        yield Finding(
            subject.file.line_of("name"),
            f"Which file counts is chance: {others} has the same name.",
            "Rename or delete all but one.",
        )


def _built_in(subject: Subject) -> Iterator[Finding]:
    name = subject.file.text("name")
    if name in BUILT_IN_AGENTS:
        message = f"{name} is an agent of Claude Code's own, which this file replaces."
        line = subject.file.line_of("name")
        yield Finding(line, message, "Choose another name unless that is meant.")


def _shadows(subject: Subject) -> Iterator[Finding]:
    path = subject.around.outer_agents.get((subject.file.text("name") or "").strip())
    if path is not None:
        yield Finding(
            subject.file.line_of("name"),
            f"In this project it takes the place of another agent: {path}.",
            "Choose another name unless that is meant.",
        )


RULES = (
    Rule("name_missing", Severity.ERROR, _name_missing, _named_by_its_file),
    Rule("name_not_string", Severity.ERROR, _name_not_text, _quoted_name),
    Rule("description_missing", Severity.ERROR, _description_missing),
    Rule("description_not_string", Severity.ERROR, _description_not_text, _quoted_description),
    Rule("description_blank", Severity.WARNING, _description_blank),
    Rule("description_long", Severity.HINT, _description_long),
    Rule("duplicate_name", Severity.ERROR, _duplicate_name),
    Rule("built_in_replaced", Severity.WARNING, _built_in),
    Rule("shadowed_scope", Severity.HINT, _shadows),
)
