"""What happened on the board, in the order it happened, told to whoever watches.

Events are rows, so they reach watchers in every process that has the board open: each process
looks for new rows when it commits itself, when the database tells of another's commit, and, while
anybody watches, every `POLL_SECONDS`, or more seldom as long as the database tells.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import delete, func, select

from claudetask_core.clock import Clock
from claudetask_core.db.engine import Database, WriteSession
from claudetask_core.db.models import Base, EventRow
from claudetask_core.errors import DomainError, Unavailable
from claudetask_core.schemas.audit import AuditKind
from claudetask_core.schemas.event import Event, EventType
from claudetask_core.services.access import audit

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
HEARING_POLL_SECONDS = 5.0
"""Where the database tells of commits, this is for what it might not have told."""
DEAF_PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)
"""How long it is left alone after a connection was lost, each time longer."""
BATCH = 200
KEPT = 20_000
TRIM_EVERY = 1_000
ADD: Final = Base.metadata.tables[EventRow.__tablename__].insert()
STEP = "progress"
"""What a job says of itself on the way."""
_NO_HISTORY = (EventType.AGENT.value, EventType.CLAUDE_MD.value, EventType.JOB.value)
"""Kinds of events that are written down for good, as those of tasks and settings are anyway."""


class EventService:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._news = asyncio.Event()
        self._watchers = 0
        self._poller: asyncio.Task[None] | None = None
        self.hears = False
        """Whether the database tells of others' commits."""
        database.on_commit(self._wake)

    async def announce(self, type: EventType, action: str, id: str, actor: str) -> None:  # noqa: A002 — the event's own field names
        """Records a change of something that is not in the database (a file, the index)."""
        async with self._database.write() as session:
            await self.append(session, type, action, id, actor)

    async def announce_unless_told(
        self,
        type: EventType,  # noqa: A002 — the event's own field names
        action: str,
        id: str,  # noqa: A002 — as above
        actor: str,
        *,
        since: datetime,
    ) -> None:
        """The same, where nobody has told of that subject since; of all processes one does."""
        async with self._database.write() as session:
            told = select(EventRow.seq).where(
                EventRow.type == type.value, EventRow.subject == id, EventRow.at >= since
            )
            if await session.scalar(told.limit(1)) is None:
                await self.append(session, type, action, id, actor)

    async def append(
        self,
        session: WriteSession,
        type: EventType,  # noqa: A002 — the event's own field names
        action: str,
        id: str,  # noqa: A002 — as above
        actor: str,
        version: int | None = None,
    ) -> None:
        """Records a change within the transaction that makes it."""
        now = self._clock.now()
        said = {"type": type.value, "action": action, "subject": id, "actor": actor}
        added = await session.execute(ADD, {**said, "at": now, "version": version})
        if type in _NO_HISTORY and action != STEP:
            audit.write_down(session, AuditKind(type), action, id, actor=actor, at=now)
        seq: int = cast("Any", added).inserted_primary_key[0]
        if seq % TRIM_EVERY == 0:
            await session.execute(delete(EventRow).where(EventRow.seq <= seq - KEPT))

    async def latest(self) -> int:
        """The number of the newest event, 0 where there is none."""
        async with self._database.read() as session:
            return await session.scalar(select(func.max(EventRow.seq))) or 0

    async def _newest(self) -> Event | None:
        """The newest event; on another board it may have the same number."""
        newest = select(EventRow).order_by(EventRow.seq.desc()).limit(1)
        async with self._database.read() as session:
            row = await session.scalar(newest)
            return None if row is None else _event(row)

    async def since(self, seq: int, limit: int = BATCH) -> list[Event]:
        """Up to `limit` events after number `seq`, oldest first."""
        async with self._database.read() as session:
            rows = await session.scalars(
                select(EventRow).where(EventRow.seq > seq).order_by(EventRow.seq).limit(limit)
            )
            return [_event(row) for row in rows]

    async def _at(self, seq: int) -> tuple[Event | None, list[Event]]:
        """The event with that number, and those after it."""
        found = await self.since(seq - 1)
        if found and found[0].seq == seq:
            return found[0], found[1:]
        return None, found

    async def past(
        self, limit: int, before: int | None = None, actor: str | None = None
    ) -> list[Event]:
        """What happened to agents, CLAUDE.md and jobs, newest first, before event `before`.

        The changes of tasks and settings have a history of their own.
        """
        wanted = select(EventRow).where(EventRow.type.in_(_NO_HISTORY), EventRow.action != STEP)
        if before is not None:
            wanted = wanted.where(EventRow.seq < before)
        if actor is not None:
            wanted = wanted.where(audit.by(EventRow.actor, actor))
        async with self._database.read() as session:
            rows = await session.scalars(wanted.order_by(EventRow.seq.desc()).limit(limit))
            return [_event(row) for row in rows]

    async def watch(
        self, after: int | None = None, *, one_board: bool = False
    ) -> AsyncGenerator[Event]:
        """Events as they come, from any process, those after number `after` first.

        Each watcher reads for itself from where it stands, so a slow one loses nothing and holds
        nobody up. Where an import put another board here, whose numbers are lower, it goes on with
        the last that happened there.

        Args:
            after: The number of the last event that is known; None for the newest there is.
            one_board: Whether it ends instead where the event that it knows is not there any
                more: on another board, or too many events ago. What is known has to be read anew.
        """
        seq = await self.latest() if after is None else after
        known: Event | None = None
        self._watchers += 1
        if self._poller is None:
            self._poller = asyncio.create_task(self._poll())
        try:
            while True:
                news = self._news
                try:
                    there, events = await self._at(seq)
                    last = None if events else await self.latest()
                except Unavailable:  # a server that comes back has all that was missed
                    await asyncio.sleep(POLL_SECONDS)
                    continue
                if one_board and known is not None and known != there:
                    return
                known = there
                for event in events:
                    seq = event.seq
                    known = event
                    yield event
                if last is not None and last < seq:
                    seq = max(0, last - BATCH)
                    known = None
                elif last is not None:
                    await news.wait()
        finally:
            self._watchers -= 1

    async def close(self) -> None:
        if self._poller is not None:
            self._poller.cancel()
            with suppress(asyncio.CancelledError):
                await self._poller
            self._poller = None

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _poll(self) -> None:
        hearing = asyncio.create_task(self._hear())
        try:
            await self._look()
        finally:
            hearing.cancel()
            with suppress(asyncio.CancelledError):
                await hearing

    async def _look(self) -> None:
        """Looks for what other processes wrote, as long as anybody watches."""
        seen: Event | None = None
        while True:
            with suppress(TimeoutError):
                pause = HEARING_POLL_SECONDS if self.hears else POLL_SECONDS
                await asyncio.wait_for(self._news.wait(), pause)
            if self._watchers == 0:
                self._poller = None
                return
            with suppress(Unavailable):  # a locked board is looked at again next time
                newest = await self._newest()
                if newest != seen:
                    seen = newest
                    self._wake()

    async def _hear(self) -> None:
        """Listens to the database, if it tells anything, and again when the connection is lost."""
        lost = 0
        while True:
            try:
                async with aclosing(self._database.hear()) as told:
                    async for _ in told:
                        self.hears, lost = True, 0
                        self._wake()
                if not self.hears:
                    return
            except DomainError as error:
                log.info("other servers are not heard: %s", error.code)
            finally:
                self.hears = False
            await asyncio.sleep(DEAF_PAUSES[min(lost, len(DEAF_PAUSES) - 1)])
            lost += 1


def _event(row: EventRow) -> Event:
    return Event(
        seq=row.seq,
        type=EventType(row.type),
        action=row.action,
        id=row.subject,
        actor=row.actor,
        at=row.at,
        version=row.version,
    )
