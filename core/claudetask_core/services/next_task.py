"""Which task to do next, and why there may be none.

Free are the unblocked tasks in Ready or Backlog that nobody holds, and those abandoned in progress
(their claim ran out or was released), but no parent of open subtasks. Order: priority, then
abandoned before Ready before Backlog, then how many open tasks wait for it, then age.
"""

from datetime import datetime

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from claudetask_core.db.models import DependencyRow, TaskRow
from claudetask_core.schemas.task import Status
from claudetask_core.services.task_rows import PRIORITY_RANK, WHOLE

Other = aliased(TaskRow)

_OFFERED = (Status.READY.value, Status.BACKLOG.value, Status.IN_PROGRESS.value)
_BLOCKED = exists(
    select(DependencyRow.task_id)
    .join(Other, Other.id == DependencyRow.depends_on_id)
    .where(DependencyRow.task_id == TaskRow.id, Other.status != Status.DONE.value)
)
_HAS_OPEN_SUBTASKS = exists(
    select(Other.id).where(Other.parent_id == TaskRow.id, Other.status != Status.DONE.value)
)
_UNBLOCKS = (
    select(func.count())
    .select_from(DependencyRow)
    .join(Other, Other.id == DependencyRow.task_id)
    .where(DependencyRow.depends_on_id == TaskRow.id, Other.status != Status.DONE.value)
    .correlate(TaskRow)
    .scalar_subquery()
)
_STATUS_ORDER = case(
    (TaskRow.status == Status.IN_PROGRESS.value, 0),
    (TaskRow.status == Status.READY.value, 1),
    else_=2,
)
_ORDER = (PRIORITY_RANK, _STATUS_ORDER, _UNBLOCKS.desc(), TaskRow.created_at, TaskRow.id)


async def held(session: AsyncSession, caller: str, now: datetime) -> TaskRow | None:
    """The first task the caller holds in progress."""
    return await session.scalar(
        select(TaskRow)
        .where(
            TaskRow.status == Status.IN_PROGRESS.value,
            TaskRow.claimed_by == caller,
            TaskRow.claim_expires_at > now,
        )
        .order_by(*_ORDER)
        .limit(1)
        .options(*WHOLE)
    )


async def first_free(session: AsyncSession, now: datetime) -> tuple[TaskRow, int] | None:
    """The next free task and how many open tasks wait for it."""
    unheld = or_(TaskRow.claimed_by.is_(None), TaskRow.claim_expires_at <= now)
    found = await session.execute(
        select(TaskRow, _UNBLOCKS)
        .where(TaskRow.status.in_(_OFFERED), unheld, ~_BLOCKED, ~_HAS_OPEN_SUBTASKS)
        .order_by(*_ORDER)
        .limit(1)
        .options(*WHOLE)
    )
    row = found.first()
    return None if row is None else (row[0], row[1])


def why(row: TaskRow, unblocks: int) -> str:
    """The choice in a phrase."""
    parts = [f"{row.priority} priority"]
    if row.status == Status.IN_PROGRESS.value:
        former = f" by {row.claimed_by}" if row.claimed_by else ""
        parts.append(f"left in progress{former}")
    else:
        parts.append(f"in {row.status}")
    if unblocks:
        parts.append("1 other waits for it" if unblocks == 1 else f"{unblocks} others wait for it")
    return ", ".join(parts)


async def why_none(session: AsyncSession, now: datetime) -> str:
    """What became of the tasks that might have been offered."""
    claimed = and_(TaskRow.claimed_by.is_not(None), TaskRow.claim_expires_at > now)
    offered = TaskRow.status.in_(_OFFERED)
    counts = await session.execute(
        select(
            func.count(),
            func.count(case((offered & claimed, 1))),
            func.count(case((offered & ~claimed & _BLOCKED, 1))),
            func.count(case((offered & ~claimed & ~_BLOCKED & _HAS_OPEN_SUBTASKS, 1))),
            func.count(case((TaskRow.status == Status.DONE.value, 1))),
            func.count(case((~offered & (TaskRow.status != Status.DONE.value), 1))),
        ).select_from(TaskRow)
    )
    total, held_count, blocked, parents, done, elsewhere = counts.one()
    if total == 0:
        return "the board is empty; create a task with create_task"
    phrases = [
        f"{held_count} claimed by others" if held_count else "",
        f"{blocked} waiting for dependencies" if blocked else "",
        f"{parents} waiting for subtasks" if parents else "",
        f"{elsewhere} in Analysis, Testing or Code Review" if elsewhere else "",
        f"{done} Done" if done else "",
    ]
    return ", ".join(phrase for phrase in phrases if phrase)
