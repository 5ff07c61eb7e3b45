"""Which tasks hold a text or stand in a column, on a board that is a file, known from before.

To find the 33,000 tasks that hold a frequent text takes longer than a page of them. So a set that
was found is kept, and brought up to date when it is asked for again: triggers note which tasks
changed (`tasks_changed`, of which the last thousand are left), and each of these is looked at. A
set that is older than all that is left is found anew. Hence a set is that of the board as the
transaction sees it, whoever wrote, and how many tasks match several conditions is how many bits
their sets have in common.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Integer,
    ScalarSelect,
    Select,
    SelectBase,
    String,
    and_,
    bindparam,
    column,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.backend import WRITES
from claudetask_core.db.known_sets import TEXT, KnownSet, KnownSets, Mark, Thing
from claudetask_core.db.models import TaskRow
from claudetask_core.db.sqlite import SETS
from claudetask_core.services import number_sets
from claudetask_core.services.grams_sqlite import DUE, GRAMS, named, quoted, written
from claudetask_core.services.text_index import FEW, TEXTS, escaped

GREATEST: Final = (1 << 22) - 1
"""A set reaches to its greatest number; a board that was numbered higher by hand has none."""
CHANGED: Final = table(
    "tasks_changed", column("seq", Integer), column("mark", Integer), column("task", Integer)
)
LAST: Final = select(func.max(CHANGED.c.seq)).scalar_subquery()
KNOWN: Final = (
    select(CHANGED.c.seq)
    .where(CHANGED.c.seq == bindparam("seq"), CHANGED.c.mark == bindparam("mark"))
    .scalar_subquery()
)
SMALL: Final = and_(
    select(func.min(TaskRow.id)).scalar_subquery() >= 0,
    select(func.max(TaskRow.id)).scalar_subquery() <= GREATEST,
)
CHANGES: Final = (
    select(SMALL, CHANGED.c.seq, CHANGED.c.mark, CHANGED.c.task)
    .outerjoin_from(CHANGED, TaskRow, TaskRow.id == CHANGED.c.task)
    .where(CHANGED.c.seq >= func.coalesce(KNOWN, LAST))
    .order_by(CHANGED.c.seq)
)
"""The change that is known, where it is left, and all after it; else the last one."""
PATTERN: Final = bindparam("pattern", type_=String)
HOLDS: Final = or_(*(said.like(PATTERN, escape="\\") for said in TEXTS))
NOW: Final = select(SMALL, CHANGED.c.seq, CHANGED.c.mark).where(CHANGED.c.seq == LAST)


class NoSets(Exception):
    """The board has none: it was numbered too high, or its changes are not noted."""


def _listing(ids: SelectBase) -> ScalarSelect[Any]:
    """All numbers that a statement finds, as one text."""
    return select(func.group_concat(next(iter(ids.subquery().c)))).scalar_subquery()


FRESH: Final = _listing(written(HOLDS))
OF_PHRASE: Final = NOW.add_columns(
    _listing(select(GRAMS.c.rowid).where(named(bindparam("phrase", type_=String)))),
    _listing(select(DUE.c.id)),
    FRESH,
)
"""What the index names, what of it may be no more so, and what of that is."""


@lru_cache
def _changes(names: tuple[str, ...]) -> Select[Any]:
    """The changes, and whether what changed now holds a text or is of a column's value."""
    return CHANGES.add_columns(
        *(
            HOLDS if name == TEXT else getattr(TaskRow, name) == bindparam(f"value_{place}")
            for place, name in enumerate(names)
        )
    )


class TaskSets:
    """The sets as a transaction sees them."""

    def __init__(self, session: AsyncSession, kept: KnownSets) -> None:
        self._session = session
        self._kept = kept

    def has(self, thing: Thing) -> bool:
        """Whether it is kept, as it is now or was."""
        return self._kept.get(thing) is not None

    async def newest(self) -> int:
        """The place of the last change that is noted."""
        return await self._session.scalar(select(LAST)) or 0

    async def known(self, things: Iterable[Thing]) -> dict[Thing, int]:
        """Those of these sets that are kept, as they are now.

        Raises:
            NoSets: There are none any more.
        """
        kept: dict[Thing, KnownSet] = {}
        for thing in things:
            if (known := self._kept.get(thing)) is not None:
                kept[thing] = known
        while kept:
            first = min(known.at for known in kept.values())
            rows = await self._changed_since(first, kept)
            seen: set[Mark] = {(seq, mark) for _, seq, mark, *_ in rows}
            left = {
                thing: known
                for thing, known in kept.items()
                if known.at in seen or (first not in seen and known.at > first)
            }
            if len(left) == len(kept):
                return self._corrected(kept, rows)
            kept = left
        return {}

    async def holding(self, text: str, phrase: str | None, ids: SelectBase) -> int:
        """The tasks that hold a text, found anew.

        Args:
            text: It is kept by this, where more than `FEW` do.
            phrase: What the index is asked, if its answer is all that is needed.
            ids: Else what finds them.

        Raises:
            NoSets: They are to be counted otherwise.
        """
        given = {"pattern": f"%{escaped(text)}%"}
        if phrase is None:
            at, (listed,) = await self._found(NOW.add_columns(_listing(ids)), {})
            numbers = number_sets.listed(listed)
        else:
            at, lists = await self._found(OF_PHRASE, {**given, "phrase": quoted(phrase)})
            known, stale, fresh = map(number_sets.listed, lists)
            numbers = known & ~stale | fresh
        if numbers.bit_count() > FEW:
            self._kept.put((TEXT, text), KnownSet(at, numbers))
        return numbers

    async def standing(self, things: Sequence[Thing]) -> dict[Thing, int]:
        """The tasks of columns, types or priorities, found anew by an index of these.

        Raises:
            NoSets: As above.
        """
        if not things:
            return {}
        ids = (select(TaskRow.id).where(getattr(TaskRow, name) == value) for name, value in things)
        at, lists = await self._found(NOW.add_columns(*map(_listing, ids)), {})
        found = dict(zip(things, map(number_sets.listed, lists), strict=True))
        for thing, numbers in found.items():
            self._kept.put(thing, KnownSet(at, numbers))
        return found

    async def _found(
        self, asked: Select[Any], given: Mapping[str, str]
    ) -> tuple[Mark, Sequence[str | None]]:
        """After which change, and lists of numbers."""
        rows = await self._rows(asked, given)
        if not rows:
            raise NoSets
        _, seq, mark, *lists = rows[0]
        return (seq, mark), lists

    async def _rows(self, asked: Select[Any], given: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        rows = (await self._session.execute(asked, given)).all()
        if rows and not rows[0][0]:
            raise NoSets
        return rows

    async def _changed_since(self, at: Mark, things: Iterable[Thing]) -> Sequence[Sequence[Any]]:
        given: dict[str, Any] = dict(zip(("seq", "mark"), at, strict=True))
        for place, (name, value) in enumerate(things):
            if name == TEXT:
                given["pattern"] = f"%{escaped(value)}%"
            else:
                given[f"value_{place}"] = value
        return await self._rows(_changes(tuple(name for name, _ in things)), given)

    def _corrected(
        self, kept: Mapping[Thing, KnownSet], rows: Sequence[Sequence[Any]]
    ) -> dict[Thing, int]:
        _, seq, mark, *_ = rows[-1]
        tasks = [task for _, _, _, *task in rows if 0 <= task[0] <= GREATEST]
        changed = number_sets.of(number for number, *_ in tasks)
        found: dict[Thing, int] = {}
        for place, (thing, known) in enumerate(kept.items(), 1):
            fits = number_sets.of(task[0] for task in tasks if task[place])
            found[thing] = known.numbers & ~changed | fits
            self._kept.put(thing, KnownSet((seq, mark), found[thing]))
        return found


async def task_sets(session: AsyncSession) -> TaskSets:
    """With what is known of the file; to a writer, who sees what nobody else does, nothing is."""
    connection = await session.connection()
    if session.get_bind().get_execution_options().get(WRITES):
        return TaskSets(session, KnownSets())
    return TaskSets(session, connection.info[SETS])
