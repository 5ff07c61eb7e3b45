"""A task and the rows that hang on it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from claudetask_core.db.models.base import TEXT, Base, UtcDateTime, one_of
from claudetask_core.schemas.task import Priority, TaskType

QUEUE = ("status", "priority", "created_at", "id", "claimed_by", "claim_expires_at")
"""All that the order of work asks of a task, so that its texts need not be read for it."""
ORDERS = ("status", "priority", "created_at", "updated_at")
"""What a list may be ordered by, beside the number and the title."""


class TaskRow(Base):
    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint(one_of("priority", Priority), name="priority"),
        CheckConstraint(one_of("type", TaskType), name="type"),
        Index("ix_tasks_queue", *QUEUE),
        *(Index(f"ix_tasks_{column}_id", column, "id") for column in (*ORDERS, "type")),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(TEXT)
    description: Mapped[str] = mapped_column(TEXT)
    type: Mapped[str]
    priority: Mapped[str]
    status: Mapped[str] = mapped_column(ForeignKey("statuses.name"))
    analysis: Mapped[str | None] = mapped_column(TEXT)
    git_branch: Mapped[str | None]
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("tasks.id", ondelete="SET NULL"), index=True
    )
    claimed_by: Mapped[str | None] = mapped_column(index=True)
    claim_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claim_worktree: Mapped[str | None]
    last_criterion: Mapped[int] = mapped_column(default=0)
    notes_count: Mapped[int] = mapped_column(default=0)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    criteria: Mapped[list["CriterionRow"]] = relationship(
        lazy="raise",
        order_by="CriterionRow.position",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    dependencies: Mapped[list["DependencyRow"]] = relationship(
        lazy="raise",
        order_by="DependencyRow.depends_on_id",
        foreign_keys="DependencyRow.task_id",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    files: Mapped[list["RelatedFileRow"]] = relationship(
        lazy="raise",
        order_by="RelatedFileRow.position",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )


class CriterionRow(Base):
    __tablename__ = "criteria"

    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int]
    text: Mapped[str] = mapped_column(TEXT)
    checked: Mapped[bool] = mapped_column(server_default=~true())
    evidence: Mapped[str | None] = mapped_column(TEXT)


class DependencyRow(Base):
    __tablename__ = "dependencies"

    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    depends_on_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class RelatedFileRow(Base):
    __tablename__ = "related_files"

    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    path: Mapped[str] = mapped_column(TEXT)


class NoteRow(Base):
    __tablename__ = "notes"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(TEXT)
    author: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
