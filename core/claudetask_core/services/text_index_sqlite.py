"""Any part of a task's text, by an index of SQLite.

The index (FTS5's trigram tokenizer) knows where each three characters in a row stand, so that a
question of three and more is a phrase to it. One or two characters are the beginning of three,
since each text is indexed with one more after title and description; of so short questions only
rare ones are asked of the index.

Triggers note in `tasks_grams_due` which tasks were written and what the index still says of them.
Some writes at a time are taken in, which is cheaper than each alone; until then those tasks are
looked at for every question. So an answer never depends on how far the index is.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    SelectBase,
    String,
    UnaryExpression,
    column,
    func,
    literal,
    or_,
    select,
    table,
    text,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.operators import custom_op

from claudetask_core.db import derived
from claudetask_core.db.engine import WriteSession
from claudetask_core.db.known_sets import TEXT, Thing
from claudetask_core.db.models import TaskRow
from claudetask_core.services import number_sets
from claudetask_core.services.grams_sqlite import DUE, GRAMS, named, quoted, written
from claudetask_core.services.number_sets import Matching
from claudetask_core.services.task_sets_sqlite import NoSets, TaskSets, task_sets
from claudetask_core.services.text_index import (
    FEW,
    TEXTS,
    Columns,
    Holding,
    Rows,
    escaped,
    lowered,
)

GRAM: Final = 3
LONGEST: Final = 24
"""So many characters are asked of the index; where there are more, those it names are looked at."""
ALIKE: Final = re.compile("[\x01\ufffd-\uffff]")
"""What stands between texts in the index, and what is one character to it."""
MOST_DUE: Final = 32
LAST_CHARACTER: Final = 0x10FFFF
SURROGATES: Final = range(0xD800, 0xE000)
PLUS: Final = custom_op[Any]("+")
TERMS: Final = table("tasks_grams_terms", column("term", String), column("doc", Integer))
HOW_MANY_DUE: Final = select(func.count()).select_from(DUE)


class SqliteText:
    """The text indexes of a board that is a file."""

    def by_title(self) -> ColumnElement[Any]:
        return TaskRow.title.collate("NOCASE")

    def unindexed(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return UnaryExpression(column, operator=PLUS, type_=column.type)

    def numbered(self, ids: Collection[int]) -> ColumnElement[bool]:
        given = func.json_each(json.dumps(list(ids))).table_valued("value")
        return TaskRow.id.in_(select(given.c.value))

    async def counted(self, session: AsyncSession, ids: SelectBase) -> tuple[int, Sequence[int]]:
        found = ids.subquery()
        rows = await session.execute(select(func.count(), func.group_concat(next(iter(found.c)))))
        count, listed = rows.one()
        few = 0 < count <= FEW
        return count, [int(number) for number in listed.split(",")] if few else ()

    async def matching(
        self,
        session: AsyncSession,
        text: str,
        equal: Mapping[str, str],
        groups: Sequence[Thing] = (),
        enough: int = 0,
    ) -> Matching | None:
        held: Thing = (TEXT, lowered(text))
        things = list(dict.fromkeys((*equal.items(), *groups)))
        sets = await task_sets(session)
        try:
            found = await sets.known([held, *things]) if sets.has(held) else {}
            if held not in found:
                numbers = await self._found(session, sets, held[1])
                if numbers.bit_count() <= FEW:
                    return Matching(await self._fitting(session, numbers, equal))
                found = {held: numbers, **await sets.known(things)}
            return await _matching(sets, found, [held, *equal.items()], groups, enough)
        except NoSets:
            return None

    async def remember(self, session: AsyncSession, thing: Thing) -> int:
        sets = await task_sets(session)
        try:
            known = (await sets.known([thing])).get(thing)
            if known is None and thing[0] == TEXT:
                known = await self._found(session, sets, thing[1])
            elif known is None:
                known = (await sets.standing([thing]))[thing]
        except NoSets:
            return 0
        return known.__sizeof__()

    async def changes(self, session: AsyncSession) -> int:
        return await (await task_sets(session)).newest()

    async def _found(self, session: AsyncSession, sets: TaskSets, text: str) -> int:
        """Those that hold a text."""
        holding = await self.holding(session, text)
        every = select(TaskRow.id).where(holding.holds) if holding.ids is None else holding.ids
        return await sets.holding(text, holding.phrase, every)

    async def _fitting(self, session: AsyncSession, few: int, equal: Mapping[str, str]) -> int:
        """Those of few tasks that fit."""
        if not equal:
            return few
        ids = number_sets.some(few, 0, FEW)
        columns = {name: getattr(TaskRow, name).expression for name in equal}
        fits = (self.unindexed(columns[name]) == value for name, value in equal.items())
        fitting = select(TaskRow.id).where(self.numbered(ids), *fits)
        return number_sets.of((await self.counted(session, fitting))[1])

    async def keep_up(self, session: WriteSession) -> None:
        due = await session.scalar(HOW_MANY_DUE) or 0
        if due >= MOST_DUE:
            for statement in derived.TAKE_IN:
                await session.execute(text(statement))

    async def make_anew(self, session: WriteSession) -> None:
        for statement in derived.ANEW:
            await session.execute(text(statement))

    def holds(self, text: str, columns: Columns = TEXTS) -> ColumnElement[bool]:
        pattern = f"%{escaped(text)}%"  # LIKE of SQLite knows the case of ASCII only, as we want
        return or_(*(column.like(pattern, escape="\\") for column in columns))

    async def holding(self, session: AsyncSession, text: str, columns: Columns = TEXTS) -> Holding:
        holds = self.holds(text, columns)
        asked = lowered(text)
        if ALIKE.search(asked):
            return Holding(holds)
        if len(asked) < GRAM:
            return Holding(holds, await self._seldom(session, asked, holds))
        ids = _known(asked[:LONGEST])
        if len(asked) <= LONGEST and len(columns) > 1:
            return Holding(holds, union_all(ids, written(holds)), asked)
        looked = select(TaskRow.id).where(TaskRow.id.in_(ids), holds)
        return Holding(holds, union_all(looked, written(holds)))

    async def _seldom(
        self, session: AsyncSession, asked: str, holds: ColumnElement[bool]
    ) -> SelectBase | None:
        """The tasks with these one or two characters, where the index names few."""
        after = _after(asked)
        if after is None:
            return None
        seldom = select(TERMS.c.doc).where(TERMS.c.term >= asked, TERMS.c.term < after)
        few = (await session.scalars(seldom.limit(FEW + 1))).all()
        if len(few) > FEW:
            return None
        known = select(TaskRow.id).where(
            self.numbered(set(few)), TaskRow.id.not_in(select(DUE.c.id)), holds
        )
        return union_all(known, written(holds)) if few else written(holds)


async def _matching(
    sets: TaskSets,
    found: dict[Thing, int],
    common: Sequence[Thing],
    groups: Sequence[Thing],
    enough: int,
) -> Matching:
    """What several sets have in common, where some may have to be found yet."""
    found |= await sets.standing([thing for thing in common if thing not in found])
    numbers = found[common[0]]
    for thing in common[1:]:
        numbers &= found[thing]
    parts: list[int] = []
    for group in groups:
        if enough <= 0:
            break
        if group not in found:
            found |= await sets.standing([group])
        parts.append(found[group])
        enough -= (numbers & found[group]).bit_count()
    return Matching(numbers, parts)


def _known(phrase: str) -> Rows:
    """Those that the index says hold a phrase, of the tasks that it knows as they are."""
    known = GRAMS.c.rowid.not_in(select(DUE.c.id))
    return select(GRAMS.c.rowid).where(named(literal(quoted(phrase))), known)


def _after(asked: str) -> str | None:
    """The first text that comes after all that begin with these characters."""
    last = ord(asked[-1]) + 1
    if last in SURROGATES:
        last = SURROGATES.stop
    return asked[:-1] + chr(last) if last <= LAST_CHARACTER else None
