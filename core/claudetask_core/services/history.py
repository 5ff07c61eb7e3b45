"""One row per changed field, written in the transaction that changes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from claudetask_core.db.engine import ReadSession, WriteSession
from claudetask_core.db.models import HistoryRow
from claudetask_core.schemas.task import HistoryEntry


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


def record(
    session: WriteSession,
    task_id: int,
    changes: Sequence[Change],
    *,
    actor: str,
    at: datetime,
    version: int,
) -> None:
    """Adds the rows of one write, which brought the task to `version`."""
    session.add_all(
        HistoryRow(
            task_id=task_id,
            at=at,
            actor=actor,
            version=version,
            action=change.action,
            field=change.field,
            old=change.old,
            new=change.new,
            reason=change.reason,
        )
        for change in changes
    )


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


async def fields_changed_since(session: WriteSession, task_id: int, version: int) -> list[str]:
    """The names of the fields that changed after `version`, sorted."""
    names = await session.scalars(
        select(HistoryRow.field)
        .distinct()
        .where(
            HistoryRow.task_id == task_id,
            HistoryRow.version > version,
            HistoryRow.field.is_not(None),
        )
    )
    return sorted(name for name in names if name)
