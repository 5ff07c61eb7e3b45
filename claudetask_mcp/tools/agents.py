"""The tools for Claude Code's subagent files."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from claudetask_core.errors import Invalid, NotFound
from claudetask_core.schemas.agent import (
    AgentCreate,
    AgentDescription,
    AgentPrompt,
    AgentUpdate,
    Scope,
    ToolName,
)
from claudetask_core.services.rate_limit import RateClass
from claudetask_mcp.app import Visit, visit
from claudetask_mcp.render import agents
from claudetask_mcp.tool import ABSENT, Spec, given

Name = Annotated[str, Field(min_length=1, max_length=300, description="The agent's name")]


class AgentIncomplete(Invalid):
    code = "agent_incomplete"


async def list_agents(ctx: Context[Any]) -> str:
    """List the subagents of Claude Code, the project's and the user's, with what they are for."""
    here = await visit(ctx)
    return agents.listed(await here.core.agents.find())


async def get_agent(ctx: Context[Any], name: Name) -> str:
    """Show an agent: description, tools, model, prompt, and what is wrong with its file."""
    here = await visit(ctx)
    return agents.whole(await here.core.agents.get(name))


async def save_agent(
    ctx: Context[Any],
    name: Name,
    description: Annotated[AgentDescription, Field(description="When to use it")] = ABSENT,
    prompt: Annotated[AgentPrompt, Field(description="Its system prompt, Markdown")] = ABSENT,
    tools: Annotated[
        list[ToolName] | None, Field(max_length=200, description="Absent: all tools")
    ] = None,
    model: Annotated[str, Field(description="e.g. sonnet, inherit")] = ABSENT,
    skills: Annotated[
        list[ToolName] | None, Field(max_length=100, description="Skills loaded with it")
    ] = None,
    expected_hash: Annotated[
        str, Field(description="Refuse if the file is no longer this one")
    ] = ABSENT,
) -> str:
    """Create an agent (.claude/agents/NAME.md; needs description and prompt) or change what you
    give of an existing one; all else in its file stays, and the file before is kept.
    """
    here = await visit(ctx)
    fields = given(
        description=description, prompt=prompt, tools=tools, model=model or None, skills=skills
    )
    if not await _is_known(here, name):
        _check_complete(name, fields)
        made = await here.core.agents.create(AgentCreate(name=name, **fields), here.caller.name)
        return agents.saved(made, new=True)
    changed = await here.core.agents.update(
        name, AgentUpdate(**fields), here.caller.name, expected_hash=expected_hash or None
    )
    return agents.saved(changed, new=False)


async def _is_known(here: Visit, name: str) -> bool:
    """Whether the project has the agent; the user's own of that name may be overridden."""
    try:
        return (await here.core.agents.get(name)).scope is Scope.PROJECT
    except NotFound:
        return False


def _check_complete(name: str, fields: dict[str, Any]) -> None:
    missing = [field for field in ("description", "prompt") if field not in fields]
    if missing:
        raise AgentIncomplete(
            f"The project has no agent {name[:100]!r} yet, and a new one needs "
            f"{' and '.join(missing)}.",
            next_step="Give them, or look up the name with list_agents.",
        )


async def delete_agent(ctx: Context[Any], name: Name) -> str:
    """Delete a project agent's file. Its contents are kept and can be restored."""
    here = await visit(ctx)
    await here.core.agents.delete(name, here.caller.name)
    return agents.deleted(name)


AGENTS = (
    Spec(list_agents, "List agents", RateClass.READ, read_only=True, idempotent=True),
    Spec(get_agent, "Show an agent", RateClass.READ, read_only=True, idempotent=True),
    Spec(save_agent, "Save an agent", RateClass.WRITE, destructive=True, idempotent=True),
    Spec(delete_agent, "Delete an agent", RateClass.WRITE, destructive=True, idempotent=True),
)
