"""The tools that look at the board and take from it."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from claudetask_core.schemas.task import (
    FilterText,
    PackTokens,
    Page,
    Priority,
    SimilarCount,
    SimilarQuery,
    Status,
    TaskFilter,
    TaskType,
)
from claudetask_core.schemas.token import TokenScope
from claudetask_core.services.access.rate_limit import RateClass
from claudetask_mcp import cursor as cursors
from claudetask_mcp.app import visit
from claudetask_mcp.arguments import ABSENT, given
from claudetask_mcp.render import task_lists, tasks
from claudetask_mcp.tool import Spec
from claudetask_mcp.tools.parameters import Agent, Number


async def get_next_task(
    ctx: Context[Any],
    claim: Annotated[bool, Field(description="Take it: it is claimed for you")] = False,
    agent: Agent = ABSENT,
) -> str:
    """The task to work on next and why: the highest priority that is neither blocked nor taken.
    With claim=true it is yours until the lease ends; any call of yours on it renews the lease.
    """
    here = await visit(ctx, agent)
    answer = await here.core.queue.next(here.caller, claim=claim)
    return tasks.next_task(answer, here.caller.name)


async def list_tasks(
    ctx: Context[Any],
    status: Annotated[Status | None, Field(description="Only in this column")] = None,
    type: Annotated[TaskType | None, Field(description="Only these")] = None,  # noqa: A002 — the parameter's public name
    priority: Annotated[Priority | None, Field(description="Only these")] = None,
    query: Annotated[FilterText, Field(description="Text in title or description")] = ABSENT,
    limit: Annotated[int, Field(ge=1, le=200, description="How many at most")] = 50,
    cursor: Annotated[str, Field(description="From the answer before, to go on")] = ABSENT,
) -> str:
    """List tasks by number, one line each: number, status (* = claimed), priority, title. Ends
    with the total and, where there is more, the cursor of the next part.
    """
    here = await visit(ctx)
    wanted = TaskFilter(**given(status=status, type=type, priority=priority, q=query or None))
    after = cursors.read(cursor, wanted) if cursor else 0
    page = await here.core.tasks.find(wanted, Page(limit=limit + 1, after_id=after))
    shown, more = page.tasks[:limit], len(page.tasks) > limit
    following = cursors.make(shown[-1].id, wanted) if more else None
    return task_lists.listed(shown, page.total, following, wanted.q)


async def get_task(
    ctx: Context[Any],
    task_id: Number,
    pack: Annotated[
        PackTokens | None, Field(description="Instead a briefing of so many tokens, for a subagent")
    ] = None,
) -> str:
    """Everything about one task: description, acceptance criteria with their numbers and
    evidence, dependencies, subtasks, claim, analysis, latest notes, its branch's commits, version.
    """
    here = await visit(ctx)
    if pack is not None:
        await here.core.tasks.get(task_id, here.caller)  # renews the claim of its holder
        return (await here.core.pack.pack(task_id, pack)).text
    details = await here.core.tasks.details(task_id, here.caller)
    task = details.task
    fit = None if task.completed_at else await here.core.recommend.agent_for(task)
    branch = await here.core.branches.find(task.git_branch)
    return tasks.whole(details, fit, branch)


async def find_similar_tasks(
    ctx: Context[Any],
    query: Annotated[
        SimilarQuery, Field(description="A few words or a task's text, up to 2,000 characters")
    ],
    top_k: Annotated[SimilarCount, Field(description="How many at most")] = 10,
    status: Annotated[Status | None, Field(description="Only in this column")] = None,
) -> str:
    """Tasks, done ones too, that resemble a text, and what came of them. Use it before creating
    a task (is it there already?) and before working on one (was the like solved before?).
    """
    here = await visit(ctx)
    wanted = here.core.tasks.known(status)
    return task_lists.similar(await here.core.similar.find(query, top_k=top_k, status=wanted))


BOARD = (
    Spec(
        get_next_task,
        "Next task",
        RateClass.WRITE,
        idempotent=True,
        always_load=True,
        writes=TokenScope.READ,  # to look; claiming needs more, see Access
    ),
    Spec(
        list_tasks, "List tasks", RateClass.READ, read_only=True, idempotent=True, always_load=True
    ),
    Spec(
        get_task, "Show a task", RateClass.READ, read_only=True, idempotent=True, always_load=True
    ),
    Spec(
        find_similar_tasks,
        "Find similar tasks",
        RateClass.SEARCH,
        read_only=True,
        idempotent=True,
        found_by="duplicate duplicates done before backlog ticket issue",
    ),
)
