"""Completes task numbers and agents' names while somebody types them."""

from typing import TYPE_CHECKING, Any

from mcp.server import ServerRequestContext
from mcp.types import CompleteRequestParams, CompleteResult, Completion

from claudetask_core.errors import DomainError
from claudetask_mcp import errors
from claudetask_mcp.app import App

if TYPE_CHECKING:
    from claudetask_core.core import Core

MOST = 100
TYPED = 200


async def complete(
    ctx: ServerRequestContext[App, Any], params: CompleteRequestParams
) -> CompleteResult:
    """Up to 100 values, best first.

    A task is found by how its number begins or by words of its title; open ones come first.
    """
    try:
        core = await ctx.lifespan_context.lazy.get()
        match params.argument.name:
            case "task_id":
                typed = params.argument.value.strip().removeprefix("#")
                numbers, total = await core.tasks.complete(typed[:TYPED], limit=MOST)
                values = [str(number) for number in numbers]
            case "name":
                values = await _agents(core, params.argument.value)
                total = len(values)
            case _:
                values, total = [], 0
    except DomainError as error:
        raise errors.protocol_error(error) from None
    shown = values[:MOST]
    return CompleteResult(
        completion=Completion(values=shown, total=total, has_more=total > len(shown))
    )


async def _agents(core: "Core", typed: str) -> list[str]:
    names = dict.fromkeys(agent.name for agent in await core.agents.find())
    return [name for name in names if name.lower().startswith(typed.lower())]
