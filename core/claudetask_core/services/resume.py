"""What a session needs to go on where it, or one before it, stopped: at most 2,400 characters."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.clock import Clock
from claudetask_core.db.engine import Database
from claudetask_core.db.models import CallerRow, EventRow, HistoryRow, NoteRow, TaskRow
from claudetask_core.schemas.task import Status
from claudetask_core.services import next_task
from claudetask_core.services.claims import Caller
from claudetask_core.services.locate import Places
from claudetask_core.services.task_rows import WHOLE

MAX_CHARACTERS = 2400
MAX_TASKS = 4
MAX_CHANGES = 8
SHOWN_TITLE = 80
SHOWN_NOTE = 160


class ResumeService:
    def __init__(self, database: Database, clock: Clock, places: Places) -> None:
        self._database = database
        self._clock = clock
        self._places = places

    async def text(self, caller: Caller) -> str:
        """The caller's claims (or those left behind in this worktree), what others changed since
        the caller was last here, and the next task; the caller is then marked as having been here.
        """
        async with self._database.write() as session:
            latest = await session.scalar(select(func.max(EventRow.seq))) or 0
            seen = await session.get(CallerRow, caller.name)
            parts = [
                await self._claims(session, caller),
                await self._changes(session, caller, seen),
                await self._next(session),
            ]
            now = self._clock.now()
            await session.merge(CallerRow(actor=caller.name, last_event=latest, seen_at=now))
        text = "\n\n".join(part for part in parts if part)
        if len(text) <= MAX_CHARACTERS:
            return text
        return text[: MAX_CHARACTERS - 40].rstrip() + "\n… (cut; list_tasks shows the rest)"

    async def _claims(self, session: AsyncSession, caller: Caller) -> str:
        now = self._clock.now()
        claimed = select(TaskRow).where(TaskRow.claimed_by.is_not(None)).options(*WHOLE)
        mine = await session.scalars(
            claimed.where(TaskRow.claimed_by == caller.name)
            .order_by(TaskRow.updated_at.desc())
            .limit(MAX_TASKS)
        )
        rows = mine.all()
        if rows:
            return await _list(session, "You hold:", rows)
        left = await session.scalars(
            claimed.where(
                TaskRow.claim_worktree == str(self._places.root),
                TaskRow.status == Status.IN_PROGRESS.value,
            )
            .order_by(TaskRow.updated_at.desc())
            .limit(MAX_TASKS)
        )
        rows = left.all()
        if not rows:
            return "You hold no task."
        title = "You hold no task. Claimed from this worktree by earlier sessions:"
        described = await _list(session, title, rows)
        free = [row for row in rows if row.claim_expires_at and row.claim_expires_at <= now]
        call = (
            f'update_task_status(task_id={free[0].id}, status="In Progress") takes it over.'
            if free
            else f'update_task_status(task_id={rows[0].id}, status="In Progress", force_reason='
            '"resuming after the session ended") takes it over before its claim runs out.'
        )
        return f"{described}\n{call}"

    async def _changes(self, session: AsyncSession, caller: Caller, seen: CallerRow | None) -> str:
        own = await session.scalar(
            select(func.max(HistoryRow.at)).where(HistoryRow.actor == caller.name)
        )
        moments = [moment for moment in (own, seen.seen_at if seen else None) if moment]
        if not moments:
            return ""
        rows = await session.execute(
            select(HistoryRow, TaskRow.title)
            .outerjoin(TaskRow, TaskRow.id == HistoryRow.task_id)
            .where(HistoryRow.at > max(moments), HistoryRow.actor != caller.name)
            .order_by(HistoryRow.id.desc())
            .limit(MAX_CHANGES + 1)
        )
        found = rows.all()
        if not found:
            return "Nobody changed anything since you were last here."
        lines = ["Changed by others since you were last here, newest first:"]
        lines += [_change(row, title) for row, title in found[:MAX_CHANGES]]
        if len(found) > MAX_CHANGES:
            lines.append("… and more; claudetask://tasks has the present state.")
        return "\n".join(lines)

    async def _next(self, session: AsyncSession) -> str:
        now = self._clock.now()
        found = await next_task.first_free(session, now)
        if found is None:
            return f"No task is free: {await next_task.why_none(session, now)}."
        row, unblocks = found
        why = next_task.why(row, unblocks)
        title = row.title[:SHOWN_TITLE]
        return f"Next: #{row.id} {title} ({why}). get_next_task(claim=true) takes it."


async def _list(session: AsyncSession, title: str, rows: Sequence[TaskRow]) -> str:
    return "\n".join([title, *[await _described(session, row) for row in rows]])


async def _described(session: AsyncSession, row: TaskRow) -> str:
    """A claimed task: where it stands, what is open, and the last note."""
    branch = f", branch {row.git_branch}" if row.git_branch else ""
    until = f"{row.claim_expires_at:%H:%M} UTC" if row.claim_expires_at else "?"
    where = f"{row.status}{branch}; {row.claimed_by} until {until}"
    lines = [f"#{row.id} {row.title[:SHOWN_TITLE]} ({where})"]
    still = [f"{c.id}: {c.text[:SHOWN_TITLE]}" for c in row.criteria if not c.checked]
    if still:
        lines.append(f"  open: {'; '.join(still[:3])}" + (" …" if len(still) > 3 else ""))  # noqa: PLR2004 — three fit the budget
    note = await session.scalar(
        select(NoteRow.text).where(NoteRow.task_id == row.id).order_by(NoteRow.id.desc()).limit(1)
    )
    if note:
        lines.append(f"  last note: {' '.join(note.split())[:SHOWN_NOTE]}")
    return "\n".join(lines)


def _change(row: HistoryRow, title: str | None) -> str:
    what = f"{row.field}: {row.old} → {row.new}" if row.field == "status" else (row.field or "")
    name = f"#{row.task_id} {(title or '')[:40]}".strip() if row.task_id else "project settings"
    return f"{name}: {row.action} {what} by {row.actor}"[:SHOWN_NOTE]
