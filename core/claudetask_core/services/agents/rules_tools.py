"""Rules about an agent's tools: those it names and will run without."""

import difflib
import re
from collections.abc import Iterator

from claudetask_core.schemas.agent import Severity
from claudetask_core.services.agents.file import AgentFile, words_of
from claudetask_core.services.agents.rule import Finding, Rule, Subject
from claudetask_core.services.agents.rules_keys import MEMORIES, with_keys

# fmt: off
BUILT_IN_TOOLS = frozenset({
    "Agent", "Artifact", "AskUserQuestion", "Bash", "CronCreate", "CronDelete", "CronList", "Edit",
    "EnterPlanMode", "EnterWorktree", "ExitPlanMode", "ExitWorktree", "Glob", "Grep", "KillShell",
    "ListAgents", "ListMcpResourcesTool", "LSP", "Monitor", "NotebookEdit", "PowerShell", "Read",
    "ReadMcpResourceTool", "ReportFindings", "ScheduleWakeup", "SendMessage", "Skill",
    "StructuredOutput", "Task", "TaskCreate", "TaskGet", "TaskList", "TaskOutput", "TaskStop",
    "TaskUpdate", "ToolSearch", "WaitForMcpServers", "WebFetch", "WebSearch", "Workflow", "Write",
})
# fmt: on
FORMER_TOOLS = {
    "BashOutput": "TaskOutput",
    "LS": "Bash or Glob",
    "MultiEdit": "Edit",
    "NotebookRead": "Read",
    "SlashCommand": "Skill",
    "TodoRead": "TaskList",
    "TodoWrite": "TaskCreate and TaskUpdate",
}
"""Tools of earlier versions of Claude Code, and what does their work now."""

NOT_FOR_AGENTS = frozenset({"AskUserQuestion", "EnterPlanMode", "ExitPlanMode", "TaskOutput"})
OURS = "claudetask"
_ELSEWHERE = re.compile(r"mcp__(?:plugin_|claude_ai_|ide(?:__|$))")
_MEMORY_TOOLS = ("Write", "Edit", "Read")


def runs_with(file: AgentFile) -> list[str] | None:
    """The tools of those it names that an agent gets; None where it names none to choose from."""
    named = file.words("tools")
    if named is None or "*" in named:
        return None
    bare = [word.partition("(")[0] for word in named]
    got = [tool for tool in bare if _is_known(tool) and tool not in NOT_FOR_AGENTS]
    if "Bash" in got:
        got = [tool for tool in got if tool not in {"Grep", "Glob"}]
    if file.text("memory") in MEMORIES:
        got = [*_MEMORY_TOOLS, *got]
    without = {word.partition("(")[0] for word in file.words("disallowedTools") or []}
    return list(dict.fromkeys(tool for tool in got if tool not in without))


def _is_known(name: str) -> bool:
    return name.startswith("mcp__") or name in BUILT_IN_TOOLS


def _empty(subject: Subject) -> Iterator[Finding]:
    entry = subject.file.keys.get("tools")
    if entry and not words_of(entry):
        yield Finding(
            subject.file.line_of("tools"),
            "tools names nothing: Claude Code lists the agent with all tools and runs it with "
            "none.",
            "Name the tools, or remove the key for all.",
        )


def _named(subject: Subject, key: str = "tools") -> Iterator[tuple[int, str]]:
    line = subject.file.line_of(key)
    for word in subject.file.words(key) or []:
        yield line, word.partition("(")[0]


def _case_of(name: str) -> str | None:
    """The tool that differs in nothing but its case."""
    if _is_known(name) or name == "*":
        return None
    return next((known for known in BUILT_IN_TOOLS if known.lower() == name.lower()), None)


def _wrong_case(subject: Subject) -> Iterator[Finding]:
    for line, name in _named(subject):
        meant = _case_of(name)
        if meant:
            message = f"No tool is called {name!r}: the agent silently runs without it."
            yield Finding(line, message, f"Write {meant}.")


def _right_case(subject: Subject) -> bytes | None:
    words = subject.file.words("tools") or []
    wanted = [_in_case(word) for word in words]
    return with_keys(subject, {"tools": wanted})


def _in_case(word: str) -> str:
    name, bracket, rest = word.partition("(")
    return (_case_of(name) or name) + bracket + rest


def _unknown(subject: Subject) -> Iterator[Finding]:
    for key in ("tools", "disallowedTools"):
        for line, name in _named(subject, key):
            if _is_known(name) or name == "*" or name in FORMER_TOOLS or _case_of(name):
                continue
            near = difflib.get_close_matches(name, BUILT_IN_TOOLS, n=1, cutoff=0.7)
            mend = f"Write {near[0]} if that is meant." if near else "Remove it."
            effect = "without it" if key == "tools" else "as if it were not named"
            message = f"Claude Code knows no tool {name[:60]!r}: the agent silently runs {effect}."
            yield Finding(line, message, mend)


def _former(subject: Subject) -> Iterator[Finding]:
    for line, name in _named(subject):
        if name in FORMER_TOOLS:
            message = f"This Claude Code has no {name} any more: the agent runs without it."
            yield Finding(line, message, f"{FORMER_TOOLS[name]} does its work now.")


def _not_for_agents(subject: Subject) -> Iterator[Finding]:
    for line, name in _named(subject):
        if name in NOT_FOR_AGENTS:
            message = f"{name} is for the main session: a subagent runs without it."
            yield Finding(line, message, "Remove it.")


def _search_dropped(subject: Subject) -> Iterator[Finding]:
    names = [name for _, name in _named(subject)]
    dropped = [name for name in dict.fromkeys(names) if name in {"Grep", "Glob"}]
    if dropped and "Bash" in names:
        yield Finding(
            subject.file.line_of("tools"),
            f"An agent that has Bash gets no {' and no '.join(dropped)}.",
            "Remove Bash, or let the prompt say grep and find.",
        )


def _server_missing(subject: Subject) -> Iterator[Finding]:
    known = subject.around.servers
    told: set[str] = set()
    for line, name in _named(subject) if known is not None else ():
        server = name.split("__")[1] if name.startswith("mcp__") else ""
        if server in {"", OURS, *(known or ()), *told} or _ELSEWHERE.match(name):
            continue
        told.add(server)
        yield Finding(
            line,
            f"No MCP server {server[:60]!r} is configured here: the agent silently runs without "
            "its tools.",
            "Add it with claude mcp add, or remove its tools.",
        )


RULES = (
    Rule("tools_empty", Severity.WARNING, _empty),
    Rule("tool_case", Severity.WARNING, _wrong_case, _right_case),
    Rule("unknown_tool", Severity.WARNING, _unknown),
    Rule("former_tool", Severity.HINT, _former),
    Rule("tool_not_for_agents", Severity.HINT, _not_for_agents),
    Rule("search_tools_dropped", Severity.HINT, _search_dropped),
    Rule("mcp_server_missing", Severity.WARNING, _server_missing),
)
