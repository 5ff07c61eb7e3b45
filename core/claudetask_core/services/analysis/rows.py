"""From rows to jobs, and the refusals that name them."""

from claudetask_core.db.models import JobRow
from claudetask_core.errors import Conflict, NotFound
from claudetask_core.schemas.job import Job, JobStatus

ENDED = {
    JobStatus.SUCCEEDED: "succeeded",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "was cancelled",
    JobStatus.INTERRUPTED: "was interrupted",
}


class JobNotFound(NotFound):
    code = "job_not_found"

    def __init__(self, job_id: str) -> None:
        super().__init__(
            f"There is no job {job_id[:80]!r}.",
            next_step="project_status lists the jobs that run.",
            job_id=job_id,
        )


class JobFinished(Conflict):
    code = "job_finished"

    def __init__(self, job: Job) -> None:
        super().__init__(
            f"Job {job.id} has ended already: it {ENDED.get(job.status, job.status)}.",
            next_step=f"Start a new analysis of task #{job.task_id} if you need one.",
            job_id=job.id,
            status=str(job.status),
        )


class AnalysisRunning(Conflict):
    code = "analysis_running"

    def __init__(self, row: JobRow) -> None:
        super().__init__(
            f"Task #{row.task_id} is being analysed already: job {row.id} is {row.status}.",
            next_step=f"Wait for it or cancel it (GET or DELETE /api/jobs/{row.id}).",
            job_id=row.id,
            task_id=row.task_id,
        )


def _seconds(row: JobRow) -> float | None:
    """How long it ran, once it has ended."""
    if row.started_at is None or row.finished_at is None:
        return None
    return round((row.finished_at - row.started_at).total_seconds(), 3)


def to_job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        task_id=row.task_id,
        kind=row.kind,
        status=JobStatus(row.status),
        progress=row.progress,
        message=row.message,
        error=row.error,
        provider=row.provider,
        cost_usd=row.cost_usd,
        turns=row.turns,
        tokens=row.tokens,
        attempts=row.attempts,
        duration_seconds=_seconds(row),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
