"""Sets of tasks on a board in a server, and what changed since.

Several may write at once there, and commit in another order than they wrote. So a set bears the
snapshot that it is true in, and a change the number of its transaction: what changed since are the
changes that are seen now and were not in that snapshot. A snapshot is one of a board alone: of a
server since its start, a database, a table there, and a mark that is another one where changes were
not noted. So none is taken for that of a board that was put back, or of a server that took over,
where numbers of transactions begin again.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Self

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    SelectBase,
    String,
    and_,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    not_,
    or_,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import UserDefinedType

from claudetask_core.db.known_sets import GREATEST, KnownSet, Thing, Times
from claudetask_core.db.models import TaskRow
from claudetask_core.services.matching import number_sets
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


class Xid(UserDefinedType[int]):
    """The number of a transaction, which never comes again in a server."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def _number(xid: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(cast(xid, String), BigInteger)


SAID: Final = re.compile("[0-9]{1,18}:[0-9]{1,18}:([0-9]{1,18}(,[0-9]{1,18})*)?")
CHANGED: Final = table(
    "tasks_changed", column("seq", BigInteger), column("xid", Xid), column("task", BigInteger)
)
NOTED: Final = table(
    "tasks_changed_since",
    column("tableoid", BigInteger),
    column("mark", String),
    column("pruned", Xid),
)
SMALL: Final = and_(
    select(func.min(TaskRow.id)).scalar_subquery() >= 0,
    select(func.max(TaskRow.id)).scalar_subquery() <= GREATEST,
    not_(func.pg_is_in_recovery()),  # such a server's snapshots do not say all
)
DATABASES: Final = table("pg_database", column("oid", BigInteger), column("datname", String))
THIS: Final = select(DATABASES.c.oid).where(DATABASES.c.datname == func.current_database())
BOARD: Final = func.concat_ws(
    " ",
    func.pg_postmaster_start_time(),
    THIS.scalar_subquery(),
    NOTED.c.tableoid,
    NOTED.c.mark,
)
NOW: Final = select(SMALL, BOARD, cast(func.pg_current_snapshot(), String)).select_from(NOTED)
LEAST: Final = cast(bindparam("least", type_=String), Xid)
CHANGES: Final = (
    select(
        SMALL,
        BOARD,
        cast(func.pg_current_snapshot(), String),
        _number(NOTED.c.pruned),
        _number(CHANGED.c.xid),
        CHANGED.c.task,
    )
    .select_from(NOTED)
    .outerjoin(CHANGED, CHANGED.c.xid >= LEAST)
    .outerjoin(TaskRow, TaskRow.id == CHANGED.c.task)
)
"""All changes of transactions that the oldest of some sets may have missed, if any."""


Alike = Callable[[ColumnElement[str]], ColumnElement[str]]


def without_grams(said: ColumnElement[str]) -> ColumnElement[str]:
    """The same text, for which the index of trigrams is not looked through.

    Of a text that has none it names all tasks, and a plan made for any text does not know that.
    """
    return said.concat(literal_column("''"))


def _holds(pattern: ColumnElement[str], of: Alike = lambda said: said) -> ColumnElement[bool]:
    return or_(*(of(func.lower(said)).like(pattern, escape="\\") for said in TEXTS))


@dataclass(frozen=True)
class Snapshot:
    """Which transactions of a board are seen.

    Attributes:
        board: Whose they are.
        least: All before it have ended.
        end: None from it on is seen.
        running: Those in between that are not.
    """

    board: str
    least: int
    end: int
    running: frozenset[int]

    @classmethod
    def of(cls, board: str, said: str) -> Self:
        least, end, running = said.split(":")
        return cls(
            board, int(least), int(end), frozenset(map(int, filter(None, running.split(","))))
        )

    @classmethod
    def read(cls, told: str) -> Self:
        """What was told.

        Raises:
            ValueError: It is none.
        """
        board, _, said = told.rpartition("\n")
        if not SAID.fullmatch(said):
            raise ValueError(said)
        return cls.of(board, said)

    def told(self) -> str:
        running = ",".join(map(str, sorted(self.running)))
        return f"{self.board}\n{self.least}:{self.end}:{running}"

    def sees(self, transaction: int) -> bool:
        return transaction < self.end and transaction not in self.running

    def follows(self, other: "Snapshot") -> bool:
        """Whether all that the other sees is seen here too."""
        before = {one for one in self.running if one < other.end}
        return self.board == other.board and other.end <= self.end and before <= other.running


