"""The rows of jobs: each change of status is one transaction with its event.

A finished job never changes again, and only its owner moves it on, so that processes sharing a
board do not overwrite each other.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from sqlalchemy import or_, select, tuple_

from claudetask_core.clock import Clock
from claudetask_core.db.engine import Database, WriteSession
from claudetask_core.db.models import JobRow, TaskRow
from claudetask_core.schemas.event import EventType
from claudetask_core.schemas.job import ACTIVE, Job, JobStatus
from claudetask_core.services.analysis.owner import Watch, this_process
from claudetask_core.services.analysis.rows import (
    AnalysisRunning,
    JobFinished,
    JobNotFound,
    to_job,
)
from claudetask_core.services.events import STEP, EventService
from claudetask_core.services.tasks.claims import Caller
from claudetask_core.services.tasks.rows import TaskNotFound

KIND = "analysis"
HEARTBEAT = timedelta(seconds=5)
UNFINISHED = JobRow.status.in_([status.value for status in ACTIVE])
ATTEMPTS = 2
TAKEN_OVER = "Another server has taken it over."
SERVER_GONE = "The server that ran it ended. Start the analysis again."


class Turn(Enum):
    """Whether a job may run."""

    NOW = auto()
    LATER = auto()
    GONE = auto()
    """It is not queued any more, or not by this process."""


@dataclass(frozen=True)
class Progress:
    """How far a running job is."""

    progress: float
    message: str
    turns: int | None
    tokens: int | None


@dataclass(frozen=True)
class Ending:
    """How a job ends."""

    status: JobStatus
    message: str
    error: str | None = None
    cost_usd: float | None = None
    turns: int | None = None
    tokens: int | None = None


@dataclass(frozen=True)
class Order:
    """Why a running job is to be stopped, and who wants it; None where nobody asked."""

    reason: str
    actor: str | None = None


class Jobs:
    """Jobs as this process sees and changes them."""

    def __init__(
        self, database: Database, events: EventService, clock: Clock, *, at_once: int = 1
    ) -> None:
        self._database = database
        self._events = events
        self._clock = clock
        self._here = this_process()
        self._watch = Watch(self._here)
        self._at_once = at_once

    async def get(self, job_id: str) -> Job:
        """A job.

        Raises:
            JobNotFound: There is none of this id.
        """
        async with self._database.read() as session:
            row = await session.get(JobRow, job_id)
        if row is None:
            raise JobNotFound(job_id)
        return to_job(row)

    async def unfinished(self) -> list[Job]:
        """The jobs of all processes that are queued or running, oldest first."""
        async with self._database.read() as session:
            rows = await session.scalars(
                select(JobRow).where(UNFINISHED).order_by(JobRow.created_at, JobRow.id)
            )
            return [to_job(row) for row in rows]

    async def recent(self, limit: int, task_id: int | None) -> list[Job]:
        """Up to `limit` jobs, newest first; `task_id` narrows it to that task's."""
        statement = select(JobRow).order_by(JobRow.created_at.desc(), JobRow.id).limit(limit)
        if task_id is not None:
            statement = statement.where(JobRow.task_id == task_id)
        async with self._database.read() as session:
            return [to_job(row) for row in await session.scalars(statement)]

    async def create(self, task_id: int, caller: Caller, provider: str) -> Job:
        """A queued job of this process.

        Raises:
            TaskNotFound: There is no such task.
            AnalysisRunning: The task has an unfinished job.
        """
        async with self._database.write() as session:
            now = self._clock.now()
            # Where writers are not serialised by the database, the task's row does it.
            task = select(TaskRow.id).where(TaskRow.id == task_id).with_for_update()
            if await session.scalar(task) is None:
                raise TaskNotFound(task_id)
            running = await session.scalar(
                select(JobRow).where(UNFINISHED, JobRow.task_id == task_id)
            )
            if running is not None:
                raise AnalysisRunning(running)
            row = JobRow(
                id=secrets.token_hex(6),
                task_id=task_id,
                kind=KIND,
                status=JobStatus.QUEUED.value,
                progress=0.0,
                message="waiting for its turn",
                provider=provider,
                actor=caller.name,
                owner=str(self._here),
                cancel_requested=False,
                created_at=now,
                heartbeat_at=now,
            )
            session.add(row)
            await self._tell(session, row, caller.name)
            return to_job(row)

    async def begin(self, job_id: str) -> Turn:
        """Marks a job of this process as running, once fewer run than may, in all processes, and
        none that was queued before it waits.
        """
        async with self._database.write() as session:
            row = await session.get(JobRow, job_id)
            if row is None or row.status != JobStatus.QUEUED.value or not self._is_ours(row):
                return Turn.GONE
            before = await session.scalars(
                select(JobRow).where(
                    or_(
                        JobRow.status == JobStatus.RUNNING.value,
                        tuple_(JobRow.created_at, JobRow.id) < (row.created_at, row.id),
                    ),
                    UNFINISHED,
                )
            )
            if sum(not self._is_orphan(other) for other in before) >= self._at_once:
                return Turn.LATER
            row.status = JobStatus.RUNNING.value
            row.started_at = row.heartbeat_at = self._clock.now()
            row.message = "reading the board"
            await self._tell(session, row, row.actor)
            return Turn.NOW

    async def adopt(self) -> list[Job]:
        """Makes the queued jobs that nobody has this process's own, oldest first."""
        unowned = select(JobRow).where(JobRow.status == JobStatus.QUEUED.value, JobRow.owner == "")
        async with self._database.read() as session:
            if await session.scalar(unowned.limit(1)) is None:
                return []
        async with self._database.write() as session:
            rows = list(await session.scalars(unowned.order_by(JobRow.created_at, JobRow.id)))
            for row in rows:
                row.owner, row.heartbeat_at = str(self._here), self._clock.now()
            return [to_job(row) for row in rows]

    async def is_ours(self, job_id: str) -> bool:
        """Whether the job is unfinished and no other process has taken it over."""
        async with self._database.read() as session:
            row = await session.get(JobRow, job_id)
        return row is not None and row.status in ACTIVE and self._is_ours(row)

    async def beat(self, present: Mapping[str, Progress | None]) -> dict[str, Order]:
        """Says that these jobs are alive and how far they are; answers which are to be stopped,
        why and for whom: those that were cancelled, ended or deleted with their task, by
        whichever process.
        """
        wanted = select(JobRow).where(UNFINISHED, JobRow.id.in_(present))
        async with self._database.read() as session:
            rows = {row.id: row for row in await session.scalars(wanted)}
        stop = dict.fromkeys(present.keys() - rows.keys(), Order("Its task was deleted."))
        for row in rows.values():
            if not self._is_ours(row):
                stop[row.id] = Order(TAKEN_OVER)
            elif row.cancel_requested:
                stop[row.id] = Order(row.error or "Cancelled.", row.cancelled_by)
        due = [
            id_
            for id_ in rows
            if self._is_ours(rows[id_])
            and (self._is_silent(rows[id_]) or _differs(rows[id_], present.get(id_)))
        ]
        if due:
            ours = wanted.where(JobRow.id.in_(due), JobRow.owner == str(self._here))
            async with self._database.write() as session:
                for row in await session.scalars(ours):
                    differs = _differs(row, present.get(row.id))
                    self._write_beat(row, present.get(row.id))
                    if differs:
                        await self._events.append(session, EventType.JOB, STEP, row.id, row.actor)
        return stop

    async def finish(self, job_id: str, ending: Ending, *, actor: str | None = None) -> Job | None:
        """Ends an unfinished job of this process; None where it was finished before, is gone, or
        is another's by now.
        """
        async with self._database.write() as session:
            row = await session.get(JobRow, job_id)
            if row is None or row.status not in ACTIVE or not self._is_ours(row):
                return None
            return await self._end(session, row, ending, actor or row.actor)

    async def request_cancel(self, job_id: str, reason: str, actor: str) -> Job:
        """Cancels a queued job at once; has the owner of a running one cancel it.

        Raises:
            JobNotFound, JobFinished: as their sentences say.
        """
        async with self._database.write() as session:
            row = await session.get(JobRow, job_id)
            if row is None:
                raise JobNotFound(job_id)
            if row.status == JobStatus.QUEUED.value:
                row.cancelled_by = actor
                ending = Ending(JobStatus.CANCELLED, "cancelled", reason)
                return await self._end(session, row, ending, actor)
            if row.status != JobStatus.RUNNING.value:
                raise JobFinished(to_job(row))
            row.cancel_requested, row.cancelled_by = True, actor
            row.message, row.error = "being cancelled", reason  # where its owner finds the reason
            return to_job(row)

    async def interrupt_orphans(self) -> list[Job]:
        """Interrupts the jobs whose process is gone, and queues each again, once; one that was to
        be cancelled is cancelled.

        Returns:
            Those that are ended for good.
        """
        ended: list[Job] = []
        for job_id in await self._orphans():
            async with self._database.write() as session:
                row = await session.get(JobRow, job_id)
                if row is None or row.status not in ACTIVE or not self._is_orphan(row):
                    continue  # another process was first
                job = await self._interrupt(session, row)
                ended += [job] if job.status not in ACTIVE else []
        return ended

    async def _interrupt(self, session: WriteSession, row: JobRow) -> Job:
        ran = row.status == JobStatus.RUNNING.value
        if row.cancel_requested:
            ending = Ending(JobStatus.CANCELLED, "cancelled", row.error)
            return await self._end(session, row, ending, row.cancelled_by or row.actor)
        if row.attempts >= ATTEMPTS:
            ending = Ending(JobStatus.INTERRUPTED, "interrupted", SERVER_GONE)
            return await self._end(session, row, ending, row.actor)
        if ran:
            row.status, row.attempts = JobStatus.INTERRUPTED.value, row.attempts + 1
            await self._tell(session, row, row.actor)
        row.status, row.owner, row.started_at = JobStatus.QUEUED.value, "", None
        row.progress, row.message = 0.0, "queued again: the server that had it is gone"
        await self._tell(session, row, row.actor)
        return to_job(row)

    async def _orphans(self) -> list[str]:
        async with self._database.read() as session:
            rows = (await session.scalars(select(JobRow).where(UNFINISHED))).all()
        self._watch.forget_all_but(row.id for row in rows)
        return [row.id for row in rows if self._is_orphan(row)]

    def _is_ours(self, row: JobRow) -> bool:
        return row.owner == str(self._here)

    def _is_orphan(self, row: JobRow) -> bool:
        """Whether the process that had the job is gone; a queued one that nobody has waits."""
        if not row.owner:
            return False
        return self._watch.is_gone(row.id, row.owner, row.heartbeat_at, self._clock.elapsed())

    async def _end(self, session: WriteSession, row: JobRow, ending: Ending, actor: str) -> Job:
        row.status = ending.status.value
        row.message, row.error = ending.message, ending.error
        row.finished_at = self._clock.now()
        if ending.status is JobStatus.SUCCEEDED:
            row.progress = 1.0
        row.cost_usd = ending.cost_usd
        row.turns = row.turns if ending.turns is None else ending.turns
        row.tokens = row.tokens if ending.tokens is None else ending.tokens
        await self._tell(session, row, actor)
        return to_job(row)

    async def _tell(self, session: WriteSession, row: JobRow, actor: str) -> None:
        await self._events.append(session, EventType.JOB, row.status, row.id, actor)

    def _is_silent(self, row: JobRow) -> bool:
        """Also where the clock was set back since."""
        return row.heartbeat_at is None or abs(self._clock.now() - row.heartbeat_at) >= HEARTBEAT

    def _write_beat(self, row: JobRow, progress: Progress | None) -> None:
        row.heartbeat_at = self._clock.now()
        if progress is None:
            return
        row.progress, row.turns, row.tokens = progress.progress, progress.turns, progress.tokens
        if not row.cancel_requested:
            row.message = progress.message


def _differs(row: JobRow, progress: Progress | None) -> bool:
    return progress is not None and not row.cancel_requested and row.message != progress.message
