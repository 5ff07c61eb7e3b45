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
from claudetask_core.services.access.rate_limit import RateClass
from claudetask_core.services.agents.templates import TEMPLATES
from claudetask_mcp.app import Visit, visit
from claudetask_mcp.arguments import ABSENT, NothingToChange, given
from claudetask_mcp.render import agents
from claudetask_mcp.tool import Spec

Name = Annotated[str, Field(min_length=1, max_length=300, description="The agent's name")]


class AgentIncomplete(Invalid):
    code = "agent_incomplete"


class ActionUnknown(Invalid):
    code = "action_unknown"


async def list_agents(
    ctx: Context[Any],
    problems: Annotated[bool, Field(description="Show instead what is wrong with each")] = False,
) -> str:
    """List the subagents of Claude Code, the project's and the user's, with what they are for."""
    here = await visit(ctx)
    found = await here.core.agents.find()
    return agents.checked(found) if problems else agents.listed(found)


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
    action: Annotated[
        str,
        Field(
            description="Instead: fix | fix? (only show) | rename NEW | restore VERSION (or last)"
            f" | install (our {'/'.join(TEMPLATES)})"
        ),
    ] = ABSENT,
) -> str:
    """Create an agent (.claude/agents/NAME.md; needs description and prompt) or change what you
    give of an existing one; all else in its file stays, and the file before is kept.
    """
    here = await visit(ctx)
    fields = given(
        description=description, prompt=prompt, tools=tools, model=model or None, skills=skills
    )
    if action:
        _refuse_both(fields)
        return await _act(here, name, action, expected_hash or None)
    if not await _is_known(here, name):
        _check_complete(name, fields)
        made = await here.core.agents.create(AgentCreate(name=name, **fields), here.caller.name)
        return agents.saved(made, "Created")
    if not fields:
        raise NothingToChange(
            "save_agent was given nothing to change.",
            next_step="Give description, prompt, tools, model, skills or an action.",
        )
    changed = await here.core.agents.update(
        name, AgentUpdate(**fields), here.caller.name, expected_hash=expected_hash or None
    )
    return agents.saved(changed, "Updated")


async def _act(here: Visit, name: str, action: str, expected_hash: str | None) -> str:
    verb, _, value = action.strip().partition(" ")
    service, caller = here.core.agents, here.caller.name
    if verb in {"fix", "fix?"}:
        fixed = await service.fix(name, caller, expected_hash=expected_hash, dry_run=verb == "fix?")
        return agents.fixed(fixed)
    if verb == "install":
        return agents.saved(await service.install(name, caller), "Installed")
    if verb == "rename" and value:
        renamed = AgentUpdate(name=value.strip())
        moved = await service.update(name, renamed, caller, expected_hash=expected_hash)
        return agents.saved(moved, f"Renamed {name[:100]} to")
    if verb == "restore" and value:
        return agents.saved(await service.restore(name, value.strip(), caller), "Restored")
    raise ActionUnknown(
        f"save_agent has no action {action[:60]!r}.",
        next_step="Give fix, fix?, rename NEW, restore VERSION, restore last or install.",
    )


def _refuse_both(fields: dict[str, Any]) -> None:
    if fields:
        raise ActionUnknown(
            f"save_agent takes either action or {', '.join(fields)}, not both.",
            next_step="Make two calls of it.",
        )


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
    Spec(
        list_agents,
        "List agents",
        RateClass.READ,
        read_only=True,
        idempotent=True,
        found_by="subagent subagents .claude/agents overview",
    ),
    Spec(
        get_agent,
        "Show an agent",
        RateClass.READ,
        read_only=True,
        idempotent=True,
        found_by="subagent .claude/agents prompt read",
    ),
    Spec(
        save_agent,
        "Save an agent",
        RateClass.WRITE,
        destructive=True,
        idempotent=True,
        found_by="subagent .claude/agents create edit write new fix rename restore",
    ),
    Spec(
        delete_agent,
        "Delete an agent",
        RateClass.WRITE,
        destructive=True,
        idempotent=True,
        found_by="subagent .claude/agents remove",
    ),
)
