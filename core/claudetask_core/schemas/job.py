"""A background job: one analysis of one task."""

from enum import StrEnum

from claudetask_core.schemas.base import ReadModel, Timestamp


class JobStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


ACTIVE = frozenset({JobStatus.QUEUED, JobStatus.RUNNING})


class Job(ReadModel):
    """`progress` is in 0–1; `error` says why it failed and what to do about it; `attempts` is 2
    where it was begun again because the server that ran it was gone.
    """

    id: str
    task_id: int
    kind: str
    status: JobStatus
    progress: float
    message: str
    error: str | None
    provider: str
    cost_usd: float | None
    turns: int | None
    tokens: int | None
    attempts: int
    duration_seconds: float | None
    created_at: Timestamp
    started_at: Timestamp | None
    finished_at: Timestamp | None
