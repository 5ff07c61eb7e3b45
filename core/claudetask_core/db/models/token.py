"""Who may call, and what was done that no other record keeps."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from claudetask_core.db.models.base import TEXT, Base, UtcDateTime, one_of
from claudetask_core.schemas.token import TokenScope

NOT_REVOKED = text("revoked_at IS NULL")


class TokenRow(Base):
    """`digest` is all that is kept of the secret; `key`, its public part, finds the row."""

    __tablename__ = "tokens"
    __table_args__ = (
        CheckConstraint(one_of("scope", TokenScope), name="scope"),
        Index(
            "uq_tokens_name_not_revoked",
            "name",
            unique=True,
            sqlite_where=NOT_REVOKED,
            postgresql_where=NOT_REVOKED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    scope: Mapped[str]
    digest: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuditRow(Base):
    """What happened to what has no history of its own: files, jobs, tokens, the door."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_actor_id", "actor", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str]
    kind: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(TEXT)
    detail: Mapped[str | None] = mapped_column(TEXT)
