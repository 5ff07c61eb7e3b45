"""The index of terms is made of the tasks' texts, and made again where they have changed.

By it the tasks that hold a text are found where nobody asked for that before (`matching.postings`).
It is true of one state of the board, and what changed since is looked at for each question; so it
has to be made again only before more has changed than is noted. Of its segments those are made
again in which a text is another one. One process at a time does it, in steps with pauses between;
the others take the file.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, func, select

from claudetask_core.db.engine import Database
from claudetask_core.db.known_sets import GREATEST, KnownSets
from claudetask_core.db.models import TaskRow
from claudetask_core.services.matching import postings, postings_file, sets_recalled
from claudetask_core.services.matching.postings import SEGMENT, Building, Damaged, Segment
from claudetask_core.services.matching.postings_file import (
    POSTINGS,
    Identity,
    Postings,
    Writing,
)
from claudetask_core.services.similar.indexes import text_index
from claudetask_core.shortage import OutOfMemory, OutOfThreads, told

if TYPE_CHECKING:
    from filelock import BaseFileLock

log = logging.getLogger(__name__)

CHANGES: Final = 500
"""After so many what is known is brought up to date: less than are noted."""
AT_ONCE: Final = 200
"""The texts of so many tasks are read at once."""
Rows = Sequence[tuple[int, str, str]]
"""Numbers, titles and descriptions."""


class TooLarge(Exception):
    """The texts are more than an index is made of."""


class Indexing:
    """Keeps the index of a board.

    Args:
        database: The board's.
        pause: Waits as befits so many seconds of work.
    """

    def __init__(self, database: Database, pause: Callable[[float], Awaitable[None]]) -> None:
        self._database = database
        self._pause = pause
        self._given_up = False
        self._whole: Identity | None = None

    async def keep_up(self) -> bool:
        """Has the index be true of about now, as far as there can be one.

        Returns:
            Whether there is nothing left to do: not where another process is at it.

        Raises:
            DomainError, SQLAlchemyError: The board cannot be read.
        """
        known = self._database.backend.known_sets()
        if known.file is None or self._given_up:
            return True
        file = known.file.with_name(POSTINGS)
        try:
            lock = await asyncio.to_thread(_locked, file)
        except OSError:  # nothing can be written there
            return True
        if lock is None:
            return False
        try:
            with told():
                await self._make(known, file)
        except (TooLarge, OutOfMemory, OutOfThreads) as error:
            log.debug("there will be no index of terms: %r", error)
            self._given_up = True
        except Damaged:
            known.postings = None
        except OSError as error:
            log.debug("the index of terms could not be written: %s", error)
        finally:
            lock.release()
        return True

    async def _make(self, known: KnownSets[Any], file: Path) -> None:
        async with self._database.read() as session:
            await text_index(session).now(session)  # says how its time is written
        await sets_recalled.index(known)
        index = await asyncio.to_thread(self._as_it_is, known, file)
        async with self._database.read() as session:
            at = await text_index(session).now(session)
            changed = None
            if at is not None and index is not None:
                changed = await text_index(session).changed(session, index.at)
        if at is None or known.times is None or (changed is not None and len(changed) <= CHANGES):
            return
        before = {} if index is None else {_place(one.numbers[0]): one for one in index.segments}
        with postings_file.writing(file) as out:
            await self._write(out, before, changed)
            await asyncio.to_thread(out.end, known.times.said(at))
        known.postings = await asyncio.to_thread(postings_file.read, file, known.times.of)

    def _as_it_is(self, known: KnownSets[Any], file: Path) -> Postings[Any] | None:
        """What the file says by now, whoever wrote it; None where it is not whole."""
        index = known.postings
        there = postings_file.identity(file)
        if known.times is not None and (not isinstance(index, Postings) or index.identity != there):
            index = postings_file.read(file, known.times.of)
        if not isinstance(index, Postings):
            return None
        if index.identity != self._whole and not index.is_whole():
            known.postings = None
            return None
        self._whole = index.identity
        known.postings = index
        return index

    async def _write(
        self, out: Writing, before: Mapping[int, Segment], changed: Sequence[int] | None
    ) -> None:
        """All segments, those of before where their texts are still the same.

        Raises:
            TooLarge: They are too many.
        """
        place = await self._next(0)
        while place is not None:
            segment = before.get(place)
            if segment is None or not await self._is_same(segment, place, changed):
                segment = await self._segment(place)
            if segment is not None:
                await asyncio.to_thread(out.add, segment)
            if not out.fits:
                raise TooLarge
            place = await self._next(place + 1)

    async def _next(self, place: int) -> int | None:
        """The first segment from this one on that has a task."""
        within = TaskRow.id.between(place * SEGMENT, GREATEST)
        async with self._database.read() as session:
            number = await session.scalar(select(func.min(TaskRow.id)).where(within))
        return None if number is None else _place(number)

    async def _is_same(self, segment: Segment, place: int, changed: Sequence[int] | None) -> bool:
        """Whether the texts of its tasks, or of those that changed, are what they were."""
        numbers = segment.numbers
        digests = await asyncio.to_thread(segment.digests, 0, len(numbers))
        before = dict(zip(numbers.tolist(), digests.tolist(), strict=True))
        wanted = None if changed is None else {one for one in changed if _place(one) == place}
        if wanted is not None and not wanted:
            return True
        now: dict[int, int] = {}
        async for rows in self._rows(place, wanted):
            for number, *texts in rows:
                now[number] = postings.digest(postings.joined(*texts))
        if wanted is None:
            return now == before
        return all(now.get(one) == before.get(one) for one in wanted)

    async def _segment(self, place: int) -> Segment | None:
        """It, made of the texts as they are; None where it has no task."""
        building = Building()
        async for rows in self._rows(place):
            await asyncio.to_thread(_add, building, rows)
        return await asyncio.to_thread(building.made) if building.tasks else None

    async def _rows(self, place: int, wanted: set[int] | None = None) -> AsyncGenerator[Rows]:
        """The tasks of a segment, or those of them that are wanted, some at a time."""
        first, end = place * SEGMENT, (place + 1) * SEGMENT
        while True:
            began = time.perf_counter()
            asked = select(TaskRow.id, TaskRow.title, TaskRow.description)
            within: list[ColumnElement[bool]] = [TaskRow.id >= first, TaskRow.id < end]
            async with self._database.read() as session:
                if wanted is not None:
                    within.append(text_index(session).numbered(wanted))
                found = asked.where(*within).order_by(TaskRow.id).limit(AT_ONCE)
                rows = [
                    (number, title, text) for number, title, text in await session.execute(found)
                ]
            if rows:
                yield rows
                first = rows[-1][0] + 1
            await self._pause(time.perf_counter() - began)
            if len(rows) < AT_ONCE:
                return


def _place(number: int) -> int:
    """Which segment a task is in."""
    return int(number) // SEGMENT


def _add(building: Building, rows: Rows) -> None:
    for row in rows:
        building.add(*row)


def _locked(file: Path) -> "BaseFileLock | None":
    """The right to write it; None where another process has it.

    Raises:
        OSError: There can be no lock.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 — 50 ms of a start that writes nothing

    file.parent.mkdir(mode=0o700, exist_ok=True)
    lock = FileLock(file.with_name(file.name + ".lock"), mode=0o600, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock
