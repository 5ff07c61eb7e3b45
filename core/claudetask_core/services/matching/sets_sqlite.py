"""Sets of tasks on a board that is a file, and what changed since: each change has a place."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
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

from claudetask_core.db.known_sets import GREATEST, KnownSet, Thing, Times
from claudetask_core.db.models import TaskRow
from claudetask_core.services.matching import number_sets
from claudetask_core.services.matching.grams_sqlite import DUE, GRAMS, named, written
from claudetask_core.services.matching.sets import (
    Changed,
    NoSets,
    Row,
    Since,
    TaskSets,
    bound,
    conditions,
    fits,
    kept_sets,
    like,
)
from claudetask_core.services.matching.text_index import TEXTS, Holding, Rows

Mark = tuple[int, int]
"""A row of `tasks_changed`: the last change that a set knows of."""
INT64: Final = range(-(1 << 63), 1 << 63)
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
NOW: Final = select(SMALL, CHANGED.c.seq, CHANGED.c.mark).where(CHANGED.c.seq == LAST)


def _holds(pattern: ColumnElement[str]) -> ColumnElement[bool]:
    return or_(*(said.like(pattern, escape="\\") for said in TEXTS))


def _listing(ids: SelectBase) -> ScalarSelect[Any]:
    """All numbers that a statement finds, as one text."""
    return select(func.group_concat(next(iter(ids.subquery().c)))).scalar_subquery()


FRESH: Final = _listing(written(_holds(bindparam("pattern", type_=String))))
OF_PHRASE: Final = NOW.add_columns(
    _listing(select(GRAMS.c.rowid).where(named(bindparam("phrase", type_=String)))),
    _listing(select(DUE.c.id)),
    FRESH,
)
"""What the index names, what of it may be no more so, and what of that is."""


@lru_cache
def _changes(names: tuple[str, ...]) -> Select[Any]:
    """The changes, and whether what changed now holds a text or is of a column's value."""
    return CHANGES.add_columns(*conditions(names, _holds))


class SqliteSets:
    """The sets of a file as a transaction sees them, and its changes."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def newest(self) -> int:
        return await self._session.scalar(select(LAST)) or 0

    async def now(self) -> Mark:
        return (await self._found(NOW, {}))[0]

    async def since(self, kept: Mapping[Thing, KnownSet[Mark]]) -> Since[Mark] | None:
        left: Mapping[Thing, KnownSet[Mark]] = kept
        while left:
            first = min(known.at for known in left.values())
            rows = await self._changed_since(first, left)
            seen: set[Mark] = {(seq, mark) for _, seq, mark, *_ in rows}
            known: dict[Thing, KnownSet[Mark]] = {
                thing: one
                for thing, one in left.items()
                if one.at in seen or (first not in seen and one.at > first)
            }
            if len(known) == len(left):
                return _since(rows, known)
            left = known
        return None

    async def holding(self, text: str, holding: Holding) -> tuple[Mark, int]:
        if holding.phrase is None:
            at, (listed,) = await self._found(NOW.add_columns(_listing(holding.every())), {})
            return at, number_sets.listed(listed)
        asked = {"pattern": like(text), "phrase": holding.phrase}
        at, lists = await self._found(OF_PHRASE, asked)
        known, stale, fresh = map(number_sets.listed, lists)
        return at, known & ~stale | fresh

    async def standing(self, things: Sequence[Thing]) -> tuple[Mark, Sequence[int]]:
        ids = (select(TaskRow.id).where(getattr(TaskRow, name) == value) for name, value in things)
        at, lists = await self._found(NOW.add_columns(*map(_listing, ids)), {})
        return at, [number_sets.listed(one) for one in lists]

    async def _found(
        self, asked: Rows, given: Mapping[str, str]
    ) -> tuple[Mark, Sequence[str | None]]:
        """After which change, and lists of numbers."""
        rows = await self._rows(asked, given)
        if not rows:
            raise NoSets
        _, seq, mark, *lists = rows[0]
        return (seq, mark), lists

    async def _rows(self, asked: Rows, given: Mapping[str, Any]) -> Sequence[Row]:
        rows = (await self._session.execute(asked, given)).all()
        if rows and not rows[0][0]:
            raise NoSets
        return rows

    async def _changed_since(self, at: Mark, things: Mapping[Thing, object]) -> Sequence[Row]:
        given: dict[str, Any] = dict(zip(("seq", "mark"), at, strict=True))
        return await self._rows(
            _changes(tuple(name for name, _ in things)), {**given, **bound(things)}
        )


def _since(rows: Sequence[Row], things: Iterable[Thing]) -> Since[Mark]:
    _, seq, mark, *_ = rows[-1]
    changed = [Changed(task, has) for _, _, _, task, *has in rows if fits(task)]
    return Since((seq, mark), {thing: place for place, thing in enumerate(things)}, changed)


def _said(at: Mark) -> str:
    return f"{at[0]} {at[1]}"


def _of(said: str) -> Mark:
    seq, mark = map(int, said.split(" "))
    if seq not in INT64 or mark not in INT64:
        raise ValueError
    return seq, mark


TIMES: Final = Times(_said, _of)


async def sqlite_sets(session: AsyncSession) -> TaskSets[Mark]:
    """With what is known of the file."""
    return TaskSets(SqliteSets(session), await kept_sets(session, TIMES))
