"""Hooks that Claude Code 2.1.332 takes, and those for which it drops the agent, as seen in runs."""

import pytest

from claudetask_core.services.agents.file import parse
from claudetask_core.services.agents.rules import problems_of
from claudetask_core.services.agents.rules_hooks import are_taken
from tests.core.keeper.agent_fixtures import text
from tests.core.keeper.test_agent_rules import subject

COMMAND = "{type: command, command: x}"
TAKEN = (
    "hooks:",
    "hooks: ''",
    "hooks: false",
    "hooks: 0",
    "hooks: {}",
    "hooks: {PreToolUse: null}",
    "hooks: {PreToolUse: []}",
    "hooks: {PreToolUse: [{matcher: Bash, hooks: []}]}",
    "hooks: {PreToolUse: [{matcher: 2024-01-01, hooks: []}]}",
    "hooks: {Nonsense: x}",
    "hooks: {preToolUse: x}",
    "hooks: {Stop: x}",
    "hooks: {PostToolUse: [{hooks: [{type: prompt}]}]}",
    f"hooks: {{PreToolUse: [{{hooks: [{COMMAND}]}}]}}",
    f"hooks:\n  PreToolUse:\n    - matcher: Bash\n      hooks:\n        - {COMMAND}",
)
REFUSED = (
    "hooks: nonsense",
    "hooks: 3",
    "hooks: true",
    "hooks: []",
    "hooks: |\n  x",
    "hooks: {PreToolUse: x}",
    "hooks: {PreToolUse: {}}",
    "hooks: {PermissionRequest: x}",
    "hooks: {PreSkillShellCommand: x}",
    "hooks: {PreToolUse: [x]}",
    "hooks: {PreToolUse: [{matcher: Bash}]}",
    "hooks: {PreToolUse: [{matcher: 3, hooks: []}]}",
    "hooks: {PreToolUse: [{matcher: null, hooks: []}]}",
    "hooks: {PreToolUse: [{hooks: x}]}",
    "hooks: &h {PreToolUse: *h}",
    "hooks:\n  Stop: &s x\n  PreToolUse: *s",
)
HOOKS_TAKEN = (
    "type: command, command: ''",
    "type: command, command: 2024-01-01",
    "type: command, command: x, timeout: 0.5",
    "type: command, command: x, unknown: 1",
    "type: command, command: x, model: 3",
    "type: prompt, prompt: x",
    "type: prompt, prompt: x, async: 3",
    "type: agent, prompt: x",
    "type: http, url: 'http://x/'",
    "type: http, url: 'localhost:80/x'",
    "type: mcp_tool, server: a, tool: b",
)
HOOKS_REFUSED = (
    "type: nonsense, command: x",
    "type: command",
    "type: command, command: 3",
    "type: command, command: x, timeout: 0",
    "type: command, command: x, timeout: '5'",
    "type: command, command: x, once: x",
    "type: command, command: x, once: null",
    "type: command, command: x, async: 3",
    "type: command, command: x, if: 3",
    "type: command, command: x, args: 3",
    "type: command, command: x, shell: fish",
    "type: command, command: x, statusMessage: 3",
    "type: command, command: x, onFailure: 3",
    "type: command, command: x, rewakeMessage: 3",
    "type: prompt",
    "type: prompt, prompt: x, model: 3",
    "type: http, url: x",
    "type: http, url: $HOOK_URL",
    "type: http, url: 'http://x/', headers: 3",
    "type: mcp_tool, server: a",
    "type: mcp_tool, server: a, tool: b, input: 3",
)


def guarding(hook: str) -> str:
    return f"hooks: {{PreToolUse: [{{hooks: [{{{hook}}}]}}]}}"


@pytest.mark.parametrize("keys", [*TAKEN, *map(guarding, HOOKS_TAKEN)])
def test_hooks_that_are_taken_are_no_problem(keys: str) -> None:
    one = subject(text("x", f"{keys}\n").encode())
    assert are_taken(one.file)
    assert problems_of(one) == []


@pytest.mark.parametrize("keys", [*REFUSED, *map(guarding, HOOKS_REFUSED)])
def test_hooks_for_which_the_agent_is_dropped_are_an_error(keys: str) -> None:
    one = subject(text("x", f"{keys}\n").encode())
    assert not are_taken(one.file)
    (problem,) = problems_of(one)
    assert (problem.rule, problem.severity, problem.line) == ("invalid_hooks", "error", 4)
    assert len(problem.message) + len(problem.mend) < 400


def test_the_finding_says_which_hook_is_wrong() -> None:
    one = subject(text("x", guarding("type: prompt") + "\n").encode())
    (problem,) = problems_of(one)
    assert problem.message.startswith("hooks.PreToolUse.0.hooks.0.prompt.prompt is wrong (Field")


@pytest.mark.parametrize(
    "keys",
    [
        "color: &c red\nhooks: {PreToolUse: *c}",
        "hooks: {PreToolUse: !mine x}",
        "effort: high\nhooks: {? {a: b} : c}",
        "? hooks\n: {PreToolUse: x}",
    ],
)
def test_hooks_whose_yaml_says_nothing_by_itself_are_left_alone(keys: str) -> None:
    assert are_taken(parse(text("x", f"{keys}\n").encode()))


def test_more_hooks_than_can_be_looked_at_are_left_alone() -> None:
    """A thousand times a thousand aliases of one hook that is wrong."""
    hooks = f"[{', '.join(['*h'] * 1000)}]"
    lines = ["hooks:", "  A: &h {}", f"  B: &m {{hooks: {hooks}}}"]
    keys = "\n".join([*lines, f"  PreToolUse: [{', '.join(['*m'] * 1000)}]", ""])
    assert are_taken(parse(text("x", keys).encode()))
