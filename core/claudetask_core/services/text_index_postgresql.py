"""Any part of a task's text by trigrams of PostgreSQL, which keeps its indexes in step itself.

The columns' collation is C, so that `lower` makes the letters of ASCII small and no others, as on a
board that is a file.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

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
from sqlalchemy.orm import InstrumentedAttribute

from claudetask_core.db import derived
from claudetask_core.db.engine import WriteSession
from claudetask_core.db.models import TaskRow
from claudetask_core.services.text_index import FEW, Holding, escaped, lowered


class PostgresqlText:
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

    async def found(self, session: AsyncSession, holding: Holding) -> tuple[int, Sequence[int]]:
        return await self.counted(session, select(TaskRow.id).where(holding.holds))

    def merged(self, holding: Holding, equal: Mapping[str, str]) -> None:
        """The planner knows when to."""
        del holding, equal

    async def keep_up(self, session: WriteSession) -> None:
        """Nothing is ever behind."""

    async def make_anew(self, session: WriteSession) -> None:
        for statement in derived.COUNT_ANEW:
            await session.execute(text(statement))

    async def holding(
        self,
        session: AsyncSession,
        text: str,
        columns: Sequence[InstrumentedAttribute[str]] = (TaskRow.title, TaskRow.description),
    ) -> Holding:
        del session
        pattern = f"%{escaped(lowered(text))}%"
        return Holding(or_(*(func.lower(column).like(pattern, escape="\\") for column in columns)))
