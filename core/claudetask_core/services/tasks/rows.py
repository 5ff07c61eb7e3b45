"""From rows to tasks and back."""

from typing import Any, Final

from sqlalchemy import bindparam, case, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from claudetask_core.db.models import StatusRow, TaskRow
from claudetask_core.errors import NotFound
from claudetask_core.schemas.task import (
    Criterion,
    Priority,
    Status,
    Task,
    TaskType,
)

WHOLE = (
    selectinload(TaskRow.criteria),
    selectinload(TaskRow.dependencies),
    selectinload(TaskRow.files),
)

STATUS_RANK = (
    select(StatusRow.position)
    .where(StatusRow.name == TaskRow.status)
    .correlate(TaskRow)
    .scalar_subquery()
)
PRIORITY_RANK = case({str(p): i for i, p in enumerate(Priority)}, value=TaskRow.priority)


class TaskNotFound(NotFound):
    code = "task_not_found"

    def __init__(self, task_id: int) -> None:
        super().__init__(
            f"There is no task #{task_id}.",
            next_step="List the tasks (list_tasks) to see which there are.",
            task_id=task_id,
        )


HANGING: Final = (TaskRow.criteria, TaskRow.dependencies, TaskRow.files)
LOADED: Final = select(TaskRow, *(hanging.any() for hanging in HANGING)).where(
    TaskRow.id == bindparam("task_id")
)
"""A row, and which kinds of rows hang on it: of most tasks none or one does."""
THERE: Final = select(TaskRow.id).where(TaskRow.id == bindparam("task_id"))


async def load(session: AsyncSession, task_id: int) -> TaskRow:
    """The row with all that hangs on it, to be written.

    Raises:
        TaskNotFound: There is none.
    """
    found = (await session.execute(LOADED, {"task_id": task_id})).one_or_none()
    if found is None:
        raise TaskNotFound(task_id)
    row, *hang = found
    unloaded = inspect(row).unloaded
    there: list[Any] = []
    for hanging, some in zip(HANGING, hang, strict=True):
        if some:
            there.append(selectinload(hanging))
        elif hanging.key in unloaded:
            set_committed_value(row, hanging.key, [])
    if there:
        await session.scalar(select(TaskRow).where(TaskRow.id == task_id).options(*there))
    return row


async def require(session: AsyncSession, task_id: int) -> None:
    """Raises TaskNotFound where there is no task of this number."""
    if await session.scalar(THERE, {"task_id": task_id}) is None:
        raise TaskNotFound(task_id)


def criteria_of(row: TaskRow) -> list[Criterion]:
    return [
        Criterion(id=c.id, text=c.text, checked=c.checked, evidence=c.evidence)
        for c in row.criteria
    ]


def criteria_json(row: TaskRow) -> list[dict[str, Any]]:
    """The criteria as the history keeps them."""
    return [criterion.model_dump() for criterion in criteria_of(row)]


def to_task(row: TaskRow) -> Task:
    return Task(
        id=row.id,
        title=row.title,
        description=row.description,
        type=TaskType(row.type),
        priority=Priority(row.priority),
        status=Status(row.status),
        analysis=row.analysis,
        git_branch=row.git_branch,
        parent_id=row.parent_id,
        depends_on=[d.depends_on_id for d in row.dependencies],
        acceptance_criteria=criteria_of(row),
        notes_count=row.notes_count,
        related_files=[f.path for f in row.files],
        claimed_by=row.claimed_by,
        claim_expires_at=row.claim_expires_at,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        completed_at=row.completed_at,
    )
