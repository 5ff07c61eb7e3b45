"""A page of the tasks that match, and how many do, at about the same cost on a board of any size.

How many tasks stand in each column, of each type and priority, is kept (`tasks_counted`). With that
a page is found in one of two ways. Where few match, they are fetched and ordered. Where many do,
the tasks are walked in the order asked for, from its nearer end, until the page is full: the denser
the matches, the sooner. Columns and priorities have an order of their own that no index knows, so
each of these is walked after the other. Where it is known which tasks hold a text, those of a page
in order of number are too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    cast,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.known_sets import Thing
from claudetask_core.db.models import StatusRow, TaskRow
from claudetask_core.schemas.task import Page, Priority, Task, TaskFilter
from claudetask_core.services.matching import number_sets
from claudetask_core.services.matching.counts import FILTERS, Counts, Equal, counts
from claudetask_core.services.matching.number_sets import Matching
from claudetask_core.services.matching.text_index import FEW, Holding, Rows, TextIndex
from claudetask_core.services.similar.indexes import text_index
from claudetask_core.services.tasks.reading import read_page
from claudetask_core.services.tasks.rows import PRIORITY_RANK, STATUS_RANK

WALKED: Final = ("status", "priority")
"""What has an index with the number after it: the tasks of one are walked in order of number."""


@dataclass(frozen=True)
class Part:
    """Some of the tasks that match, next to each other in the order: all, or those of a group."""

    equal: Equal
    count: int


async def matching(session: AsyncSession, statement: Rows, wanted: TaskFilter) -> Rows:
    """A statement over tasks with every condition of the filter."""
    index = text_index(session)
    equal = _equal(wanted)
    if not wanted.q:
        return statement.where(*_equals(index, equal, equal))
    holding = await index.holding(session, wanted.q)
    return _held(index, holding, statement, equal)


async def listed(session: AsyncSession, wanted: TaskFilter, page: Page) -> tuple[list[Task], int]:
    """The tasks of the page with all that hangs on them, and how many match in all."""
    listing = _Listing(session, wanted, page, await counts(session))
    if not wanted.q:
        return await listing.plain()
    return await listing.holding(wanted.q)


async def completed(session: AsyncSession, typed: str, limit: int) -> tuple[list[int], int]:
    """Numbers of tasks that begin with what was typed, or whose titles hold it.

    Returns:
        Up to `limit` numbers, open tasks first, and how many there are in all.
    """
    found = select(TaskRow.id)
    if typed.isdigit() or not typed:
        found = found.where(cast(TaskRow.id, String).startswith(typed))
    else:
        index = text_index(session)
        found = _held(index, await index.holding(session, typed, (TaskRow.title,)), found, {})
    total = await session.scalar(select(func.count()).select_from(found.subquery()))
    first = found.order_by(TaskRow.completed_at.is_not(None), TaskRow.id).limit(limit)
    return list(await session.scalars(first)), total or 0


class _Listing:
    def __init__(
        self, session: AsyncSession, wanted: TaskFilter, page: Page, counted: Counts
    ) -> None:
        self._session = session
        self._index = text_index(session)
        self._page = page
        self._equal = _equal(wanted)
        self._counts = counted
        self._all = counted.of({})
        self._filtered = counted.of(self._equal)
        self._name = page.sort.value.removeprefix("-")
        self._falls = page.sort.value.startswith("-")
        self._grouped = self._name in WALKED and not page.after_id

    async def plain(self) -> tuple[list[Task], int]:
        if not self._grouped:
            return await self._walked([Part(self._equal, self._filtered)]), self._filtered
        return await self._walked(
            await self._groups(self._counts.of_each(self._name, self._equal))
        ), self._filtered

    async def holding(self, text: str) -> tuple[list[Task], int]:
        if self._filtered <= FEW:
            holds = self._index.holds(text)
            ids = select(TaskRow.id).where(*self._chosen(self._equal), holds)
            total, few = await self._index.counted(self._session, ids)
            return await self._ordered(few), total
        groups: list[Thing] = []
        if self._grouped:
            each = self._counts.of_each(self._name, self._equal)
            groups = [(self._name, name) for name in await self._order() if name in each]
        enough = self._page.offset + self._page.limit
        found = await self._index.matching(self._session, text, self._equal, groups, enough)
        if found is None:
            return await self._looked_for(text)
        total = found.numbers.bit_count()
        if total <= FEW:
            return await self._ordered(number_sets.some(found.numbers, 0, FEW)), total
        if self._grouped or self._name == "id":
            return await self._numbered(found), total
        part = Part(self._equal, total)
        return await self._walked([part], self._index.holds(text)), total

    async def _looked_for(self, text: str) -> tuple[list[Task], int]:
        """The same where the board has no sets."""
        holding = await self._index.holding(self._session, text)
        ids = _held(self._index, holding, select(TaskRow.id), self._equal)
        total, few = await self._index.counted(self._session, ids)
        if total <= FEW:
            return await self._ordered(few), total
        if not self._grouped:
            return await self._walked([Part(self._equal, total)], holding.holds), total
        parts = await self._groups(await self._of_groups(holding))
        return await self._walked(parts, holding.holds), total

    async def _of_groups(self, holding: Holding) -> Mapping[str, int]:
        """How many that hold a text are in each column or of each priority."""
        by: ColumnElement[str] = getattr(TaskRow, self._name)
        rows = await self._session.execute(
            _held(self._index, holding, select(by, func.count()), self._equal).group_by(by)
        )
        return {name: count for name, count in rows.all()}  # noqa: C416 — pyright wants them named

    async def _numbered(self, found: Matching) -> list[Task]:
        """The page in order of number, where it is known which tasks match."""
        parts = [number_sets.after(found.numbers, self._page.after_id)]
        if self._grouped:
            parts = [found.numbers & group for group in found.groups]
        page: list[int] = []
        skip = self._page.offset
        for part in parts:
            left = self._page.limit - len(page)
            if left > 0 and skip < part.bit_count():
                page += number_sets.some(part, skip, left, falls=self._falls)
            skip = max(0, skip - part.bit_count())
        place = {number: n for n, number in enumerate(page)}
        statement = select(TaskRow.id).where(self._index.numbered(page))
        tasks = await read_page(self._session, statement, [TaskRow.id.expression])
        return sorted(tasks, key=lambda task: place[task.id])

    async def _groups(self, found: Mapping[str, int]) -> list[Part]:
        """The parts of a list by column or priority, in its order."""
        order = await self._order()
        return [Part({**self._equal, self._name: n}, found[n]) for n in order if n in found]

    async def _order(self) -> Sequence[str]:
        """The columns or priorities in the order of the list."""
        if self._name == "status":
            names = await self._session.scalars(select(StatusRow.name).order_by(StatusRow.position))
            order = list(names)
        else:
            order = [str(priority) for priority in Priority]
        return order[::-1] if self._falls else order

    async def _ordered(self, ids: Sequence[int]) -> list[Task]:
        """The page of tasks that are known."""
        left = sorted(n for n in ids if n > self._page.after_id)
        skip, take = self._page.offset, self._page.limit
        if self._name == "id":
            left = (left[::-1] if self._falls else left)[skip : skip + take]
            skip = 0
        if not left:
            return []
        statement = select(TaskRow.id).where(self._index.numbered(left))
        return await self._read(statement, self._keys(indexed=False), skip, take)

    async def _walked(self, parts: Sequence[Part], *conditions: ColumnElement[bool]) -> list[Task]:
        tasks: list[Task] = []
        skip = self._page.offset
        for part in parts:
            left = min(self._page.limit - len(tasks), part.count - skip)
            if left > 0:
                tasks += await self._part(part, conditions, skip, left)
            skip = max(0, skip - part.count)
        return tasks

    async def _part(
        self, part: Part, conditions: Sequence[ColumnElement[bool]], skip: int, take: int
    ) -> list[Task]:
        turned = not self._page.after_id and skip > part.count // 2
        if turned:
            skip = part.count - skip - take
        few = self._filtered * part.count < self._all * (skip + take)
        by_number = self._name == "id" or self._grouped
        walked = [name for name in WALKED if name in part.equal][:1] if by_number else []
        equals = self._chosen(part.equal) if few else _equals(self._index, part.equal, walked)
        statement = select(TaskRow.id).where(*equals, *conditions)
        if self._page.after_id:
            statement = statement.where(TaskRow.id > self._page.after_id)
        keys = self._keys(indexed=not few, turned=turned)
        tasks = await self._read(statement, keys, skip, take)
        return tasks[::-1] if turned else tasks

    async def _read(
        self, statement: Select[int], keys: Sequence[ColumnElement[Any]], skip: int, take: int
    ) -> list[Task]:
        """So many of the tasks that a statement finds, in this order."""
        page = statement.order_by(*keys).offset(skip).limit(take)
        in_order = [self._index.unindexed(key) for key in keys]
        return await read_page(self._session, page, in_order)

    def _chosen(self, equal: Equal) -> list[ColumnElement[bool]]:
        """The filter's conditions, where an index is to find those that fit.

        Columns and priorities have one together; that of types is for few tasks of many.
        """
        least = min(equal, key=lambda name: self._counts.of({name: equal[name]}), default=None)
        return _equals(self._index, equal, ["type"] if least == "type" else WALKED)

    def _keys(self, *, indexed: bool, turned: bool = False) -> list[ColumnElement[Any]]:
        """The order asked for, ties broken by number in the same direction."""
        by_number = TaskRow.id.expression
        if self._grouped and indexed:
            keys = [by_number]
        else:
            columns: dict[str, ColumnElement[Any]] = {
                "id": by_number,
                "title": self._index.by_title(),
                "status": STATUS_RANK,
                "priority": PRIORITY_RANK,
                "created_at": TaskRow.created_at.expression,
                "updated_at": TaskRow.updated_at.expression,
            }
            keys = list(dict.fromkeys([columns[self._name], by_number]))
        if not indexed:
            keys = [self._index.unindexed(key) for key in keys]
        return [key.desc() for key in keys] if self._falls != turned else keys


def _equal(wanted: TaskFilter) -> dict[str, str]:
    values = ((name, getattr(wanted, name)) for name in FILTERS)
    return {name: str(value) for name, value in values if value is not None}


def _equals(
    index: TextIndex, equal: Equal, indexed: Sequence[str] | Equal
) -> list[ColumnElement[bool]]:
    """The filter's conditions, of which these may choose an index."""
    return [
        (getattr(TaskRow, name) if name in indexed else index.unindexed(_column(name))) == value
        for name, value in equal.items()
    ]


def _column(name: str) -> ColumnElement[Any]:
    return getattr(TaskRow, name).expression


def _held(index: TextIndex, holding: Holding, statement: Rows, equal: Equal) -> Rows:
    """The statement over those that hold a text and fit the filter.

    Where an index names those that may, no other index is to take its place: the database knows
    nothing of how many it names.
    """
    if holding.ids is None:
        return statement.where(*_equals(index, equal, equal), holding.holds)
    return statement.where(TaskRow.id.in_(holding.ids), *_equals(index, equal, ()))
