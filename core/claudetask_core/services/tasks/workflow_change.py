"""Gives the board the columns of the workflow, and carries its tasks over, all or none."""

from collections.abc import Mapping

from sqlalchemy import delete, func, insert, select, update

from claudetask_core.db.engine import Database, WriteSession
from claudetask_core.db.models import StatusRow, TaskRow
from claudetask_core.errors import Conflict
from claudetask_core.schemas.workflow import HOLDS_CLAIM, Kind, Workflow
from claudetask_core.services.tasks import claims
from claudetask_core.services.tasks.claims import Caller, Lease
from claudetask_core.services.tasks.history import Change
from claudetask_core.services.tasks.moves import completed
from claudetask_core.services.tasks.rows import WHOLE
from claudetask_core.services.tasks.workflow import as_columns, columns
from claudetask_core.services.tasks.writes import TaskWrites

AUTHOR = Caller("workflow")
REASON = "the board's workflow was changed"
ASIDE = 1000
"""Added to the positions of the former columns, whose places are being taken."""


class WorkflowLosesTasks(Conflict):
    code = "workflow_loses_tasks"

    def __init__(self, lost: Mapping[str, int]) -> None:
        listed = ", ".join(f"{count} in {name}" for name, count in lost.items())
        first = next(iter(lost))
        super().__init__(
            f"The workflow of .claudetask/config.toml has no place for tasks on the board: "
            f"{listed}. Nothing was changed.",
            next_step=f'Say where they go: was = ["{first}"] in one of [[workflow.status]].',
            tasks=dict(lost),
        )


async def adopt(database: Database, writes: TaskWrites) -> None:
    """Makes the board's columns those of the workflow.

    Raises:
        WorkflowLosesTasks: Tasks stand in a column that is neither kept nor renamed.
    """
    workflow = writes.workflow
    async with database.read() as session:
        if await columns(session) == as_columns(workflow):
            return
    async with database.write() as session:
        former = await columns(session)
        if former != as_columns(workflow):
            await _change(session, writes, {name: Kind(kind) for name, kind, _ in former})


async def _change(session: WriteSession, writes: TaskWrites, former: dict[str, Kind]) -> None:
    workflow = writes.workflow
    targets = _targets(workflow, former)
    await _refuse_loss(session, [name for name in former if targets[name] is None])
    await session.execute(update(StatusRow).values(position=StatusRow.position + ASIDE))
    for position, (name, kind, offered) in enumerate(as_columns(workflow)):
        values = {"position": position, "kind": kind, "offered": offered}
        if name in former:
            await session.execute(update(StatusRow).where(StatusRow.name == name).values(values))
        else:
            await session.execute(insert(StatusRow).values(name=name, **values))
    for former_name, former_kind in former.items():
        target = targets[former_name]
        if target is not None and (target, workflow.kind(target)) != (former_name, former_kind):
            await _carry_over(session, writes, former_name, former_kind, target)
    await session.execute(
        delete(StatusRow).where(StatusRow.name.not_in([str(s) for s in workflow.statuses]))
    )


def _targets(workflow: Workflow, former: Mapping[str, Kind]) -> dict[str, str | None]:
    """Where each former column's tasks go; None where the workflow does not say."""
    renamed = {str(old): str(column.name) for column in workflow.status for old in column.was}
    kept = set(map(str, workflow.statuses))
    return {name: name if name in kept else renamed.get(name) for name in former}


async def _refuse_loss(session: WriteSession, gone: list[str]) -> None:
    rows = await session.execute(
        select(TaskRow.status, func.count())
        .where(TaskRow.status.in_(gone))
        .group_by(TaskRow.status)
    )
    lost = {status: count for status, count in rows.all()}  # noqa: C416 — pyright wants them named
    if lost:
        raise WorkflowLosesTasks(lost)


async def _carry_over(
    session: WriteSession, writes: TaskWrites, name: str, kind: Kind, target: str
) -> None:
    lease = writes.lease()
    rows = await session.scalars(select(TaskRow).where(TaskRow.status == name).options(*WHOLE))
    for row in rows.all():
        changes = _moved(row, kind, target, writes.workflow, lease)
        await writes.finish(session, row, changes, AUTHOR, lease)


def _moved(row: TaskRow, kind: Kind, target: str, workflow: Workflow, lease: Lease) -> list[Change]:
    """The task in its new column; what the two kinds have in common, it keeps."""
    changes: list[Change] = []
    if row.status != target:
        changes.append(Change("migrated", "status", row.status, target, REASON))
        row.status = target
    present = workflow.kind(target)
    if (kind is Kind.DONE) != (present is Kind.DONE):
        changes += completed(row, lease.now if present is Kind.DONE else None)
    if kind in HOLDS_CLAIM and present not in HOLDS_CLAIM:
        changes += claims.release(row)
    return changes
