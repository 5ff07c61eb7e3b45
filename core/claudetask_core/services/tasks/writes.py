"""What every write to a task ends with: a new version, its history, its index entry, an event."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from claudetask_core.board_sql import clipped
from claudetask_core.clock import Clock
from claudetask_core.db.engine import Database, WriteSession
from claudetask_core.db.models import HistoryRow, NoteRow, TaskRow
from claudetask_core.errors import Conflict, Invalid, NotFound, Stale, Unavailable
from claudetask_core.schemas.event import EventType
from claudetask_core.schemas.task import Task
from claudetask_core.schemas.workflow import Workflow
from claudetask_core.services.events import EventService
from claudetask_core.services.repository.branches import BranchService, Standing
from claudetask_core.services.similar import similar
from claudetask_core.services.tasks import claims, history
from claudetask_core.services.tasks.claims import Caller, Claimed, ClaimLost, Lease
from claudetask_core.services.tasks.history import REFUSED, Change
from claudetask_core.services.tasks.reading import read
from claudetask_core.services.tasks.rows import load, to_task

NOTE_IN_HISTORY = 200
SHOWN_CHANGES = 230
SHOWN_VALUE = 60
SHOWN_ACTOR = 40
SEARCHED = frozenset({"title", "description", "analysis", "notes", "related_files"})


class VersionStale(Stale):
    code = "version_stale"

    def __init__(self, row: TaskRow, expected: int, changed: Mapping[str, HistoryRow]) -> None:
        told = "; ".join(_told(change) for change in changed.values())
        given = f"not {expected}" if expected > 0 else "and what was expected is no version of it"
        super().__init__(
            f"Task #{row.id} is at version {row.version}, {given}"
            + (f". Since then: {clipped(told, SHOWN_CHANGES)}." if told else "."),
            next_step=f"Look at it (get_task); repeat what still holds with version {row.version}.",
            version=row.version,
            changed=list(changed),
            current={name: _short(change.new) for name, change in changed.items()},
        )


def _told(change: HistoryRow) -> str:
    return f"{change.field} is {_value(change.new)} ({clipped(change.actor, SHOWN_ACTOR)})"


def _value(value: Any) -> str:
    """A field's value, short enough to be told; a list or a note by what it holds."""
    if value is None:
        return "empty"
    if isinstance(value, str):
        return repr(clipped(value, SHOWN_VALUE))
    return clipped(json.dumps(value, ensure_ascii=False), SHOWN_VALUE)


def _short(value: Any) -> Any:
    """A value as a program reads it, cut where it is long."""
    if value is None or isinstance(value, (int, float)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return clipped(text, SHOWN_VALUE)


class TaskWrites:
    """The steps that the task services share; each works in its caller's transaction."""

    def __init__(
        self,
        events: EventService,
        clock: Clock,
        branches: BranchService,
        *,
        lease_seconds: int,
        workflow: Workflow,
        machine: str = "",
    ) -> None:
        self.workflow = workflow
        self._machine = machine
        self._events = events
        self._branches = branches
        self._clock = clock
        self._lease_seconds = lease_seconds

    def lease(self) -> Lease:
        return Lease(self._clock.now(), self._lease_seconds, self._machine)

    async def standing(self, caller: Caller) -> Standing:
        """Where the caller stands; asked before a transaction, which git must not hold up."""
        return await self._branches.standing(caller.worktree)

    async def row(
        self, session: WriteSession, task_id: int, expected_version: int | None
    ) -> TaskRow:
        row = await load(session, task_id)
        if expected_version is None or expected_version == row.version:
            return row
        changed = {}
        if expected_version > 0:
            changed = await history.changed_since(session, task_id, expected_version)
        raise VersionStale(row, expected_version, changed)

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
            await history.record(
                session, row.id, changes, actor=caller.name, at=lease.now, version=row.version
            )
            if SEARCHED & {change.field for change in changes}:
                await similar.index(session, row)
            await self.announce(session, row, changes[0].action, caller)
        return to_task(row)

    async def look(self, database: Database, task_id: int, caller: Caller | None) -> Task:
        """A task; the holder's look at it renews the claim where the board can be written.

        Raises:
            TaskNotFound: There is none of this number.
        """
        async with database.read() as session:
            task = await read(session, task_id)
        return await self.looked_at(database, task, caller)

    async def looked_at(self, database: Database, task: Task, caller: Caller | None) -> Task:
        """The task that was read, its claim renewed where its holder read it."""
        if caller is None or task.claimed_by != caller.name:
            return task
        return await database.attempt(self._renewed(database, task.id, caller)) or task

    async def _renewed(self, database: Database, task_id: int, caller: Caller) -> Task:
        async with database.write() as session:
            row = await load(session, task_id)
            claims.renew(row, caller, self.lease())
            return to_task(row)

    async def others(
        self, session: WriteSession, row: TaskRow, caller: Caller
    ) -> tuple[int | None, dict[str, str]]:
        """What others changed since the caller's own last write to the task, and by whom."""
        since = await history.last_version_of(session, row.id, caller.name)
        if since is None:
            return None, {}
        changed = await history.changed_since(session, row.id, since, but_by=caller.name)
        return since, {name: change.actor for name, change in changed.items()}

    @asynccontextmanager
    async def noting_refusals(
        self, database: Database, task_id: int, caller: Caller, wanted: str
    ) -> AsyncGenerator[None]:
        """Has the history tell of a write that a former holder was refused, with both names.

        What the holder is refused renews the claim all the same: somebody is at work there.

        Raises:
            ClaimLost: In the place of Claimed, where the caller once held the task.
        """
        try:
            yield
        except (Conflict, Invalid, Stale) as refusal:
            if not isinstance(refusal, Claimed):
                with suppress(NotFound, Unavailable):  # what was refused is what matters
                    await self.look(database, task_id, caller)
                raise
            async with database.write() as session:
                lease = self.lease()
                if not await history.has_claimed(session, refusal.task_id, caller.name):
                    raise
                row = await load(session, refusal.task_id)
                lost = ClaimLost(row)
                change = Change(REFUSED, "claimed_by", caller.name, row.claimed_by, wanted)
                last = await history.last_entry(session, row.id)
                if last is None or (last.actor, last.action) != (caller.name, REFUSED):
                    await history.record(
                        session,
                        row.id,
                        [change],
                        actor=caller.name,
                        at=lease.now,
                        version=row.version,
                    )
            raise lost from None

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
