"""Completes task numbers and agents' names while somebody types them."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from mcp.server import ServerRequestContext
from mcp.types import CompleteRequestParams, CompleteResult, Completion

from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import Page, Task, TaskFilter
from claudetask_mcp import errors
from claudetask_mcp.app import App

if TYPE_CHECKING:
    from claudetask_core.core import Core

MOST = 100
PAGE = 500


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
                values = await _tasks(core, params.argument.value.strip().removeprefix("#"))
            case "name":
                values = await _agents(core, params.argument.value)
            case _:
                values = []
    except DomainError as error:
        raise errors.protocol_error(error) from None
    shown = values[:MOST]
    return CompleteResult(
        completion=Completion(values=shown, total=len(values), has_more=len(values) > len(shown))
    )


async def _tasks(core: "Core", typed: str) -> list[str]:
    by_number = typed.isdigit() or not typed
    wanted = TaskFilter() if by_number else TaskFilter(q=typed[:500])
    found = [
        task
        async for task in _each(core, wanted)
        if not by_number or str(task.id).startswith(typed)
    ]
    found.sort(key=lambda task: (task.completed_at is not None, task.id))
    return [str(task.id) for task in found]


async def _each(core: "Core", wanted: TaskFilter) -> AsyncIterator[Task]:
    after = 0
    while True:
        page = await core.tasks.find(wanted, Page(limit=PAGE, after_id=after))
        for task in page.tasks:
            yield task
        if len(page.tasks) < PAGE:
            return
        after = page.tasks[-1].id


async def _agents(core: "Core", typed: str) -> list[str]:
    names = dict.fromkeys(agent.name for agent in await core.agents.find())
    return [name for name in names if name.lower().startswith(typed.lower())]
