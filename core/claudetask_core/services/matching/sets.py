"""Which tasks hold a text or stand in a column, known from before.

To find the 33,000 tasks that hold a frequent text takes longer than a page of them. So a set that
was found is kept, and brought up to date when it is asked for again: triggers note which tasks
changed (`tasks_changed`, of which the last thousand are left), and each of these is looked at. A
set that is older than all that is left is found anew. Hence a set is that of the board as the
transaction sees it, whoever wrote, and how many tasks match several conditions is how many bits
their sets have in common.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, String, bindparam
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.backend import WRITES
from claudetask_core.db.known_sets import (
    GREATEST,
    SETS,
    TEXT,
    KnownSet,
    KnownSets,
    Thing,
    Times,
)
from claudetask_core.db.models import TaskRow
from claudetask_core.services.matching import number_sets, sets_recalled
from claudetask_core.services.matching.postings import Damaged
from claudetask_core.services.matching.text_index import FEW, Holding, escaped

MUCH: Final = 100
"""After so many changes what is known is worth writing down again."""
At = TypeVar("At")
Row = Sequence[Any]


class NoSets(Exception):
    """The board has none: it was numbered too high, or its changes are not noted."""


@dataclass(frozen=True)
class Changed:
    """A task that changed, and what it now has of what was asked for."""

    task: int
    has: Sequence[bool]


@dataclass(frozen=True)
class Since(Generic[At]):
    """What changed since the sets of some things, those of which it is known.

    Attributes:
        now: When the transaction sees the board.
        things: Each of which all changes are here, and its place in what these have.
        changed: All changes since the oldest, for some more than they missed.
    """

    now: At
    things: Mapping[Thing, int]
    changed: Sequence[Changed]


class Board(Protocol[At]):
    """How one kind of database finds sets and tells what changed since, in one transaction.

    Each raises NoSets where it keeps none, or none any more.
    """

    async def newest(self) -> int:
        """The place of the last change that is noted."""
        ...

    async def now(self) -> At:
        """When the transaction sees the board."""
        ...

    async def since(self, kept: Mapping[Thing, KnownSet[At]]) -> Since[At] | None:
        """What changed since these; None where that is not known of any."""
        ...

    async def holding(self, text: str, holding: Holding) -> tuple[At, int]:
        """The tasks that hold a text, and as of when."""
        ...

    async def standing(self, things: Sequence[Thing]) -> tuple[At, Sequence[int]]:
        """The tasks of each of some columns, types or priorities, by an index of these."""
        ...


class TaskSets(Generic[At]):
    """The sets as a transaction sees them.

    To a writer, who sees what nobody else does, nothing is known.
    """

    def __init__(self, board: Board[At], kept: KnownSets[At]) -> None:
        self._board = board
        self._kept = kept
        self.newest = board.newest
        self.now = board.now

    def has(self, thing: Thing) -> bool:
        """Whether it is kept, as it is now or was."""
        return self._kept.get(thing) is not None

    async def known(self, things: Iterable[Thing]) -> dict[Thing, int]:
        """Those of these sets that are kept, as they are now.

        Raises:
            NoSets: There are none any more.
        """
        kept: dict[Thing, KnownSet[At]] = {}
        for thing in things:
            if (known := self._kept.get(thing)) is not None:
                kept[thing] = known
        if not kept:
            return {}
        found = await self._brought_up(kept)
        for thing, known in found.items():
            self._kept.put(thing, known)
        return {thing: known.numbers for thing, known in found.items()}

    async def _brought_up(self, kept: Mapping[Thing, KnownSet[At]]) -> Mapping[Thing, KnownSet[At]]:
        """Those of these sets of which it is known what changed since, as they are now."""
        since = await self._board.since(kept)
        if since is None:
            return {}
        self._kept.news = self._kept.news or len(since.changed) >= MUCH
        changed = number_sets.of(one.task for one in since.changed)
        found: dict[Thing, KnownSet[At]] = {}
        for thing, place in since.things.items():
            fit = number_sets.of(one.task for one in since.changed if one.has[place])
            found[thing] = KnownSet(since.now, kept[thing].numbers & ~changed | fit)
        return found

    async def by_terms(self, text: str) -> int | None:
        """The tasks that hold a text, by the index of terms; kept where they are many.

        Returns:
            None where there is no such index, or it does not say, or not of this board as it is.

        Raises:
            NoSets: As above.
        """
        index, thing = await sets_recalled.index(self._kept), (TEXT, text)
        parts = None if index is None else index.parts(text)
        if index is None or parts is None:
            return None
        try:
            found = await asyncio.gather(*map(asyncio.to_thread, parts))
        except Damaged:
            self._kept.postings = None
            return None
        held = KnownSet(index.at, number_sets.all_of(found))
        now = (await self._brought_up({thing: held})).get(thing)
        if now is None:
            return None
        if now.numbers.bit_count() > FEW:
            self._kept.put(thing, now)
        return now.numbers

    async def changed(self, at: At) -> Sequence[int] | None:
        """The tasks of all changes since; None where that is not known any more.

        Raises:
            NoSets: As above.
        """
        since = await self._board.since({(TEXT, ""): KnownSet(at, 0)})
        return None if since is None else [one.task for one in since.changed]

    async def bring_up(self, things: Sequence[Thing]) -> bool:
        """Has what is kept of these be as it is now, or kept no more; whether all still is.

        Raises:
            NoSets: As above.
        """
        found = await self.known(things)
        for thing in things:
            if thing not in found:
                self._kept.forget(thing)
        return len(found) == len(things)

    async def holding(self, text: str, holding: Holding) -> int:
        """The tasks that hold a text, found anew; kept where it is long to find them again.

        Raises:
            NoSets: They are to be counted otherwise.
        """
        at, numbers = await self._board.holding(text, holding)
        if numbers.bit_count() > FEW or holding.each:
            self._kept.put((TEXT, text), KnownSet(at, numbers))
        return numbers

    async def standing(self, things: Sequence[Thing]) -> dict[Thing, int]:
        """The tasks of columns, types or priorities, found anew.

        Raises:
            NoSets: As above.
        """
        if not things:
            return {}
        at, found = await self._board.standing(things)
        for thing, numbers in zip(things, found, strict=True):
            self._kept.put(thing, KnownSet(at, numbers))
        return dict(zip(things, found, strict=True))


async def kept_sets(session: AsyncSession, times: Times[At]) -> KnownSets[At]:
    """What is known of the board of a session, from a former start too; to a writer nothing is."""
    connection = await session.connection()
    if session.get_bind().get_execution_options().get(WRITES):
        return KnownSets()
    known: KnownSets[At] = connection.info[SETS]
    await sets_recalled.recall(known, times)
    return known


def conditions(
    names: Sequence[str], holds: Callable[[ColumnElement[str]], ColumnElement[bool]]
) -> Sequence[ColumnElement[bool]]:
    """Whether a task has what is named, by the parameters that `bound` gives.

    Args:
        names: Of columns, and `TEXT`, which may come more than once.
        holds: Whether it holds the text of a pattern.
    """
    given = [bindparam(f"value_{place}", type_=String) for place, _ in enumerate(names)]
    return [
        holds(value) if name == TEXT else getattr(TaskRow, name) == value
        for name, value in zip(names, given, strict=True)
    ]


def bound(things: Iterable[Thing]) -> dict[str, str]:
    """The parameters by which it is asked whether a task has these."""
    return {
        f"value_{place}": like(value) if name == TEXT else value
        for place, (name, value) in enumerate(things)
    }


def fits(number: int) -> bool:
    """Whether a task can be in a set."""
    return 0 <= number <= GREATEST


def like(text: str) -> str:
    """The pattern of all that holds a text."""
    return f"%{escaped(text)}%"
