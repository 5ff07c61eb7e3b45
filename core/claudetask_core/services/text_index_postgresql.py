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

from claudetask_core.db import derived
from claudetask_core.db.engine import WriteSession
from claudetask_core.db.known_sets import Thing
from claudetask_core.db.models import TaskRow
from claudetask_core.services.text_index import (
    FEW,
    TEXTS,
    Columns,
    Holding,
    escaped,
    lowered,
)


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

    async def matching(
        self,
        session: AsyncSession,
        text: str,
        equal: Mapping[str, str],
        groups: Sequence[Thing] = (),
        enough: int = 0,
    ) -> None:
        """A server keeps no sets of ours."""
        del session, text, equal, groups, enough

    async def remember(self, session: AsyncSession, thing: Thing) -> int:
        del session, thing
        return 0

    async def changes(self, session: AsyncSession) -> None:
        """As above."""
        del session

    async def keep_up(self, session: WriteSession) -> None:
        """Nothing is ever behind."""

    async def make_anew(self, session: WriteSession) -> None:
        for statement in derived.COUNT_ANEW:
            await session.execute(text(statement))

    def holds(self, text: str, columns: Columns = TEXTS) -> ColumnElement[bool]:
        pattern = f"%{escaped(lowered(text))}%"
        return or_(*(func.lower(column).like(pattern, escape="\\") for column in columns))

    async def holding(self, session: AsyncSession, text: str, columns: Columns = TEXTS) -> Holding:
        del session
        return Holding(self.holds(text, columns))
