"""Tasks that are only read: one statement, with what hangs on each as JSON beside it.

No object of the ORM is made of them. The statements are built once, so that SQLAlchemy finds them
compiled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import (
    JSON,
    ColumnElement,
    FromClause,
    Function,
    ScalarSelect,
    Select,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.models import CriterionRow, DependencyRow, NoteRow, RelatedFileRow, TaskRow
from claudetask_core.schemas.task import Criterion, Note, Task
from claudetask_core.services.tasks.rows import TaskNotFound

TASKS: Final = TaskRow.__table__
CRITERIA: Final = CriterionRow.__table__
DEPENDENCIES: Final = DependencyRow.__table__
FILES: Final = RelatedFileRow.__table__
PLAIN: Final = (
    "id",
    "title",
    "description",
    "type",
    "priority",
    "status",
    "analysis",
    "git_branch",
    "parent_id",
    "notes_count",
    "claimed_by",
    "claim_expires_at",
    "version",
    "created_at",
    "updated_at",
    "completed_at",
)


class _Making(Protocol):
    """A function of the database that makes JSON of what it is given."""

    def __call__(self, *given: Any, type_: JSON) -> Function[Any]: ...


@dataclass(frozen=True)
class _Json:
    """What a database calls an array of some values, and one of a value of each row."""

    array: _Making
    gathered: _Making

    def of(self, table: FromClause, *names: str) -> ScalarSelect[Any]:
        """The rows of a table that hang on a task, in no order."""
        values: list[ColumnElement[Any]] = [table.c[name] for name in names]
        every = self.gathered(self.array(*values, type_=JSON()), type_=JSON())
        of_task = select(every).where(table.c.task_id == TASKS.c.id).correlate(TASKS)
        return of_task.scalar_subquery()

    def whole(self) -> Select[Any]:
        """All of a task."""
        return select(
            *(TASKS.c[name] for name in PLAIN),
            self.of(CRITERIA, "position", "id", "text", "checked", "evidence"),
            self.of(DEPENDENCIES, "depends_on_id"),
            self.of(FILES, "position", "path"),
        )


def _some_rows(*given: Any, type_: JSON) -> Function[Any]:
    """Null for no rows, as PostgreSQL has it: most tasks have none, and null need not be read."""
    return func.nullif(func.json_group_array(*given), literal_column("'[]'"), type_=type_)


WHOLE: Final = {
    "sqlite": _Json(func.json_array, _some_rows).whole(),
    "postgresql": _Json(func.json_build_array, func.json_agg).whole(),
}
ONE: Final = {
    name: whole.where(TASKS.c.id == bindparam("task_id")) for name, whole in WHOLE.items()
}

NOTES: Final = (
    select(NoteRow.id, NoteRow.text, NoteRow.author, NoteRow.created_at)
    .where(NoteRow.task_id == bindparam("task_id"))
    .order_by(NoteRow.id)
)


def _kind(session: AsyncSession) -> str:
    return session.get_bind().dialect.name


async def read(session: AsyncSession, task_id: int) -> Task:
    """A task.

    Raises:
        TaskNotFound: There is none of this number.
    """
    found = await session.execute(ONE[_kind(session)], {"task_id": task_id})
    row = found.one_or_none()
    if row is None:
        raise TaskNotFound(task_id)
    return _task(row)


async def read_notes(session: AsyncSession, task_id: int) -> list[Note]:
    """A task's notes, newest last."""
    found = await session.execute(NOTES, {"task_id": task_id})
    return [
        Note(id=number, text=text, author=author, created_at=created)
        for number, text, author, created in found
    ]


async def read_page(
    session: AsyncSession, ids: Select[int], keys: Sequence[ColumnElement[Any]]
) -> list[Task]:
    """The tasks whose numbers a statement names, in this order."""
    page = WHOLE[_kind(session)].where(TASKS.c.id.in_(ids)).order_by(*keys)
    return [_task(row) for row in await session.execute(page)]


def _task(row: Sequence[Any]) -> Task:
    hanging: Sequence[list[list[Any]] | None] = row[len(PLAIN) :]
    criteria, dependencies, files = (sorted(rows) if rows else () for rows in hanging)
    return Task(
        **dict(zip(PLAIN, row, strict=False)),
        depends_on=[number for (number,) in dependencies],
        acceptance_criteria=[
            Criterion(id=number, text=text, checked=checked, evidence=evidence)
            for _, number, text, checked, evidence in criteria
        ],
        related_files=[path for _, path in files],
    )
