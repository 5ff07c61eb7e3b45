"""Agents, and what a write to one means to the sessions that are running."""

from claudetask_core.schemas.agent import Agent, AgentFix, Scope
from claudetask_mcp.render.legibly import legibly
from claudetask_mcp.render.text import ACKNOWLEDGEMENT, clip, count, fitting, quoted, shortened

LIST = 8000
CHECKED = 16_000
DIFF = 12_000
PROMPT = 24_000
PROBLEMS = 2000


@legibly
def listed(agents: list[Agent]) -> str:
    if not agents:
        return "No agents. save_agent makes one; Claude Code reads them from .claude/agents/."
    lines = fitting([_line(agent) for agent in agents], LIST, 80)
    left = len(agents) - len(lines)
    end = f"{count(len(agents), 'agent')}."
    if left:
        end = f"{len(lines)} of {len(agents)} agents; claudetask://agents has them all."
    return "\n".join([*lines, end])


@legibly
def checked(agents: list[Agent]) -> str:
    """What is wrong with each file and how to mend it, whether Claude Code loads it or not."""
    lines = _faults(agents)
    shown = fitting(lines, CHECKED, 80)
    left = len(lines) - len(shown)
    if left:
        shown.append(f"{left} more lines; get_agent shows one agent's.")
    end = _sound(agents)
    if any(one.fixable for agent in agents for one in agent.problems):
        end += " save_agent(name, action='fix') mends what is fixable."
    return "\n".join([*shown, end])


@legibly
def linted(agents: list[Agent]) -> str:
    """The same for a person, who can scroll: all of it."""
    return "\n".join([*_faults(agents), _sound(agents)])


def _faults(agents: list[Agent]) -> list[str]:
    return [
        line for agent in agents if agent.problems for line in (_headline(agent), *_problems(agent))
    ]


def _sound(agents: list[Agent]) -> str:
    sound = sum(not agent.problems for agent in agents)
    return f"{count(sound, 'agent')} without a problem."


def _headline(agent: Agent) -> str:
    state = "" if agent.loaded else ", not loaded by Claude Code"
    return f"agent {clip(agent.name, 100)} ({clip(agent.path, 200)}{state})"


def _line(agent: Agent) -> str:
    scope = "" if agent.scope is Scope.PROJECT else f" ({agent.scope})"
    state = [] if agent.loaded else ["not loaded"]
    if agent.problems:
        state.append(count(len(agent.problems), "problem"))
    faults = f" [{', '.join(state)}]" if state else ""
    return f"- {clip(agent.name, 100)}{scope}{faults}: {clip(agent.description, 160)}"


@legibly
def whole(agent: Agent) -> str:
    """The agent with its prompt and what Claude Code will trip over."""
    tools = "all" if agent.tools is None else clip(", ".join(agent.tools), 1000)
    got = "" if agent.runs_with is None else clip(", ".join(agent.runs_with), 1000)
    lines = [
        f"agent {clip(agent.name, 300)} ({agent.scope}) {clip(agent.path, 300)}",
        f"hash {agent.hash}",
        f"description: {clip(agent.description, 2000)}",
        f"tools: {tools or 'none'}",
        f"model: {clip(agent.model or 'inherited', 200)}",
    ]
    if not agent.loaded:
        lines.insert(1, "Claude Code does not load it.")
    elif agent.runs_with is not None and agent.runs_with != agent.tools:
        lines.insert(4, f"runs with: {got or 'no tools'}")
    if agent.skills:
        lines.append(f"skills: {clip(', '.join(agent.skills), 1000)}")
    if agent.problems:
        rest = "list_agents(problems=true) has them"
        lines += ["", "Problems:", *shortened(_problems(agent), PROBLEMS, rest)]
    rest = f"claudetask://agents/{agent.id} has it whole"
    return "\n".join([*lines, "", "prompt:", quoted(agent.prompt, PROMPT, rest)])


def _problems(agent: Agent) -> list[str]:
    return [
        f"- line {problem.line}, {problem.severity}{', fixable' if problem.fixable else ''}: "
        f"{clip(problem.message, 300)} {clip(problem.mend, 160)}"
        for problem in agent.problems
    ]


@legibly
def saved(agent: Agent, done: str) -> str:
    """What was done, and whether a running session notices."""
    text = f"{done} agent {clip(agent.name, 100)} ({clip(agent.path, 120)})."
    if agent.problems:
        text += f" {count(len(agent.problems), 'problem')}: {clip(agent.problems[0].message, 80)}"
    return clip(f"{clip(text, ACKNOWLEDGEMENT - len(RESTART) - 1)} {RESTART}", ACKNOWLEDGEMENT)


@legibly
def fixed(done: AgentFix) -> str:
    """What was mended, or would be with the difference that it would make."""
    if not done.fixed:
        left = count(len(done.agent.problems), "problem")
        return f"Nothing that can be mended without its author; {left} in all, see get_agent."
    rules = clip(", ".join(done.fixed), 120)
    if done.dry_run:
        shown = quoted(done.diff, DIFF, "action='fix' makes it", "diff")
        return f"Nothing was written. action='fix' would mend {rules}:\n\n{shown}"
    return saved(done.agent, f"Fixed {rules}; before: version {done.kept_version}. Now")


RESTART = (
    "Claude Code sees it within seconds; a session that is older than .claude/agents itself, "
    "after a restart."
)


@legibly
def deleted(name: str) -> str:
    return clip(
        f"Deleted agent {clip(name, 100)}; its last contents are kept. Claude Code notices within "
        "seconds.",
        ACKNOWLEDGEMENT,
    )