def _listing(ids: SelectBase) -> ScalarSelect[Any]:
    """All numbers that a statement finds, as octets, four for each."""
    number = next(iter(ids.subquery().c))
    sent = func.int4send(cast(number.op("&")(GREATEST), Integer))
    return select(func.string_agg(sent, literal_column("''::bytea"))).scalar_subquery()


@lru_cache
def _changes(names: tuple[str, ...]) -> Select[Any]:
    """The changes, and whether what changed now holds a text or is of a column's value."""
    return CHANGES.add_columns(*conditions(names, _holds))


PATTERN: Final = bindparam("pattern", type_=String)
HOLDING: Final = NOW.add_columns(_listing(select(TaskRow.id).where(_holds(PATTERN))))
EACH: Final = NOW.add_columns(_listing(select(TaskRow.id).where(_holds(PATTERN, without_grams))))
"""The same by a look at each task."""


@lru_cache
def _standing(names: tuple[str, ...]) -> Select[Any]:
    return NOW.add_columns(
        *(
            _listing(select(TaskRow.id).where(fits_column))
            for fits_column in conditions(names, _holds)
        )
    )


class PostgresqlSets:
    """The sets of a database as a transaction sees them, and its changes."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def newest(self) -> int:
        return await self._session.scalar(select(func.max(CHANGED.c.seq))) or 0

    async def now(self) -> Snapshot:
        return (await self._found(NOW, {}))[0]

    async def since(self, kept: Mapping[Thing, KnownSet[Snapshot]]) -> Since[Snapshot] | None:
        least = min(known.at.least for known in kept.values())
        given = {"least": str(least), **bound(kept)}
        rows = await self._rows(_changes(tuple(name for name, _ in kept)), given)
        _, board, said, pruned, *_ = rows[0]
        now = Snapshot.of(board, said)
        known = {
            thing: place
            for place, (thing, one) in enumerate(kept.items())
            if now.follows(one.at) and pruned < one.at.least
        }
        if not known:
            return None
        missed = (row[4:] for row in rows if row[4] is not None)
        oldest = [kept[thing].at for thing in known]
        return Since(now, known, [
            Changed(task, has)
            for xid, task, *has in missed
            if fits(task) and not all(at.sees(xid) for at in oldest)
        ])  # fmt: skip

    async def holding(self, text: str, holding: Holding) -> tuple[Snapshot, int]:
        asked = EACH if holding.each else HOLDING
        at, (sent,) = await self._found(asked, {"pattern": like(text)})
        return at, number_sets.sent(sent)

    async def standing(self, things: Sequence[Thing]) -> tuple[Snapshot, Sequence[int]]:
        asked = _standing(tuple(name for name, _ in things))
        at, lists = await self._found(asked, bound(things))
        return at, [number_sets.sent(one) for one in lists]

    async def _found(
        self, asked: Rows, given: Mapping[str, str]
    ) -> tuple[Snapshot, Sequence[bytes | None]]:
        """In which snapshot, and lists of numbers."""
        _, board, said, *lists = (await self._rows(asked, given))[0]
        return Snapshot.of(board, said), lists

    async def _rows(self, asked: Rows, given: Mapping[str, str]) -> Sequence[Row]:
        rows = (await self._session.execute(asked, given)).all()
        if not rows or not rows[0][0]:
            raise NoSets
        return rows


TIMES: Final = Times(Snapshot.told, Snapshot.read)


async def postgresql_sets(session: AsyncSession) -> TaskSets[Snapshot]:
    """With what is known of the database."""
    return TaskSets(PostgresqlSets(session), await kept_sets(session, TIMES))
