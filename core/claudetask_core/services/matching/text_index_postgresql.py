"""Any part of a task's text by trigrams of PostgreSQL, which keeps its indexes in step itself.

The columns' collation is C, so that `lower` makes the letters of ASCII small and no others, as on a
board that is a file.
"""

import re
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    SelectBase,
    any_,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db import derived
from claudetask_core.db.engine import WriteSession
from claudetask_core.db.models import TaskRow
from claudetask_core.services.matching.sets import TaskSets
from claudetask_core.services.matching.sets_postgresql import (
    Snapshot,
    postgresql_sets,
    without_grams,
)
from claudetask_core.services.matching.text_index import (
    FEW,
    TEXTS,
    Columns,
    Holding,
    escaped,
    lowered,
)
from claudetask_core.services.matching.text_index_sets import BySets

GRAM: Final = re.compile(r"[^\W_]{3}")
"""What the index knows of a text: letters and digits, three in a row."""


class PostgresqlText(BySets):
    """The text indexes of a board in a server, whose planner knows how many rows an index names."""

    def by_title(self) -> ColumnElement[Any]:
        return func.lower(TaskRow.title)

    def unindexed(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return column

    def numbered(self, ids: Collection[int]) -> ColumnElement[bool]:
        return TaskRow.id == any_(literal(list(ids), ARRAY(BigInteger())))

    async def counted(self, session: AsyncSession, ids: SelectBase) -> tuple[int, Sequence[int]]:
        found = ids.subquery()
        few = (await session.scalars(select(found).limit(FEW + 1))).all()
        if len(few) <= FEW:
            return len(few), few
        return await session.scalar(select(func.count()).select_from(found)) or 0, ()

    def asks_terms(self, text: str) -> bool:
        del text
        return True

    async def sets(self, session: AsyncSession) -> TaskSets[Snapshot]:
        return await postgresql_sets(session)

    async def keep_up(self, session: WriteSession) -> None:
        """Nothing is ever behind."""

    async def make_anew(self, session: WriteSession) -> None:
        for statement in derived.ANEW_IN_SERVER:
            await session.execute(text(statement))

    def holds(self, text: str, columns: Columns = TEXTS) -> ColumnElement[bool]:
        pattern = f"%{escaped(lowered(text))}%"
        said = [func.lower(column) for column in columns]
        if not GRAM.search(text):
            said = map(without_grams, said)
        return or_(*(one.like(pattern, escape="\\") for one in said))

    async def holding(self, session: AsyncSession, text: str, columns: Columns = TEXTS) -> Holding:
        del session
        return Holding(self.holds(text, columns), each=GRAM.search(text) is None)
