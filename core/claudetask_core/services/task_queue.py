"""Who works on what: the next task, and giving one back."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.engine import Database
from claudetask_core.schemas.task import NextTask, Status, Task
from claudetask_core.services import claims, next_task
from claudetask_core.services.claims import Caller, Claimed
from claudetask_core.services.moves import Move, move
from claudetask_core.services.task_rows import load, to_task
from claudetask_core.services.task_writes import TaskWrites


class QueueService:
    def __init__(self, database: Database, writes: TaskWrites) -> None:
        self._database = database
        self._writes = writes

    async def next(self, caller: Caller, *, claim: bool = False) -> NextTask:
        """The task to do next; with `claim` it is moved to In Progress for the caller."""
        lease = self._writes.lease()
        if not claim:
            async with self._database.read() as session:
                found = await next_task.first_free(session, lease.now)
                if found is None:
                    return await _none(session, lease.now)
                return NextTask(task=to_task(found[0]), reason=next_task.why(*found), claimed=False)
        async with self._database.write() as session:
            mine = await next_task.held(session, caller.name, lease.now)
            if mine is not None:
                claims.renew(mine, caller, lease)
                reason = "you hold it already: finish it or move it on before you take another"
                return NextTask(task=to_task(mine), reason=reason, claimed=True)
            found = await next_task.first_free(session, lease.now)
            if found is None:
                return await _none(session, lease.now)
            reason = next_task.why(*found)
            changes = await move(session, found[0], Move(Status.IN_PROGRESS, caller, lease))
            task = await self._writes.finish(session, found[0], changes, caller, lease)
            return NextTask(task=task, reason=reason, claimed=True)

    async def release(self, task_id: int, caller: Caller) -> Task:
        """Gives the claim back; the task stays where it is.

        Raises:
            TaskNotFound: There is none of this number.
            Claimed: Another caller holds it.
        """
        lease = self._writes.lease()
        async with self._database.write() as session:
            row = await load(session, task_id)
            if claims.held_by_other(row, caller, lease.now):
                raise Claimed(row)
            return await self._writes.finish(session, row, claims.release(row), caller, lease)


async def _none(session: AsyncSession, now: datetime) -> NextTask:
    reason = f"No task is free: {await next_task.why_none(session, now)}."
    return NextTask(task=None, reason=reason, claimed=False)
