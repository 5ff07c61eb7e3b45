"""One row per changed field, written in the transaction that changes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from claudetask_core.db.engine import ReadSession, WriteSession
from claudetask_core.db.models import Base, HistoryRow
from claudetask_core.schemas.task import HistoryEntry

REFUSED = "refused"
"""The action of an entry that tells of a write that was not made."""
ENTER: Final = Base.metadata.tables[HistoryRow.__tablename__].insert()


@dataclass(frozen=True)
class Change:
    """A field's old and new value as JSON values; `field` is None for the task as a whole."""

    action: str
    field: str | None
    old: Any
    new: Any
    reason: str | None = None


def as_json(moment: datetime | None) -> str | None:
    """A moment as every face writes it: RFC 3339 in UTC, with `Z`."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


async def record(
    session: WriteSession,
    task_id: int,
    changes: Sequence[Change],
    *,
    actor: str,
    at: datetime,
    version: int,
) -> None:
    """Adds the rows of one write, which brought the task to `version`."""
    rows = [
        {"task_id": task_id, "at": at, "actor": actor, "version": version, **vars(change)}
        for change in changes
    ]
    if rows:
        await session.execute(ENTER, rows)


async def entries(session: ReadSession, task_id: int) -> list[HistoryEntry]:
    """A task's history, newest last."""
    rows = await session.scalars(
        select(HistoryRow).where(HistoryRow.task_id == task_id).order_by(HistoryRow.id)
    )
    return [
        HistoryEntry(
            id=row.id,
            at=row.at,
            actor=row.actor,
            action=row.action,
            field=row.field,
            old=row.old,
            new=row.new,
            reason=row.reason,
        )
        for row in rows
    ]


async def changed_since(
    session: WriteSession, task_id: int, version: int, *, but_by: str | None = None
) -> dict[str, HistoryRow]:
    """The last change of each field that changed after `version`, by name.

    Args:
        session: A transaction.
        task_id: The task.
        version: The version that is known already.
        but_by: Whose changes do not count.
    """
    rows = await session.scalars(
        select(HistoryRow)
        .where(
            HistoryRow.task_id == task_id,
            HistoryRow.version > version,
            HistoryRow.field.is_not(None),
            HistoryRow.action != REFUSED,
            HistoryRow.actor != (but_by or ""),
        )
        .order_by(HistoryRow.id)
    )
    return dict(sorted({row.field: row for row in rows if row.field}.items()))


async def last_version_of(session: WriteSession, task_id: int, actor: str) -> int | None:
    """The version of the task that this actor's own last write made, if there is one."""
    return await session.scalar(
        select(func.max(HistoryRow.version)).where(
            HistoryRow.task_id == task_id, HistoryRow.actor == actor, HistoryRow.action != REFUSED
        )
    )


async def has_claimed(session: WriteSession, task_id: int, actor: str) -> bool:
    """Whether the actor has ever held the task."""
    held = select(HistoryRow.id).where(
        HistoryRow.task_id == task_id,
        HistoryRow.actor == actor,
        HistoryRow.field == "claimed_by",
        HistoryRow.action.in_(("claimed", "taken_over")),
    )
    return await session.scalar(held.limit(1)) is not None


async def last_entry(session: WriteSession, task_id: int) -> HistoryRow | None:
    return await session.scalar(
        select(HistoryRow)
        .where(HistoryRow.task_id == task_id)
        .order_by(HistoryRow.id.desc())
        .limit(1)
    )
