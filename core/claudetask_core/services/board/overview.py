"""The board from above: what a screen that shows all of it needs, and no more."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, cast, func, select

from claudetask_core.db.engine import Database, ReadSession
from claudetask_core.db.models import CriterionRow, DependencyRow, EventRow, HistoryRow, TaskRow
from claudetask_core.schemas.overview import (
    Activity,
    ActivityPage,
    Card,
    Cards,
    Columns,
    StatusRules,
)
from claudetask_core.schemas.task import Priority, TaskFilter, TaskType
from claudetask_core.schemas.workflow import HOLDS_CLAIM, Status, Workflow
from claudetask_core.services.access.audit import by, short
from claudetask_core.services.tasks.listing import matching

PLAIN: tuple[Any, ...] = (
    TaskRow.id,
    TaskRow.title,
    TaskRow.type,
    TaskRow.priority,
    TaskRow.status,
    TaskRow.git_branch,
    TaskRow.parent_id,
    TaskRow.notes_count,
    TaskRow.claimed_by,
    TaskRow.claim_expires_at,
    TaskRow.version,
    TaskRow.created_at,
    TaskRow.updated_at,
    TaskRow.completed_at,
)


class OverviewService:
    def __init__(self, database: Database, workflow: Workflow) -> None:
        self._database = database
        self._workflow = workflow

    def columns(self) -> Columns:
        """The columns with their moves, and the names of types and priorities."""
        return Columns(
            statuses=[
                StatusRules(
                    name=Status(column.name),
                    kind=column.kind,
                    moves=[Status(name) for name in column.moves],
                    holds_claim=column.kind in HOLDS_CLAIM,
                )
                for column in self._workflow.status
            ],
            types=list(TaskType),
            priorities=list(Priority),
        )

    async def cards(self, wanted: TaskFilter, ids: Sequence[int] | None = None) -> Cards:
        """Every matching task as a card, in one state of the board; `ids` narrows it to these."""
        async with self._database.read() as session:
            statement = (await matching(session, select(*PLAIN), wanted)).order_by(TaskRow.id)
            if ids is not None:
                statement = statement.where(TaskRow.id.in_(ids))
            event = await session.scalar(select(func.max(EventRow.seq))) or 0
            rows = (await session.execute(statement)).mappings().all()
            criteria = await _criteria(session)
            dependencies = await _dependencies(session)
        return Cards(
            event=event,
            cards=[
                Card(
                    **row,
                    depends_on=dependencies.get(row["id"], []),
                    criteria=criteria.get(row["id"], (0, 0))[0],
                    criteria_checked=criteria.get(row["id"], (0, 0))[1],
                )
                for row in rows
            ],
        )

    async def activity(self, page: ActivityPage) -> list[Activity]:
        """What changed, newest first, on the whole board or of one task."""
        statement = select(HistoryRow, TaskRow.title).outerjoin(
            TaskRow, TaskRow.id == HistoryRow.task_id
        )
        if page.before is not None:
            statement = statement.where(HistoryRow.id < page.before)
        if page.task_id is not None:
            statement = statement.where(HistoryRow.task_id == page.task_id)
        if page.actor is not None:
            statement = statement.where(by(HistoryRow.actor, page.actor))
        async with self._database.read() as session:
            found = await session.execute(
                statement.order_by(HistoryRow.id.desc()).limit(page.limit)
            )
            return [_activity(row, title) for row, title in found.all()]


async def _criteria(session: ReadSession) -> dict[int, tuple[int, int]]:
    """How many criteria each task has, and how many of them are checked."""
    rows = await session.execute(
        select(
            CriterionRow.task_id, func.count(), func.sum(cast(CriterionRow.checked, Integer))
        ).group_by(CriterionRow.task_id)
    )
    return {task_id: (count, int(checked)) for task_id, count, checked in rows.all()}


async def _dependencies(session: ReadSession) -> dict[int, list[int]]:
    rows = await session.execute(
        select(DependencyRow.task_id, DependencyRow.depends_on_id).order_by(
            DependencyRow.depends_on_id
        )
    )
    found: dict[int, list[int]] = defaultdict(list)
    for task_id, needed in rows.all():
        found[task_id].append(needed)
    return found


def _activity(row: HistoryRow, title: str | None) -> Activity:
    whole: dict[str, str] = (row.old or {}) if row.action == "deleted" else {}
    return Activity(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        field=row.field,
        old=short(row.old),
        new=short(row.new),
        reason=row.reason,
        task_id=row.task_id,
        title=title or whole.get("title"),
    )
