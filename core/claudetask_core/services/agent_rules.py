"""What Claude Code will trip over in an agent file, one row per rule.

Each was seen in runs of the real client: most of these files are dropped without a word, or
run with other tools than their author thinks.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from claudetask_core.schemas.agent import Problem, Severity
from claudetask_core.services.agent_file import AgentFile, words_of

Finding = tuple[int, str]

# fmt: off
BUILT_IN_TOOLS = frozenset({
    "Agent", "AskUserQuestion", "Bash", "BashOutput", "CronCreate", "CronDelete", "CronList",
    "Edit", "EnterPlanMode", "EnterWorktree", "ExitPlanMode", "ExitWorktree", "Glob", "Grep",
    "KillShell", "ListMcpResourcesTool", "LS", "LSP", "Monitor", "MultiEdit", "NotebookEdit",
    "NotebookRead", "PowerShell", "Read", "ReadMcpResourceTool", "SendMessage", "Skill",
    "SlashCommand", "Task", "TaskCreate", "TaskGet", "TaskList", "TaskOutput", "TaskStop",
    "TaskUpdate", "TodoRead", "TodoWrite", "ToolSearch", "WebFetch", "WebSearch", "Workflow",
    "Write",
})
# fmt: on


@dataclass(frozen=True)
class Subject:
    """A file under examination, and the other files of its scope that have its name."""

    path: Path
    file: AgentFile
    twins: tuple[Path, ...] = field(default=())


@dataclass(frozen=True)
class Rule:
    name: str
    severity: Severity
    check: Callable[[Subject], Iterator[Finding]]


def problems_of(subject: Subject) -> list[Problem]:
    """Every finding of every rule, in the order of the lines."""
    found = [
        Problem(severity=rule.severity, rule=rule.name, line=line, message=message)
        for rule in RULES
        for line, message in rule.check(subject)
    ]
    return sorted(found, key=lambda problem: problem.line)


def _bom(subject: Subject) -> Iterator[Finding]:
    file = subject.file
    if file.source.startswith("\ufeff"):
        yield 1, "The file starts with a byte order mark; Claude Code does not see an agent in it."


def _not_utf8(subject: Subject) -> Iterator[Finding]:
    found = re.search("[\udc80-\udcff]", subject.file.source)
    if found:
        line = subject.file.source.count("\n", 0, found.start()) + 1
        yield line, "This line is not UTF-8; Claude Code shows the letter as �."


def _blank_first_line(subject: Subject) -> Iterator[Finding]:
    if subject.file.closed and subject.file.opening.removeprefix("\ufeff").count("\n") > 1:
        yield 1, "A blank line stands before the first ---; Claude Code does not see an agent."


def _frontmatter_missing(subject: Subject) -> Iterator[Finding]:
    if not subject.file.opened:
        yield (
            1,
            "The file has no frontmatter: its first line must be ---, then name and description.",
        )


def _unclosed_frontmatter(subject: Subject) -> Iterator[Finding]:
    if subject.file.opened and not subject.file.closed:
        yield 1, "The frontmatter has no closing --- line; Claude Code does not see an agent."


def _extension_case(subject: Subject) -> Iterator[Finding]:
    if subject.path.suffix != ".md":
        yield 1, f"The extension is {subject.path.suffix}; Claude Code reads .md files only."


def _yaml_broken(subject: Subject) -> Iterator[Finding]:
    keys = subject.file.keys
    if keys.error and not keys.lenient:
        yield _yaml_line(subject), f"The frontmatter is not valid YAML: {keys.error}."


def _yaml_lenient(subject: Subject) -> Iterator[Finding]:
    keys = subject.file.keys
    if keys.lenient:
        message = f"Not valid YAML ({keys.error}); Claude Code guesses. Put the value in quotes."
        yield _yaml_line(subject), message


def _yaml_line(subject: Subject) -> int:
    return subject.file.opening.count("\n") + subject.file.keys.line + 1


def _name_missing(subject: Subject) -> Iterator[Finding]:
    entry = subject.file.keys.get("name")
    if _has_keys(subject) and (
        entry is None or entry.kind == "null" or (entry.kind == "text" and not entry.text.strip())
    ):
        line = subject.file.line_of("name")
        yield line, "The agent has no name; Claude Code skips it without a word."


def _name_not_string(subject: Subject) -> Iterator[Finding]:
    entry = subject.file.keys.get("name")
    if entry and entry.kind in {"other", "list"}:
        yield subject.file.line_of("name"), "The name is no text; put it in quotes."


def _description_missing(subject: Subject) -> Iterator[Finding]:
    text = subject.file.text("description")
    if _has_keys(subject) and not (text and text.strip()):
        line = subject.file.line_of("description")
        yield line, "The agent has no description (a text); Claude Code drops it."


def _description_cut(subject: Subject) -> Iterator[Finding]:
    entry = subject.file.keys.get("description")
    if entry and entry.kind == "text" and entry.style == "" and not subject.file.keys.lenient:
        rest = subject.file.front[entry.end :].partition("\n")[0]
        if rest.strip().startswith("#"):
            line = subject.file.line_of("description")
            yield (
                line,
                f"The description ends at {rest.strip()[:40]!r}, a comment; put it in quotes.",
            )


def _tools_empty(subject: Subject) -> Iterator[Finding]:
    entry = subject.file.keys.get("tools")
    if entry and not words_of(entry):
        line = subject.file.line_of("tools")
        yield line, "tools lists nothing, so the agent runs without any; remove the key for all."


def _unknown_tool(subject: Subject) -> Iterator[Finding]:
    for tool in subject.file.words("tools") or []:
        name = tool.partition("(")[0]
        if name == "*" or name.startswith("mcp__") or name in BUILT_IN_TOOLS:
            continue
        near = [known for known in BUILT_IN_TOOLS if known.lower() == name.lower()]
        near = near or difflib.get_close_matches(name, BUILT_IN_TOOLS, n=1, cutoff=0.7)
        hint = f"; {near[0]} is meant?" if near else "."
        line = subject.file.line_of("tools")
        yield line, f"Claude Code knows no tool {name[:60]!r}: the agent runs without it{hint}"


def _duplicate_name(subject: Subject) -> Iterator[Finding]:
    if subject.twins:
        others = ", ".join(str(path) for path in subject.twins[:3])
        line = subject.file.line_of("name")
        yield line, f"Which file counts is chance: {others} has the same name."


def _has_keys(subject: Subject) -> bool:
    keys = subject.file.keys
    return subject.file.closed and (keys.lenient or not keys.error)


RULES: tuple[Rule, ...] = (
    Rule("bom", Severity.ERROR, _bom),
    Rule("not_utf8", Severity.WARNING, _not_utf8),
    Rule("blank_first_line", Severity.ERROR, _blank_first_line),
    Rule("frontmatter_missing", Severity.ERROR, _frontmatter_missing),
    Rule("unclosed_frontmatter", Severity.ERROR, _unclosed_frontmatter),
    Rule("extension_case", Severity.ERROR, _extension_case),
    Rule("yaml_broken", Severity.ERROR, _yaml_broken),
    Rule("yaml_lenient", Severity.WARNING, _yaml_lenient),
    Rule("name_missing", Severity.ERROR, _name_missing),
    Rule("name_not_string", Severity.ERROR, _name_not_string),
    Rule("description_missing", Severity.ERROR, _description_missing),
    Rule("description_cut", Severity.WARNING, _description_cut),
    Rule("tools_empty", Severity.WARNING, _tools_empty),
    Rule("unknown_tool", Severity.WARNING, _unknown_tool),
    Rule("duplicate_name", Severity.ERROR, _duplicate_name),
)
