"""Who did what, and when: the history of tasks and settings, and a record of all else.

The history has a row per changed field; files, jobs, tokens and refusals at the door have rows of
their own. Both are read newest first and merged by their moment. Refusals can be caused by
anybody who reaches the port, so only the newest `KEPT_REFUSALS` of them are kept.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from claudetask_core.db.engine import Database, WriteSession
from claudetask_core.db.models import AuditRow, HistoryRow
from claudetask_core.schemas.audit import AuditEntry, AuditKind, AuditPage

KEPT_REFUSALS = 2000
TRIM_EVERY = 100
SHOWN = 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
IN_HISTORY = frozenset({AuditKind.TASK, AuditKind.PROJECT})


def _number(at: datetime, source: str, row: int) -> str:
    return f"{(at - EPOCH) // MICROSECOND}{source}{row}"


def write_down(
    session: WriteSession,
    kind: AuditKind,
    action: str,
    subject: str,
    *,
    actor: str,
    at: datetime,
    detail: str | None = None,
) -> AuditRow:
    """Adds an entry to the transaction that does what it tells of."""
    row = AuditRow(
        at=at, actor=actor, kind=kind.value, action=action, subject=subject, detail=detail
    )
    session.add(row)
    return row


async def refused(
    session: WriteSession, action: str, subject: str, *, actor: str, at: datetime, detail: str
) -> None:
    """Adds a refusal, and lets the oldest go where there are too many."""
    row = write_down(session, AuditKind.ACCESS, action, subject, actor=actor, at=at, detail=detail)
    await session.flush()
    if row.id % TRIM_EVERY:
        return
    of_access = AuditRow.kind == AuditKind.ACCESS.value
    oldest = select(AuditRow.id).where(of_access).order_by(AuditRow.id.desc())
    last = await session.scalar(oldest.offset(KEPT_REFUSALS).limit(1))
    if last is not None:
        await session.execute(delete(AuditRow).where(of_access, AuditRow.id <= last))


class AuditService:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, page: AuditPage) -> list[AuditEntry]:
        """What was done, newest first."""
        async with self._database.read() as session:
            found: list[AuditEntry] = []
            if page.kind is None or page.kind in IN_HISTORY:
                changes = await session.scalars(_changes(page))
                found += [_of_history(row) for row in changes]
            if page.kind not in IN_HISTORY:
                others = await session.scalars(_others(page))
                found += [_of_audit(row) for row in others]
        return sorted(found, key=_order, reverse=True)[: page.limit]


def _order(entry: AuditEntry) -> tuple[datetime, str, int]:
    source = "h" if "h" in entry.number else "a"
    return entry.at, source, int(entry.number.partition(source)[2])


def _changes(page: AuditPage) -> Select[HistoryRow]:
    wanted = select(HistoryRow).where(*_conditions(page, "h", HistoryRow.at, HistoryRow.id))
    if page.actor is not None:
        wanted = wanted.where(by(HistoryRow.actor, page.actor))
    if page.kind is not None:
        is_task = HistoryRow.task_id > 0
        wanted = wanted.where(is_task if page.kind is AuditKind.TASK else ~is_task)
    return wanted.order_by(HistoryRow.at.desc(), HistoryRow.id.desc()).limit(page.limit)


def _others(page: AuditPage) -> Select[AuditRow]:
    wanted = select(AuditRow).where(*_conditions(page, "a", AuditRow.at, AuditRow.id))
    if page.actor is not None:
        wanted = wanted.where(by(AuditRow.actor, page.actor))
    if page.kind is not None:
        wanted = wanted.where(AuditRow.kind == page.kind.value)
    return wanted.order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(page.limit)


def by(column: InstrumentedAttribute[str], actor: str) -> ColumnElement[bool]:
    """Rows of an actor, of a token's holder also those of their agents."""
    own = column == actor
    return or_(own, column.startswith(f"{actor}/", autoescape=True)) if actor[0] == "@" else own


def _conditions(
    page: AuditPage,
    source: str,
    at: InstrumentedAttribute[datetime],
    row: InstrumentedAttribute[int],
) -> Sequence[ColumnElement[bool]]:
    """What a row must be to come after the page before, which ended with `before`."""
    found: list[ColumnElement[bool]] = []
    if page.since is not None:
        found.append(at >= page.since)
    if page.before is not None:
        place = "h" if "h" in page.before else "a"
        microseconds, _, last = page.before.partition(place)
        moment = EPOCH + int(microseconds) * MICROSECOND
        if place == source:
            found.append(or_(at < moment, (at == moment) & (row < int(last))))
        else:  # at one moment, what is in the history comes first
            found.append(at <= moment if place == "h" else at < moment)
    return found


def _of_history(row: HistoryRow) -> AuditEntry:
    return AuditEntry(
        number=_number(row.at, "h", row.id),
        at=row.at,
        actor=row.actor,
        kind=AuditKind.TASK if row.task_id else AuditKind.PROJECT,
        action=row.action,
        subject=str(row.task_id or 1),
        field=row.field,
        old=short(row.old),
        new=short(row.new),
        reason=row.reason,
    )


def _of_audit(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        number=_number(row.at, "a", row.id),
        at=row.at,
        actor=row.actor,
        kind=AuditKind(row.kind),
        action=row.action,
        subject=row.subject,
        field=None,
        old=None,
        new=None,
        reason=row.detail,
    )


def short(value: Any) -> Any:
    """A value that fits a line; lists and whole tasks do not."""
    if isinstance(value, str) and len(value) > SHOWN:
        return value[:SHOWN] + "…"
    return value if isinstance(value, (str, int, float, bool)) else None
