"""What people are likely to ask for is looked for before they do.

Which tasks hold a text, stand in a column or are of a type is known once somebody has asked
(`text_index`), but who asks first waits for it. So once a server has been there for a moment, it
finds the sets of all columns, types and priorities, and makes the index of terms, by which any text
is found soon (`indexing`). That is done in short transactions, while no other is under way, with as
long a pause after each. Later, where much has changed and nobody writes for a moment, what was
known is brought up to date.

What is known is written to a file then, and at the end (`sets_recalled`). The next start, which is
that of the next session, has it from there, and only brings it up to date.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from claudetask_core.db.engine import Database
from claudetask_core.db.known_sets import MOST_BYTES, Thing
from claudetask_core.errors import DomainError
from claudetask_core.services.matching import sets_recalled
from claudetask_core.services.matching.counts import FILTERS, counts
from claudetask_core.services.similar.indexes import text_index
from claudetask_core.services.tasks.indexing import CHANGES, Indexing

log = logging.getLogger(__name__)

MOMENT: Final = 1.0
"""A command is done by then."""
LOOK_SECONDS: Final = 5.0
BUSY: Final = 12
"""While tasks are written all the time, what is known is looked at after so many times that."""
MANY: Final = 5_000
"""What so many tasks have in common is worth knowing; a board of fewer is answered anyway."""
BYTES: Final = MOST_BYTES // 2
"""The other half is for what people ask for."""
WORK_SECONDS: Final = 5.0
"""So long it is at work for one look, pauses apart; the most frequent words come first."""
PAUSES: Final = 1
"""As many times as long as the work before it is a pause."""
TOGETHER: Final = 32
"""So many sets are brought up to date at once."""
CLOSE_SECONDS: Final = 0.5
"""The end waits so long for the file; what the disk does then, it does alone."""


class Warming:
    """Has the sets of a board known, from a moment after the start to the end.

    Args:
        database: The board's.
        moment: How many seconds after the start it begins.
        look: How many seconds without a change are calm enough for another look.
        pauses: How many times as long as the work before it is a pause.
    """

    def __init__(
        self,
        database: Database,
        *,
        moment: float = MOMENT,
        look: float = LOOK_SECONDS,
        pauses: float = PAUSES,
    ) -> None:
        self._database = database
        self._moment = moment
        self._look = look
        self._pauses = pauses
        self._changes: int | None = None
        self._indexing = Indexing(database, self._pause)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Ends at once, whatever is under way, but for a moment in which what is known is kept."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        with suppress(TimeoutError):
            await asyncio.wait_for(self._keep(), CLOSE_SECONDS)

    async def _run(self) -> None:
        await asyncio.sleep(self._moment)
        while True:
            await self.once()
            await self.calm()

    async def calm(self) -> None:
        """Waits until nothing has changed for a while, or things have changed for long."""
        known = None
        for _ in range(BUSY):
            await asyncio.sleep(self._look)
            with suppress(DomainError, SQLAlchemyError):
                changes = await self._newest()
                if changes == known:
                    return
                known = changes

    async def once(self) -> None:
        """Has all of it known and kept, as far as the board can be read."""
        try:
            await self.look()
        except (DomainError, SQLAlchemyError) as error:
            log.debug("what is often asked for could not be looked up: %s", error)
        await self._keep()

    async def _keep(self) -> None:
        await sets_recalled.keep(self._database.backend.known_sets())

    async def look(self) -> None:
        """Has all of it known, where it may not be."""
        async with self._database.read() as session:
            board = (await counts(session)).of({})
        if board < MANY:
            return
        changes = await self._newest()
        if not self._is_due(changes):
            return
        if self._changes is not None or not await self._brought_up():
            await self._look_for_filters()
        if await self._indexing.keep_up():
            self._changes = changes

    async def _look_for_filters(self) -> None:
        left, seconds = BYTES, WORK_SECONDS
        for thing in await self._filters():
            began = time.perf_counter()
            async with self._database.read() as session:
                left -= await text_index(session).remember(session, thing)
            worked = time.perf_counter() - began
            seconds -= worked
            if left < 0 or seconds < 0:
                break
            await self._pause(worked)
        known = self._database.backend.known_sets()
        known.whole = seconds >= 0  # else the next start goes on with it
        known.news = True

    async def _brought_up(self) -> bool:
        """Brings all up to date that is known; whether that is all of it, from a former start."""
        known = self._database.backend.known_sets()
        whole = known.whole
        for _, same in itertools.groupby(known.all(), lambda one: one[1].at):
            things = [thing for thing, _ in same]
            for first in range(0, len(things), TOGETHER):
                began = time.perf_counter()
                async with self._database.read() as session:
                    some = things[first : first + TOGETHER]
                    whole &= await text_index(session).bring_up(session, some)
                await self._pause(time.perf_counter() - began)
        return whole

    async def _newest(self) -> int:
        async with self._database.read() as session:
            return await text_index(session).changes(session)

    def _is_due(self, changes: int) -> bool:
        return self._changes is None or abs(changes - self._changes) > CHANGES

    async def _pause(self, worked: float) -> None:
        await asyncio.sleep(worked * self._pauses)
        await self._database.idle()

    async def _filters(self) -> Sequence[Thing]:
        async with self._database.read() as session:
            found = await counts(session)
        return [(name, value) for name in FILTERS for value in found.of_each(name, {})]
