"""Analyses of tasks by Claude, as background jobs of this process."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from claudetask_core.clock import Clock
from claudetask_core.config import Settings
from claudetask_core.db.engine import Database
from claudetask_core.errors import DomainError, Unavailable
from claudetask_core.schemas.job import ACTIVE, Job, JobStatus
from claudetask_core.schemas.task import Task
from claudetask_core.services.analysis import prompt as analysis_prompt
from claudetask_core.services.analysis.background import Background
from claudetask_core.services.analysis.board import AnalysisBoard
from claudetask_core.services.analysis.context import AnalysisContext
from claudetask_core.services.analysis.jobs import SERVER_GONE, Ending, Jobs, Turn
from claudetask_core.services.analysis.rows import JobFinished
from claudetask_core.services.analysis.run import Run
from claudetask_core.services.analysis.stop import CANCEL_GRACE, CLOSE_GRACE
from claudetask_core.services.analysis.work import Work
from claudetask_core.services.events import EventService
from claudetask_core.services.tasks.claims import Caller
from claudetask_core.services.tasks.tasks import TaskService

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
SWEEP_SECONDS = 10.0
CANCEL_SECONDS = CANCEL_GRACE + 1.7
CLOSE_SECONDS = 1.3
LAST_SECONDS = 0.2
END_PAUSES = (1.0, 10.0, 60.0)
FAULT = "The analysis ended by a fault of the server; its log says more."


class ShuttingDown(Unavailable):
    code = "shutting_down"


class AnalysisService:
    """Starts, follows and ends analyses. So many run at a time, in all processes that have the
    board open; the others wait for their turn, the oldest first.

    Args:
        database: The board's.
        events: Told of every change of a job's status.
        clock: What time it is.
        tasks: The tasks, which get the result.
        root: Where the project is now.
        settings: Provider, model and limits.
        context: Where to learn more about a task.
    """

    def __init__(
        self,
        *,
        database: Database,
        events: EventService,
        clock: Clock,
        tasks: TaskService,
        root: Callable[[], Awaitable[Path]],
        settings: Settings,
        context: AnalysisContext | None = None,
    ) -> None:
        self._jobs = Jobs(database, events, clock, at_once=settings.analysis_concurrency)
        self._board = AnalysisBoard(database, tasks)
        self._work = Work(self._board, tasks, root, settings, context or AnalysisContext())
        self._tasks = tasks
        self._runs: dict[str, Run] = {}
        self._background = Background()
        self._closed = False

    async def start(self, task_id: int, caller: Caller) -> Job:
        """Queues an analysis and answers at once.

        Raises:
            TaskNotFound: There is no such task.
            AnalysisRunning: One of this task is queued or running; the job is named.
            NoClaude: No Claude can be reached; the remedy is named.
        """
        if self._closed:
            raise _shutting_down()
        await self.recover()
        task = await self._tasks.get(task_id, caller)
        run = Run(task, await self._work.provider())
        self.serve()
        self._background.begin(self._live(run, caller))
        return await asyncio.shield(run.queued)  # a caller that goes away leaves no half a job

    async def get(self, job_id: str) -> Job:
        """A job, of whichever process.

        Raises:
            JobNotFound: There is none of this id.
        """
        await self.recover()
        return await self._jobs.get(job_id)

    async def follow(self, job_id: str) -> AsyncGenerator[Job]:
        """A job each time that it differs, until it has ended.

        Raises:
            JobNotFound: There is none of this id.
        """
        seen: Job | None = None
        while seen is None or seen.status in ACTIVE:
            present = await self._jobs.get(job_id)
            if present != seen:
                seen = present
                yield present
            else:
                await asyncio.sleep(TICK_SECONDS / 2)

    async def context(self, task: Task) -> str:
        """What an analysis would be told beside the task, for a caller who does it itself."""
        return analysis_prompt.context(await self._work.context.gather(task))

    async def unfinished(self) -> list[Job]:
        """The jobs that are queued or running, in all processes, oldest first."""
        await self.recover()
        return await self._jobs.unfinished()

    async def recent(self, limit: int, task_id: int | None = None) -> list[Job]:
        """The newest jobs of the board, or of one task, finished ones too."""
        await self.recover()
        return await self._jobs.recent(limit, task_id)

    async def cancel(self, job_id: str, caller: Caller) -> Job:
        """Ends a job: a queued one and one of this process before this returns, another process's
        job as soon as that one notices.

        Raises:
            JobNotFound: There is none of this id.
            JobFinished: It has ended already.
        """
        await self.recover()
        reason = f"Cancelled by {caller.name}."
        job = await self._jobs.request_cancel(job_id, reason, caller.name)
        run = self._runs.get(job_id)
        if run is not None:
            run.ask_to_stop(JobStatus.CANCELLED, reason, CANCEL_GRACE, caller.name)
        if job.status is JobStatus.CANCELLED:
            await self._board.leave(job.task_id, _note(job.error))
            return job
        if run is None:
            return job
        await asyncio.wait({run.ended}, timeout=CANCEL_SECONDS)
        job = await self._jobs.get(job_id)
        if job.status in ACTIVE or job.status is JobStatus.CANCELLED:
            return job
        raise JobFinished(job)

    async def recover(self) -> None:
        """Interrupts the jobs whose server is gone; those of living ones are left.

        Each is queued again once, for the next server that serves.
        """
        for job in await self._jobs.interrupt_orphans():
            await self._board.leave(job.task_id, _note(job.error))

    def serve(self) -> None:
        """Takes over, from now on, what servers that are gone have left; again is harmless."""
        if not self._closed:
            self._background.keep("sweeper", self._sweep)

    async def _sweep(self) -> None:
        going = True
        while going:
            try:
                await self.recover()
                for job in await self._jobs.adopt():
                    await self._take_over(job)
            except DomainError as refusal:
                log.warning("nothing was taken over: %s", refusal.code)
            going = await self._background.pause(SWEEP_SECONDS)

    async def _take_over(self, job: Job) -> None:
        try:
            run = Run(await self._tasks.get(job.task_id), await self._work.provider())
        except DomainError as refusal:
            await self._board.leave(job.task_id, _note(str(refusal)))
            await self._jobs.finish(job.id, Ending(JobStatus.FAILED, "failed", str(refusal)))
            return
        run.queued.set_result(job)
        self._background.begin(self._live_on(run, job))

    async def close(self) -> None:
        """Ends what runs here, as interrupted, within two seconds."""
        self._closed = True
        for run in self._runs.values():
            run.ask_to_stop(JobStatus.INTERRUPTED, SERVER_GONE, CLOSE_GRACE)
        await self._background.close(CLOSE_SECONDS, LAST_SECONDS)

    async def _live(self, run: Run, caller: Caller) -> None:
        """The life of a job, from its row to its end; `run.queued` always gets an answer."""
        try:
            job = await self._jobs.create(run.task.id, caller, run.provider.name)
            await self._live_on(run, job)
        except DomainError as refusal:
            run.queued.set_exception(refusal)
        finally:
            if not run.queued.done():
                run.queued.set_exception(_shutting_down())

    async def _live_on(self, run: Run, job: Job) -> None:
        """The life of a job that has a row."""
        self._runs[job.id] = run
        if self._closed:
            run.ask_to_stop(JobStatus.INTERRUPTED, SERVER_GONE, CLOSE_GRACE)
        try:
            await self._enter(run, job)
            if not run.queued.done():
                run.queued.set_result(job)
            await self._in_turn(run, job)
        finally:
            del self._runs[job.id]
            run.ended.set_result(None)

    async def _enter(self, run: Run, job: Job) -> None:
        await self._board.enter(run.task)
        with suppress(Unavailable):
            if not await self._jobs.is_ours(
                job.id
            ):  # cancelled, or deleted with its task, meanwhile
                await self._board.put_back(run.task.id)
        self._background.keep("ticker", self._tick)

    async def _in_turn(self, run: Run, job: Job) -> None:
        end: Ending | None = Ending(JobStatus.FAILED, "failed", FAULT)
        try:
            end = await self._analyse(run, job)
        except DomainError as error:
            end = Ending(JobStatus.FAILED, "failed", str(error))
        except asyncio.CancelledError:
            end = Ending(JobStatus.INTERRUPTED, "interrupted", SERVER_GONE)
            raise
        finally:
            if end is not None:
                await self._end(run, job, end)

    async def _analyse(self, run: Run, job: Job) -> Ending | None:
        """Runs one analysis; None where somebody else ended the job before it began."""
        if await self._wait_for_turn(run, job) is Turn.GONE:
            return None
        return await self._work.do(run, lambda: self._jobs.is_ours(job.id))

    async def _wait_for_turn(self, run: Run, job: Job) -> Turn:
        """Asks for the turn until it comes, the job is gone or the run is stopped."""
        while run.stopped_as is None:
            turn = await self._jobs.begin(job.id)
            if turn is not Turn.LATER:
                return turn
            with suppress(TimeoutError):
                await asyncio.wait_for(run.asked.wait(), TICK_SECONDS)
        return Turn.LATER

    async def _end(self, run: Run, job: Job, end: Ending) -> None:
        """Writes the end; where that fails for long, the next server's recovery does it."""
        told = end.error is None
        for pause in (*END_PAUSES, None):
            try:
                if not told and await self._jobs.is_ours(job.id):
                    await self._board.leave(job.task_id, _note(end.error))
                told = True
                await self._jobs.finish(job.id, end, actor=run.actor)
            except Unavailable as error:
                log.warning("job %s could not be ended: %s", job.id, error.code)
                if pause is not None:
                    await asyncio.sleep(pause)
            else:
                return

    async def _tick(self) -> None:
        """Writes heartbeats and progress, and stops what other processes want stopped."""
        while self._runs and await self._background.pause(TICK_SECONDS):
            present = {job_id: run.progress for job_id, run in self._runs.items()}
            try:
                orders = await self._jobs.beat(present)
            except Unavailable as error:
                log.warning("no heartbeat: %s", error.code)
                continue
            for job_id, order in orders.items():
                if job_id in self._runs:
                    run = self._runs[job_id]
                    run.ask_to_stop(JobStatus.CANCELLED, order.reason, CANCEL_GRACE, order.actor)


def _shutting_down() -> ShuttingDown:
    return ShuttingDown("The server is ending.", next_step="Start it again, then try again.")


def _note(reason: str | None) -> str:
    return f"The analysis did not finish. {reason or ''}".strip()
