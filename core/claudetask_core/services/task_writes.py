"""What every write to a task ends with: a new version, its history, its index entry, an event."""

from claudetask_core.clock import Clock
from claudetask_core.db.engine import WriteSession
from claudetask_core.db.models import NoteRow, TaskRow
from claudetask_core.errors import Stale
from claudetask_core.schemas.event import EventType
from claudetask_core.schemas.task import Task
from claudetask_core.schemas.workflow import Workflow
from claudetask_core.services import claims, history, similar
from claudetask_core.services.claims import Caller, Lease
from claudetask_core.services.events import EventService
from claudetask_core.services.history import Change
from claudetask_core.services.task_rows import load, to_task

NOTE_IN_HISTORY = 200
SEARCHED = frozenset({"title", "description", "analysis", "notes"})


class VersionStale(Stale):
    code = "version_stale"


class TaskWrites:
    """The steps that the task services share; each works in its caller's transaction."""

    def __init__(
        self, events: EventService, clock: Clock, *, lease_seconds: int, workflow: Workflow
    ) -> None:
        self.workflow = workflow
        self._events = events
        self._clock = clock
        self._lease_seconds = lease_seconds

    def lease(self) -> Lease:
        return Lease(self._clock.now(), self._lease_seconds)

    async def row(
        self, session: WriteSession, task_id: int, expected_version: int | None
    ) -> TaskRow:
        row = await load(session, task_id)
        if expected_version is None or expected_version == row.version:
            return row
        changed = await history.fields_changed_since(session, task_id, expected_version)
        raise VersionStale(
            f"Task #{task_id} is at version {row.version}, not {expected_version}"
            + (f"; since then changed: {', '.join(changed)}." if changed else "."),
            next_step=f"Read it again (get_task) and repeat the change with version {row.version}.",
            version=row.version,
            changed=changed,
        )

    async def finish(
        self,
        session: WriteSession,
        row: TaskRow,
        changes: list[Change],
        caller: Caller,
        lease: Lease,
    ) -> Task:
        """Versions, records and announces a write; one that changed nothing leaves no trace."""
        claims.renew(row, caller, lease)
        if changes:
            row.version += 1
            row.updated_at = lease.now
            await session.flush()
            history.record(
                session, row.id, changes, actor=caller.name, at=lease.now, version=row.version
            )
            if SEARCHED & {change.field for change in changes}:
                await similar.index(session, row)
            await self.announce(session, row, changes[0].action, caller)
        return to_task(row)

    async def append_note(
        self, session: WriteSession, row: TaskRow, text: str, caller: Caller, lease: Lease
    ) -> Change:
        note = NoteRow(task_id=row.id, text=text, author=caller.name, created_at=lease.now)
        session.add(note)
        row.notes_count += 1
        await session.flush()
        shown = text if len(text) <= NOTE_IN_HISTORY else text[:NOTE_IN_HISTORY] + "…"
        return Change("noted", "notes", None, {"id": note.id, "text": shown})

    async def announce(
        self, session: WriteSession, row: TaskRow, action: str, caller: Caller
    ) -> None:
        await self._events.append(
            session, EventType.TASK, action, str(row.id), caller.name, row.version
        )
