"""Who works on what: the next task, and giving one back."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.engine import Database
from claudetask_core.db.models import TaskRow
from claudetask_core.schemas.task import NextTask, Task
from claudetask_core.services.tasks import claims
from claudetask_core.services.tasks.asking import next_free
from claudetask_core.services.tasks.claims import Caller, Claimed
from claudetask_core.services.tasks.moves import Move, move
from claudetask_core.services.tasks.reading import read
from claudetask_core.services.tasks.rows import PRIORITY_RANK, WHOLE, load, to_task
from claudetask_core.services.tasks.writes import TaskWrites

HELD = (
    "you hold it already: finish it or move it on before you take another. "
    "If it was not you who took it, call again with an agent name of your own"
)


class QueueService:
    def __init__(self, database: Database, writes: TaskWrites) -> None:
        self._database = database
        self._writes = writes

    async def next(self, caller: Caller, *, claim: bool = False) -> NextTask:
        """The task to do next and why; with `claim` it is moved to In Progress for the caller."""
        if not claim:
            return await self._shown(caller)
        workflow, standing = self._writes.workflow, await self._writes.standing(caller)
        async with self._database.write() as session:
            lease = self._writes.lease()
            mine = await _held(session, workflow.doing, caller.name, lease.now)
            if mine is not None:
                claims.renew(mine, caller, lease)
                return NextTask(task=to_task(mine), reason=HELD, claimed=True)
            number, reason = await next_free(session, lease.now, caller.name)
            if number is None:
                return NextTask(task=None, reason=reason, claimed=False)
            row = await load(session, number)
            step = Move(workflow.doing, caller, lease, standing=standing)
            changes = await move(session, workflow, row, step)
            task = await self._writes.finish(session, row, changes, caller, lease)
            return NextTask(task=task, reason=reason, claimed=True)

    async def _shown(self, caller: Caller) -> NextTask:
        now = self._writes.lease().now
        async with self._database.read() as session:
            number, reason = await next_free(session, now, caller.name)
            task = None if number is None else await read(session, number)
            return NextTask(task=task, reason=reason, claimed=False)

    async def release(self, task_id: int, caller: Caller) -> Task:
        """Gives the claim back; the task stays where it is.

        Raises:
            TaskNotFound: There is none of this number.
            Claimed: Another caller holds it.
        """
        noting = self._writes.noting_refusals(self._database, task_id, caller, "release")
        async with noting, self._database.write() as session:
            lease = self._writes.lease()
            row = await load(session, task_id)
            if claims.held_by_other(row, caller, lease.now):
                raise Claimed(row)
            return await self._writes.finish(session, row, claims.release(row), caller, lease)


async def _held(session: AsyncSession, doing: str, caller: str, now: datetime) -> TaskRow | None:
    """The task the caller holds in progress; of several, the most urgent."""
    return await session.scalar(
        select(TaskRow)
        .where(
            TaskRow.status == doing,
            TaskRow.claimed_by == caller,
            TaskRow.claim_expires_at > now,
            TaskRow.claim_expires_at <= now + claims.CREDIBLE,
        )
        .order_by(PRIORITY_RANK, TaskRow.created_at, TaskRow.id)
        .limit(1)
        .options(*WHOLE)
    )
