"""Dependencies and parents: both must exist, and neither may lead back to where it began."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.engine import WriteSession
from claudetask_core.db.models import DependencyRow, TaskRow
from claudetask_core.errors import Conflict, Invalid
from claudetask_core.schemas.task import Around, Task

TASKS = TaskRow.__table__
SHOWN = 20
AT_ONCE = 10_000
LINKED = (
    select(TASKS.c.id, TASKS.c.status, TASKS.c.parent_id)
    .where(
        TASKS.c.id.in_(bindparam("needed", expanding=True))
        | (TASKS.c.parent_id == bindparam("whole"))
    )
    .order_by(TASKS.c.id)
)
"""What a task depends on, and its subtasks; made once, so that it is found compiled."""


class LinkedTaskMissing(Invalid):
    code = "linked_task_missing"

    def __init__(self, field: str, missing: list[int]) -> None:
        self.field = field
        listed = ", ".join(f"#{n}" for n in missing[:10])
        super().__init__(
            f"{field} names tasks that do not exist: {listed}.",
            next_step="Use the ids that list_tasks shows.",
            missing=missing,
        )


class CircularDependency(Conflict):
    code = "circular_dependency"

    def __init__(self, what: str, cycle: list[int]) -> None:
        shown = " → ".join(
            f"#{n}" for n in (cycle if len(cycle) <= SHOWN else [*cycle[: SHOWN - 1], cycle[-1]])
        )
        super().__init__(
            f"This would make a circular {what}: {shown}.",
            next_step="Leave one of these links out.",
            cycle=cycle,
        )


async def require_tasks(session: WriteSession, ids: Iterable[int], what: str) -> None:
    """Raises LinkedTaskMissing where one of the tasks does not exist."""
    wanted = set(ids)
    if not wanted:
        return
    found = set(await session.scalars(select(TaskRow.id).where(TaskRow.id.in_(wanted))))
    missing = sorted(wanted - found)
    if missing:
        raise LinkedTaskMissing(what, missing)


async def refuse_dependency_cycle(session: WriteSession, task_id: int, targets: list[int]) -> None:
    """Raises CircularDependency where a path leads from a target to the task.

    It is looked for from the task, which few depend on while a plan is written.
    """
    wanted = set(targets)
    next_on_way: dict[int, int] = {}
    frontier = [task_id]
    while frontier:
        found = wanted.intersection(frontier)
        if found:
            raise CircularDependency("dependency", _path(next_on_way, task_id, min(found)))
        further: list[int] = []
        for source, target in await _links_to(session, frontier):
            if source not in next_on_way:
                next_on_way[source] = target
                further.append(source)
        frontier = further


async def _links_to(session: WriteSession, targets: list[int]) -> list[tuple[int, int]]:
    """What depends on these tasks; a statement takes no more than 32,000 numbers."""
    found: list[tuple[int, int]] = []
    for start in range(0, len(targets), AT_ONCE):
        some = DependencyRow.depends_on_id.in_(targets[start : start + AT_ONCE])
        links = select(DependencyRow.task_id, DependencyRow.depends_on_id).where(some)
        found += [(source, target) for source, target in await session.execute(links)]
    return found


def _path(next_on_way: dict[int, int], task_id: int, first: int) -> list[int]:
    path = [task_id, first]
    while path[-1] != task_id:
        path.append(next_on_way[path[-1]])
    return path


async def refuse_parent_cycle(session: WriteSession, task_id: int, parent_id: int) -> None:
    """Raises CircularDependency where the parent is the task or stands below it."""
    chain = [task_id]
    step: int | None = parent_id
    while step is not None:
        chain.append(step)
        if step == task_id:
            raise CircularDependency("parent", chain)
        step = await session.scalar(select(TaskRow.parent_id).where(TaskRow.id == step))


async def around(session: AsyncSession, task: Task, done: str) -> Around:
    """The task's subtasks, and where what it waits for stands, in the order of their numbers."""
    asked = {"whole": task.id, "needed": task.depends_on}
    linked = [(row[0], row[1], row[2]) for row in await session.execute(LINKED, asked)]
    is_open = task.completed_at is None
    return Around(
        subtasks=[number for number, _, whole in linked if whole == task.id],
        waits_for={number: status for number, status, _ in linked if is_open and status != done},
    )


async def what_is_open(session: WriteSession, row: TaskRow, done: str) -> list[str]:
    """What keeps the task from being Done, each as a short phrase."""
    phrases = [
        f"criterion {c.id} is {'without evidence' if c.checked else 'not checked'}"
        for c in row.criteria
        if not (c.checked and c.evidence)
    ]
    depends_on = [d.depends_on_id for d in row.dependencies]
    others = await session.execute(
        select(TaskRow.id, TaskRow.status, TaskRow.parent_id)
        .where(TaskRow.id.in_(depends_on) | (TaskRow.parent_id == row.id))
        .where(TaskRow.status != done)
        .order_by(TaskRow.id)
    )
    for task_id, status, parent_id in others:
        kind = "subtask" if parent_id == row.id else "dependency"
        phrases.append(f"{kind} #{task_id} is in {status}")
    return phrases
