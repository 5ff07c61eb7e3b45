"""The tools that write tasks."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from claudetask_core.schemas.task import (
    Analysis,
    Comment,
    Criteria,
    CriterionText,
    Description,
    Evidence,
    NoteText,
    OnDuplicate,
    Priority,
    RelatedFiles,
    Status,
    StatusChange,
    TaskCreate,
    TaskType,
    TaskUpdate,
    Title,
)
from claudetask_core.schemas.token import TokenScope
from claudetask_core.services.access.rate_limit import RateClass
from claudetask_mcp.app import visit
from claudetask_mcp.arguments import ABSENT, NothingToChange, given
from claudetask_mcp.render import project, tasks
from claudetask_mcp.tool import Spec
from claudetask_mcp.tools.parameters import Agent, Criterion, Number, Numbers, Parent


async def create_task(
    ctx: Context[Any],
    title: Annotated[Title, Field(description="Up to 200 characters")],
    description: Annotated[Description, Field(description="Markdown")] = ABSENT,
    type: Annotated[TaskType, Field(description="Kind of work")] = TaskType.FEATURE,  # noqa: A002 — the parameter's public name
    priority: Annotated[Priority, Field(description="How urgent")] = Priority.MEDIUM,
    acceptance_criteria: Annotated[
        list[CriterionText] | None,
        Field(max_length=100, description="What must be true to be Done, one text each"),
    ] = None,
    depends_on: Annotated[Numbers | None, Field(description="Tasks to be Done first")] = None,
    parent_id: Parent | None = None,
    on_duplicate: Annotated[
        OnDuplicate, Field(description="refuse: create nothing if the like exists")
    ] = OnDuplicate.WARN,
    agent: Agent = ABSENT,
) -> str:
    """Create a task on the board, in {start}. The answer has its number and names possible
    duplicates.
    """
    here = await visit(ctx, agent)
    optional = given(
        description=description,
        acceptance_criteria=acceptance_criteria,
        depends_on=depends_on,
        parent_id=parent_id or None,
    )
    data = TaskCreate(title=title, type=type, priority=priority, **optional)
    made = await here.core.tasks.create(data, here.caller, on_duplicate=on_duplicate)
    circle = await here.core.links.waits_for_itself(made.task)
    return tasks.created(made.task, made.duplicates, circle)


async def update_task(
    ctx: Context[Any],
    task_id: Number,
    title: Annotated[Title, Field(description="New title")] = ABSENT,
    description: Annotated[Description, Field(description="Replaces it")] = ABSENT,
    type: Annotated[TaskType | None, Field(description="New type")] = None,  # noqa: A002 — the parameter's public name
    priority: Annotated[Priority | None, Field(description="New priority")] = None,
    analysis: Annotated[Analysis, Field(description="Findings; empty removes")] = ABSENT,
    git_branch: Annotated[str, Field(description="Empty removes")] = ABSENT,
    parent_id: Parent | None = None,
    depends_on: Annotated[Numbers | None, Field(description="Replaces the list")] = None,
    acceptance_criteria: Annotated[
        Criteria | None,
        Field(description="Replaces the list; an item with its id stays the same criterion"),
    ] = None,
    related_files: Annotated[RelatedFiles | None, Field(description="Replaces the list")] = None,
    note: Annotated[NoteText, Field(description="Appended; never replaces one")] = ABSENT,
    check: Annotated[
        dict[Criterion, Evidence] | None,
        Field(description='Criterion number to the evidence that it is met: {"2": "3 tests pass"}'),
    ] = None,
    version: Annotated[
        int | None, Field(ge=1, description="Refuse if the task is no longer at this one")
    ] = None,
    force_reason: Annotated[Comment, Field(description="Overrides another's claim")] = ABSENT,
    agent: Agent = ABSENT,
) -> str:
    """Change a task; what is left out stays as it is. Append a note to say what you did, check
    criteria with evidence. For the status use update_task_status.
    """
    here = await visit(ctx, agent)
    changes = given(
        title=title,
        description=description,
        type=type,
        priority=priority,
        depends_on=depends_on,
        acceptance_criteria=acceptance_criteria,
        related_files=related_files,
        note=note,
        check=check,
    )
    emptied = given(analysis=analysis, git_branch=git_branch, parent_id=parent_id)
    changes |= {name: value or None for name, value in emptied.items()}
    if not changes:
        raise NothingToChange(
            "update_task was given nothing to change.",
            next_step="Give at least one field, a note or a check.",
        )
    data = TaskUpdate(**changes, **given(force_reason=force_reason))
    written = await here.core.tasks.write(task_id, data, here.caller, expected_version=version)
    linked = not {"depends_on", "parent_id"}.isdisjoint(changes)
    circle = await here.core.links.waits_for_itself(written.task) if linked else ""
    return tasks.updated(written, list(changes), merged=version is None, circle=circle)


async def update_task_status(
    ctx: Context[Any],
    task_id: Number,
    status: Annotated[Status, Field(description="Where to")],
    comment: Annotated[Comment, Field(description="Kept as a note")] = ABSENT,
    force_reason: Annotated[
        Comment, Field(description="Overrides a refusal; recorded in the history")
    ] = ABSENT,
    agent: Agent = ABSENT,
) -> str:
    """Move a task on the board; {doing} claims it for you. Usual way: {way}. {done} needs every
    criterion checked (update_task) and its dependencies {done}. A refusal names the moves there
    are.
    """
    here = await visit(ctx, agent)
    change = StatusChange(status=status, **given(comment=comment, force_reason=force_reason))
    task = await here.core.tasks.move(task_id, change, here.caller)
    around = tasks.ALONE if task.completed_at else await here.core.links.around(task)
    return tasks.moved(task, here.caller.name, around)


async def delete_task(ctx: Context[Any], task_id: Number) -> str:
    """Delete a task for good, also from the dependencies of others. Its history is kept."""
    here = await visit(ctx)
    return tasks.deleted(await here.core.tasks.delete(task_id, here.caller))


async def analyze_task(
    ctx: Context[Any],
    task_id: Number,
    wait: Annotated[bool, Field(description="Answer when it has ended")] = False,
) -> str:
    """Have a read-only Claude study the code for a task, in the background; its findings become
    the task's analysis. Takes minutes and costs money: use it where a task is unclear or large.
    """
    here = await visit(ctx)
    job = await here.core.analysis.start(task_id, here.caller)
    if not wait:
        return project.started(job)
    told = -1.0
    async for job in here.core.analysis.follow(job.id):  # noqa: B020 — the same job, as it goes on
        if job.progress > told:
            told = job.progress
            await ctx.report_progress(job.progress, 1.0, job.message)
    return project.ended(job)


TASKS = (
    Spec(
        create_task,
        "Create a task",
        RateClass.WRITE,
        always_load=True,
        writes=TokenScope.WRITE,
    ),
    Spec(
        update_task,
        "Change a task",
        RateClass.WRITE,
        destructive=True,
        found_by="note criterion evidence progress edit todo ticket issue",
        writes=TokenScope.WRITE,
    ),
    Spec(
        update_task_status,
        "Move a task",
        RateClass.WRITE,
        always_load=True,
        writes=TokenScope.WRITE,
    ),
    Spec(
        delete_task,
        "Delete a task",
        RateClass.WRITE,
        destructive=True,
        idempotent=True,
        found_by="remove todo ticket issue",
        writes=TokenScope.WRITE,
    ),
    Spec(
        analyze_task,
        "Analyze a task",
        RateClass.ANALYSIS,
        destructive=True,
        open_world=True,
        found_by="plan research break down investigate ticket issue",
        writes=TokenScope.WRITE,
    ),
)
