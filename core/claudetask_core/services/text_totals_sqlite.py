"""How many tasks hold a text, on a board that is a file, without counting them each time.

To count the 33,000 rows that the index names for a frequent word takes longer than the page. But
writes leave the index as it is: they are noted as due, and some at a time taken in. So what was
counted of the index is known for as long as it stands as it did. The tasks that are due make the
difference: those that the index still counts are taken off, those that hold the text now are added.
Hence a total is that of the board as the transaction sees it, whoever wrote.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    Integer,
    LargeBinary,
    String,
    bindparam,
    case,
    column,
    func,
    null,
    or_,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.backend import WRITES
from claudetask_core.db.known_counts import KnownCounts
from claudetask_core.db.models import TaskRow
from claudetask_core.db.sqlite import COUNTS
from claudetask_core.services.grams_sqlite import DUE, GRAMS, named, quoted, written
from claudetask_core.services.text_index import FEW, escaped

AVERAGES: Final = 1
STRUCTURE: Final = 10
"""Where FTS5 keeps how many rows and tokens it has, and its segments with how much it ever wrote.

The latter grows with each change to the index, and begins anew only where the table is made anew,
which the version of the schema tells.
"""
DATA: Final = table("tasks_grams_data", column("id", Integer), column("block", LargeBinary))
VERSION: Final = table("pragma_schema_version", column("schema_version", Integer))


def _block(record: int) -> Any:
    return select(func.hex(DATA.c.block)).where(DATA.c.id == record).scalar_subquery()


STATE: Final = select(
    func.printf("%d %s %s", VERSION.c.schema_version, _block(AVERAGES), _block(STRUCTURE)).label(
        "now"
    )
).subquery()
"""Of the index; the same only where it says the same."""
PHRASE: Final = named(bindparam("phrase", type_=String))
PATTERN: Final = bindparam("pattern", type_=String)
HOLDS: Final = or_(
    *(said.like(PATTERN, escape="\\") for said in (TaskRow.title, TaskRow.description))
)
STALE: Final = select(func.group_concat(DUE.c.id)).where(DUE.c.said.like(PATTERN, escape="\\"))
FRESH: Final = select(func.group_concat(written(HOLDS).subquery().c.id))
FIRST: Final = (
    select(GRAMS.c.rowid)
    .where(PHRASE)
    .order_by(GRAMS.c.rowid)
    .limit(bindparam("most", type_=Integer))
    .subquery()
)
LISTED: Final = select(func.group_concat(FIRST.c.rowid))
KNOWN: Final = STATE.c.now == bindparam("known", type_=String)
ASKED: Final = select(
    STATE.c.now,
    STALE.scalar_subquery(),
    FRESH.scalar_subquery(),
    case((KNOWN, null()), else_=LISTED.scalar_subquery()),
)
"""The state, what it says that is no more so, what is so since, and what it says if not known."""
REST: Final = (
    select(func.count())
    .select_from(GRAMS)
    .where(PHRASE, GRAMS.c.rowid > bindparam("last", type_=Integer))
)


async def found(session: AsyncSession, phrase: str) -> tuple[int, Sequence[int]]:
    """How many tasks hold a phrase, and where they are `FEW`, which."""
    counts = await _counts(session)
    known, count = counts.get(phrase) or (None, 0)
    given = {"phrase": quoted(phrase), "pattern": f"%{escaped(phrase)}%"}
    asked = {**given, "known": known, "most": FEW + 1}
    row: Sequence[Any] = (await session.execute(ASKED, asked)).one()
    state, (stale, fresh, first) = row[0], map(_numbers, row[1:])
    if state != known:
        count = len(first)
        if count > FEW:
            count += await session.scalar(REST, {**given, "last": max(first)}) or 0
            counts.put(phrase, (state, count))
    total = count - len(stale) + len(fresh)
    if total > FEW:
        return total, ()
    if len(first) < count:
        first = _numbers(await session.scalar(LISTED, {**given, "most": count}))
    return total, [*set(first).difference(stale).union(fresh)]


async def _counts(session: AsyncSession) -> KnownCounts:
    """What is known of the file; nothing to a writer, who sees the index as nobody else does."""
    connection = await session.connection()
    if session.get_bind().get_execution_options().get(WRITES):
        return KnownCounts()
    return connection.info[COUNTS]


def _numbers(listed: str | None) -> list[int]:
    return [int(number) for number in listed.split(",")] if listed else []
