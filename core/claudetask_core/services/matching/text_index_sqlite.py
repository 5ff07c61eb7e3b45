"""Any part of a task's text, by an index of SQLite.

The index (FTS5's trigram tokenizer) knows where each three characters in a row stand, so that a
question of three and more is a phrase to it. One or two characters are the beginning of three,
since each text is indexed with one more after title and description. Of one character only rare
ones are asked of the index, of two all the threes that there are of them, if not too many.

Triggers note in `tasks_grams_due` which tasks were written and what the index still says of them.
Some writes at a time are taken in, which is cheaper than each alone; until then those tasks are
looked at for every question. So an answer never depends on how far the index is.
"""

import json
import re
from collections.abc import Collection, Sequence
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
from claudetask_core.db.models import TaskRow
from claudetask_core.services.matching.grams_sqlite import DUE, GRAMS, named, quoted, written
from claudetask_core.services.matching.sets import TaskSets
from claudetask_core.services.matching.sets_sqlite import Mark, sqlite_sets
from claudetask_core.services.matching.text_index import (
    FEW,
    TEXTS,
    Columns,
    Holding,
    Rows,
    escaped,
    lowered,
)
from claudetask_core.services.matching.text_index_sets import BySets

GRAM: Final = 3
LONGEST: Final = 24
"""So many characters are asked of the index; where there are more, those it names are looked at."""
ALIKE: Final = re.compile("[\x01\ufffd-\uffff]")
"""What stands between texts in the index, and what is one character to it."""
MOST_DUE: Final = 32
MOST_TERMS: Final = 64
"""Of so many threes the index is asked at once."""
LAST_CHARACTER: Final = 0x10FFFF
SURROGATES: Final = range(0xD800, 0xE000)
PLUS: Final = custom_op[Any]("+")
TERMS: Final = table("tasks_grams_terms", column("term", String), column("doc", Integer))
HOW_MANY_DUE: Final = select(func.count()).select_from(DUE)


class SqliteText(BySets):
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

    def asks_terms(self, text: str) -> bool:
        return len(text) != GRAM or ALIKE.search(text) is not None

    async def sets(self, session: AsyncSession) -> TaskSets[Mark]:
        return await sqlite_sets(session)

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
            return Holding(holds, each=True)
        exact = len(asked) <= LONGEST and len(columns) > 1
        if len(asked) >= GRAM:
            return _by_index(quoted(asked[:LONGEST]), holds, exact=exact)
        seldom = await self._seldom(session, asked, holds)
        if seldom is not None:
            return Holding(holds, seldom)
        terms = await self._beginning(session, asked) if len(asked) == GRAM - 1 else None
        if terms is None:
            return Holding(holds, each=True)
        return _by_index(" OR ".join(map(quoted, terms)), holds, exact=exact)

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

    async def _beginning(self, session: AsyncSession, asked: str) -> list[str] | None:
        """The threes in the index that begin with two characters, if they are not too many.

        Each is found by its own step: the index names a term as often as it stands in texts.
        """
        terms: list[str] = []
        after = _after(asked)
        at: str | None = asked
        while after is not None and at is not None and at < after:
            step = select(TERMS.c.term).where(TERMS.c.term >= at, TERMS.c.term < after).limit(1)
            term = await session.scalar(step)
            if term is None:
                break
            if len(terms) == MOST_TERMS or len(term) != GRAM or "\0" in term:
                return None
            terms.append(term)
            at = _after(term)
        return terms or None


def _by_index(asked: str, holds: ColumnElement[bool], *, exact: bool) -> Holding:
    """Those that the index names; looked at where it names too many."""
    ids = _known(asked)
    if exact:
        return Holding(holds, union_all(ids, written(holds)), asked)
    looked = select(TaskRow.id).where(TaskRow.id.in_(ids), holds)
    return Holding(holds, union_all(looked, written(holds)))


def _known(asked: str) -> Rows:
    """Those that the index names, of the tasks that it knows as they are."""
    known = GRAMS.c.rowid.not_in(select(DUE.c.id))
    return select(GRAMS.c.rowid).where(named(literal(asked)), known)


def _after(asked: str) -> str | None:
    """The first text that comes after all that begin with these characters."""
    last = ord(asked[-1]) + 1
    if last in SURROGATES:
        last = SURROGATES.stop
    return asked[:-1] + chr(last) if last <= LAST_CHARACTER else None
