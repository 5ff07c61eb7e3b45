"""Agents, and what a write to one means to the sessions that are running."""

from claudetask_core.schemas.agent import Agent, Scope
from claudetask_mcp.render.text import ACKNOWLEDGEMENT, clip, count, cut, fitting

LIST = 8000
PROMPT = 24_000
PROBLEMS = 2000


def listed(agents: list[Agent]) -> str:
    if not agents:
        return "No agents. save_agent makes one; Claude Code reads them from .claude/agents/."
    lines = fitting([_line(agent) for agent in agents], LIST, 80)
    left = len(agents) - len(lines)
    end = f"{count(len(agents), 'agent')}."
    if left:
        end = f"{len(lines)} of {len(agents)} agents; claudetask://agents has them all."
    return "\n".join([*lines, end])


def _line(agent: Agent) -> str:
    scope = " (user)" if agent.scope is Scope.USER else ""
    faults = f" [{count(len(agent.problems), 'problem')}]" if agent.problems else ""
    return f"{clip(agent.name, 100)}{scope}{faults}: {clip(agent.description, 160)}"


def whole(agent: Agent) -> str:
    """The agent with its prompt and what Claude Code will trip over."""
    tools = "all" if agent.tools is None else clip(", ".join(agent.tools), 1000)
    lines = [
        f"{agent.name} ({agent.scope}) {clip(agent.path, 300)}",
        f"hash {agent.hash}",
        f"description: {clip(agent.description, 2000)}",
        f"tools: {tools or 'none'}",
        f"model: {agent.model or 'inherited'}",
    ]
    if agent.skills:
        lines.append(f"skills: {clip(', '.join(agent.skills), 1000)}")
    if agent.problems:
        lines += ["", "Problems:", *fitting(_problems(agent), PROBLEMS)]
    rest = f"claudetask://agents/{agent.id} has it whole"
    return "\n".join([*lines, "", cut(agent.prompt, PROMPT, rest)])


def _problems(agent: Agent) -> list[str]:
    return [
        f"- line {problem.line}, {problem.severity}: {clip(problem.message, 300)}"
        for problem in agent.problems
    ]


def saved(agent: Agent, *, new: bool) -> str:
    """What was done, and whether a running session notices."""
    done = "Created" if new else "Updated"
    text = f"{done} agent {clip(agent.name, 100)} ({clip(agent.path, 120)})."
    if agent.problems:
        text += f" {count(len(agent.problems), 'problem')}: {clip(agent.problems[0].message, 80)}"
    return clip(f"{text} {RESTART}", ACKNOWLEDGEMENT)


RESTART = "Running Claude Code sessions see it after a restart."


def deleted(name: str) -> str:
    return clip(
        f"Deleted agent {clip(name, 100)}; its last contents are kept. Running Claude Code "
        "sessions know it until they are restarted.",
        ACKNOWLEDGEMENT,
    )
