"""A background job; the unique index lets a task have one unfinished job at most."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from claudetask_core.db.models.base import TEXT, Base, UtcDateTime, one_of
from claudetask_core.schemas.job import JobStatus

UNFINISHED = text("status IN ('queued', 'running')")


class JobRow(Base):
    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint(one_of("status", JobStatus), name="status"),
        Index(
            "uq_jobs_task_id_unfinished",
            "task_id",
            unique=True,
            sqlite_where=UNFINISHED,
            postgresql_where=UNFINISHED,
        ),
        Index("ix_jobs_status", "status"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    status: Mapped[str]
    progress: Mapped[float]
    message: Mapped[str] = mapped_column(TEXT)
    error: Mapped[str | None] = mapped_column(TEXT)
    provider: Mapped[str]
    actor: Mapped[str]
    owner: Mapped[str]
    cancel_requested: Mapped[bool]
    cancelled_by: Mapped[str | None] = mapped_column(TEXT)
    cost_usd: Mapped[float | None]
    turns: Mapped[int | None]
    tokens: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
