"""Rules about the values of an agent's other keys: which Claude Code ignores, or misreads."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from claudetask_core.schemas.agent import Severity
from claudetask_core.services.agents.file import edited
from claudetask_core.services.agents.rule import Finding, Rule, Subject
from claudetask_core.services.agents.yaml_edit import FrontmatterNotEditable
from claudetask_core.services.agents.yaml_keys import Entry

MODELS = ("haiku", "sonnet", "opus", "fable", "inherit", "best", "opusplan")
MEMORIES = ("user", "project", "local")
_MODEL = re.compile(rf"(?:{'|'.join(MODELS)})(?:\[1m\])?", re.IGNORECASE)
_REMAPPED = re.compile(r"claude-opus-4-(?:0|1|1-\d{8}|20\d{6})")
COLORS = ("red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan")


@dataclass(frozen=True)
class _Choice:
    """A key whose invalid value Claude Code ignores with no more than a line in its debug log."""

    rule: str
    key: str
    values: tuple[str, ...]
    pattern: str = r"(?!)"
    also: str = ""
    severity: Severity = Severity.WARNING

    def is_valid(self, entry: Entry) -> bool:
        text = entry.text
        return entry.kind == "null" or (
            entry.kind in {"text", "other"}
            and (text in self.values or re.fullmatch(self.pattern, text) is not None)
        )


CHOICES = (
    _Choice(
        "invalid_permission_mode",
        "permissionMode",
        ("acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "manual", "plan"),
    ),
    _Choice("invalid_max_turns", "maxTurns", (), r"0*[1-9][0-9]*", "a whole number from 1"),
    _Choice(
        "invalid_auto_compact_window",
        "autoCompactWindow",
        (),
        r"0*[1-9][0-9]{5,}",
        "a whole number of tokens from 100000",
    ),
    _Choice("invalid_memory", "memory", MEMORIES),
    _Choice("invalid_isolation", "isolation", ("worktree", "remote")),
    _Choice(
        "invalid_effort",
        "effort",
        ("low", "medium", "high", "xhigh", "max"),
        r"[0-9]+",
        "or a whole number",
    ),
    _Choice("invalid_background", "background", ("true", "false")),
    _Choice("invalid_color", "color", COLORS, severity=Severity.HINT),
)


def _check(choice: _Choice) -> Callable[[Subject], Iterator[Finding]]:
    def check(subject: Subject) -> Iterator[Finding]:
        entry = subject.file.keys.get(choice.key)
        if entry and not choice.is_valid(entry):
            said = f"{', '.join(choice.values)} {choice.also}".strip()
            yield Finding(
                subject.file.line_of(choice.key),
                f"{choice.key} {entry.text[:60]!r} is not valid, so Claude Code ignores the key.",
                f"Give it {said}, or remove it.",
            )

    return check


def _fix(choice: _Choice) -> Callable[[Subject], bytes | None]:
    """A value that is right but for its case."""

    def fix(subject: Subject) -> bytes | None:
        entry = subject.file.keys.get(choice.key)
        meant = [value for value in choice.values if entry and value.lower() == entry.text.lower()]
        return with_keys(subject, {choice.key: meant[0]}) if meant else None

    return fix


def with_keys(subject: Subject, changes: dict[str, str | list[str] | None]) -> bytes | None:
    """The file with these keys changed, where that does no harm to others."""
    try:
        return edited(subject.file, changes, None)
    except FrontmatterNotEditable:
        return None


def _invalid_model(subject: Subject) -> Iterator[Finding]:
    entry = subject.file.keys.get("model")
    if entry is None or entry.kind == "null":
        return
    line = subject.file.line_of("model")
    mend = f"Give it {', '.join(MODELS[:5])} or a model's full name."
    if entry.kind != "text":
        yield Finding(line, "The model is no text, so Claude Code ignores it.", mend)
    elif not _MODEL.fullmatch(entry.text) and "claude" not in entry.text.lower():
        message = f"Claude Code sends the model {entry.text[:60]!r} as it is; the API knows none."
        yield Finding(line, message, mend)


def _remapped_model(subject: Subject) -> Iterator[Finding]:
    model = subject.file.text("model")
    if model and _REMAPPED.fullmatch(model):
        message = f"Claude Code no longer asks for {model} but for the newest Opus."
        yield Finding(subject.file.line_of("model"), message, "Write opus.")


def _adds_tools(subject: Subject) -> Iterator[Finding]:
    file = subject.file
    tools = file.words("tools")
    if file.text("memory") in MEMORIES and tools is not None and "*" not in tools:
        added = [tool for tool in ("Read", "Write", "Edit") if tool not in tools]
        if added:
            yield Finding(
                file.line_of("memory"),
                f"memory adds {', '.join(added)} to the agent's tools.",
                "Remove memory if the agent must not write.",
            )


def _not_a(key: str, kinds: set[str], meant: str) -> Callable[[Subject], Iterator[Finding]]:
    def check(subject: Subject) -> Iterator[Finding]:
        entry = subject.file.keys.get(key)
        shape = "map" if entry and entry.kind == "other" and entry.style else None
        if entry and entry.kind != "null" and (shape or entry.kind) not in kinds:
            message = f"{key} is not {meant}, so Claude Code ignores it without a word."
            yield Finding(subject.file.line_of(key), message, f"Make it {meant}, or remove it.")

    return check


def _skill_missing(subject: Subject) -> Iterator[Finding]:
    known = subject.around.skills
    if known is None:
        return
    for skill in subject.file.words("skills") or []:
        if skill not in known and ":" not in skill:  # a colon names a plugin's
            yield Finding(
                subject.file.line_of("skills"),
                f"There is no skill {skill[:60]!r}: the agent runs without it.",
                f"Make .claude/skills/{skill[:60]}/SKILL.md, or remove the name.",
            )


def _initial_prompt(subject: Subject) -> Iterator[Finding]:
    if subject.file.keys.get("initialPrompt"):
        message = "initialPrompt has no effect on an agent that another one calls."
        yield Finding(subject.file.line_of("initialPrompt"), message, "Say it in the prompt.")


RULES = (
    *(
        Rule(one.rule, one.severity, _check(one), _fix(one) if one.values else None)
        for one in CHOICES
    ),
    Rule("invalid_model", Severity.WARNING, _invalid_model),
    Rule("model_remapped", Severity.HINT, _remapped_model),
    Rule("memory_adds_tools", Severity.WARNING, _adds_tools),
    Rule(
        "invalid_mcp_servers",
        Severity.WARNING,
        _not_a("mcpServers", {"map", "list"}, "a list of servers"),
    ),
    Rule("invalid_skills", Severity.WARNING, _not_a("skills", {"text", "list"}, "a list of names")),
    Rule("skill_missing", Severity.WARNING, _skill_missing),
    Rule("initial_prompt", Severity.HINT, _initial_prompt),
)
