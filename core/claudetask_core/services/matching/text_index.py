"""What the two kinds of database do each in its own way to find tasks by their text."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Select, SelectBase, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from claudetask_core.db.engine import WriteSession
from claudetask_core.db.known_sets import Thing
from claudetask_core.db.models import TaskRow
from claudetask_core.services.matching.number_sets import Matching

FEW: Final = 2_000
"""So many tasks may be looked at one by one for a question."""

Rows = Select[*tuple[Any, ...]]
Columns = Sequence[InstrumentedAttribute[str]]
TEXTS: Final[Columns] = (TaskRow.title, TaskRow.description)


@dataclass(frozen=True)
class Holding:
    """How the tasks that hold a text are found.

    Attributes:
        holds: Whether a task does.
        ids: The numbers of all that do, by an index; None where it is as well to look at each.
        phrase: What the index is asked, in its own syntax, where its answer needs no look at the
            tasks it names.
        each: Whether no index helps, so that every task is looked at.
    """

    holds: ColumnElement[bool]
    ids: SelectBase | None = None
    phrase: str | None = None
    each: bool = False

    def every(self) -> SelectBase:
        """The numbers of all tasks that do."""
        return select(TaskRow.id).where(self.holds) if self.ids is None else self.ids


class TextIndex(Protocol):
    """The indexes over the texts of tasks in one kind of database."""

    def by_title(self) -> ColumnElement[Any]:
        """What a list by title is ordered by, without regard to the case of ASCII letters."""
        ...

    def unindexed(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The column's value, for which the database looks into no index of it."""
        ...

    def numbered(self, ids: Collection[int]) -> ColumnElement[bool]:
        """Whether a task's number is one of these: one parameter, however many there are."""
        ...

    async def counted(self, session: AsyncSession, ids: SelectBase) -> tuple[int, Sequence[int]]:
        """How many numbers a statement finds, and where they are `FEW`, which; in one pass."""
        ...

    async def matching(
        self,
        session: AsyncSession,
        text: str,
        equal: Mapping[str, str],
        groups: Sequence[Thing] = (),
        enough: int = 0,
    ) -> Matching | None:
        """The tasks that hold a text and fit, by sets that are kept.

        Args:
            session: The transaction whose board it is.
            text: It is held as it is, but for the case of ASCII letters.
            equal: What they fit.
            groups: Those in whose order they are asked for.
            enough: So many are asked for; groups after these are left out.

        Returns:
            None where the board has none.
        """
        ...

    async def remember(self, session: AsyncSession, thing: Thing) -> int:
        """Has a set known before it is asked for; how many bytes it takes."""
        ...

    async def bring_up(self, session: AsyncSession, things: Sequence[Thing]) -> bool:
        """Has sets that are kept be as they are now, or kept no more; whether all still are."""
        ...

    async def changes(self, session: AsyncSession) -> int:
        """How many changes were noted until now."""
        ...

    async def now(self, session: AsyncSession) -> Any:
        """When the transaction sees the board; None where that cannot be told."""
        ...

    async def changed(self, session: AsyncSession, at: Any) -> Sequence[int] | None:
        """The tasks of all changes since; None where that is not known any more."""
        ...

    async def keep_up(self, session: WriteSession) -> None:
        """Takes in what was written, where that has become much; in the writer's transaction."""
        ...

    async def make_anew(self, session: WriteSession) -> None:
        """Makes all that is kept of the tasks' texts and counts again, also where it is damaged."""
        ...

    def holds(self, text: str, columns: Columns = TEXTS) -> ColumnElement[bool]:
        """Whether a task holds a text, in one of these columns, as it is.

        Letters of ASCII are looked for without regard to their case, all else is.
        """
        ...

    async def holding(self, session: AsyncSession, text: str, columns: Columns = TEXTS) -> Holding:
        """Finds the tasks that do."""
        ...


def escaped(text: str) -> str:
    """The text as a part of a pattern of LIKE, where the escape is a backslash."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def lowered(text: str) -> str:
    """The text with the capital letters of ASCII made small, and no others."""
    return text.encode().lower().decode()
