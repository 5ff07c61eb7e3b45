"""What happened: one row per changed field of a task, and one per change of anything."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from claudetask_core.db.models.base import TEXT, Base, UtcDateTime


class HistoryRow(Base):
    """No foreign key: the history of a deleted task stays."""

    __tablename__ = "history"
    __table_args__ = (
        Index("ix_history_task_id_id", "task_id", "id"),
        Index("ix_history_actor_id", "actor", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str]
    version: Mapped[int]
    action: Mapped[str]
    field: Mapped[str | None]
    old: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    new: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    reason: Mapped[str | None] = mapped_column(TEXT)


class EventRow(Base):
    __tablename__ = "events"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int | None]


class CallerRow(Base):
    """When each caller was last here, so that a resumed session can be told what it missed."""

    __tablename__ = "callers"

    actor: Mapped[str] = mapped_column(primary_key=True)
    last_event: Mapped[int]
    last_history: Mapped[int] = mapped_column(server_default="0")
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
