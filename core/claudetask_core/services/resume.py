"""The resume text, asked for by a caller, who is then marked as having been here."""

from datetime import datetime

from sqlalchemy.orm import Session

from claudetask_core.clock import Clock
from claudetask_core.db.engine import Database
from claudetask_core.resume_text import LATEST, for_summary, mark, resumed
from claudetask_core.services.repository.locate import Places
from claudetask_core.services.repository.machine import on_machine
from claudetask_core.services.tasks.asking import asker
from claudetask_core.services.tasks.claims import Caller

MARK_SECONDS = 30


class ResumeService:
    def __init__(self, database: Database, clock: Clock, places: Places, machine: str = "") -> None:
        self._database = database
        self._clock = clock
        self._worktree = on_machine(machine, str(places.root))
        self._marked: dict[str, datetime] = {}

    async def text(self, caller: Caller) -> str:
        """The caller's claims (or those left behind in this worktree), what others changed since
        the caller's last call, and the next task.
        """
        now = self._clock.now()

        def compose(session: Session) -> tuple[str, int, int]:
            return resumed(asker(session), caller.name, self._worktree, now)

        async with self._database.read() as session:
            told, event, history = await session.run_sync(compose)
        await self._database.attempt(self._mark(caller, now, event, history))
        return told

    async def for_summary(self, caller: Caller) -> str:
        """What whoever sums up the caller's session should keep, who has not heard of it then."""
        now = self._clock.now()

        def compose(session: Session) -> str:
            return for_summary(asker(session), caller.name, now)

        async with self._database.read() as session:
            return await session.run_sync(compose)

    async def called(self, caller: Caller) -> None:
        """Marks the caller as having been here, at most every `MARK_SECONDS`.

        What others did in between may then be told though it was seen; nothing is left out.
        """
        now = self._clock.now()
        last = self._marked.get(caller.name)
        if last is not None and (now - last).total_seconds() < MARK_SECONDS:
            return
        self._marked = {name: at for name, at in self._marked.items() if _is_recent(at, now)}
        self._marked[caller.name] = now

        def latest(session: Session) -> tuple[int, int]:
            event, history = asker(session)(LATEST, {})[0]
            return event or 0, history or 0

        async with self._database.read() as session:
            event, history = await session.run_sync(latest)
        await self._database.attempt(self._mark(caller, now, event, history))

    async def _mark(self, caller: Caller, now: datetime, event: int, history: int) -> None:
        def note(session: Session) -> None:
            mark(asker(session), caller.name, now, event, history)

        async with self._database.write() as session:
            await session.run_sync(note)


def _is_recent(at: datetime, now: datetime) -> bool:
    return (now - at).total_seconds() < MARK_SECONDS
