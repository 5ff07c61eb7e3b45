"""Dependencies and subtasks together: a task waits for both before it can be Done.

So one that depends on a task it is part of, by however many steps, can never be Done, and neither
can that one. Such links are taken all the same, as a plan may be written in any order, and told of.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from claudetask_core.db.engine import Database
from claudetask_core.db.models import DependencyRow, TaskRow
from claudetask_core.services.tasks.graph import AT_ONCE

SHOWN_STEPS: Final = 6
SHOWN_CIRCLES: Final = 3


@dataclass(frozen=True)
class Step:
    """That one task waits for another: it depends on it, or has it as a subtask."""

    source: int
    target: int
    subtask: bool


def told(steps: Sequence[Step]) -> str:
    """What waits for what, in words."""
    said = [
        f"#{step.source} {'has the subtask' if step.subtask else 'depends on'} #{step.target}"
        for step in steps
    ]
    if len(said) > SHOWN_STEPS:
        said[SHOWN_STEPS - 1 : -1] = ["…"]
    return ", ".join(said)


async def circle_of(session: AsyncSession, task_id: int) -> list[Step]:
    """The shortest way on which a task that is not done waits for itself; empty where on none.

    A task that is done is waited for by nobody. The way is looked for from its end: while a plan
    is written, few wait for the newest task, and it may wait for many.
    """
    goes: dict[int, Step] = {}
    frontier = [task_id]
    while frontier and task_id not in goes:
        further: list[int] = []
        for step in await _waiting(session, frontier):
            if step.source not in goes:
                goes[step.source] = step
                further.append(step.source)
        frontier = further
    if task_id not in goes:
        return []
    steps = [goes[task_id]]
    while steps[-1].target != task_id:
        steps.append(goes[steps[-1].target])
    return steps


async def _waiting(session: AsyncSession, targets: list[int]) -> list[Step]:
    """What waits for these tasks."""
    found: list[Step] = []
    whole = aliased(TaskRow)
    for start in range(0, len(targets), AT_ONCE):
        some = targets[start : start + AT_ONCE]
        needs = (
            select(DependencyRow.task_id, DependencyRow.depends_on_id)
            .join(TaskRow, TaskRow.id == DependencyRow.task_id)
            .where(DependencyRow.depends_on_id.in_(some), TaskRow.completed_at.is_(None))
        )
        parts = (
            select(whole.id, TaskRow.id)
            .join(TaskRow, TaskRow.parent_id == whole.id)
            .where(TaskRow.id.in_(some), whole.completed_at.is_(None))
        )
        found += [Step(a, b, subtask=False) for a, b in await session.execute(needs)]
        found += [Step(a, b, subtask=True) for a, b in await session.execute(parts)]
    return found


WAITS: Final = """
    SELECT d.task_id, d.depends_on_id, 0 FROM dependencies AS d
        JOIN tasks AS a ON a.id = d.task_id JOIN tasks AS b ON b.id = d.depends_on_id
        WHERE a.completed_at IS NULL AND b.completed_at IS NULL
    UNION ALL
    SELECT b.parent_id, b.id, 1 FROM tasks AS b JOIN tasks AS a ON a.id = b.parent_id
        WHERE a.completed_at IS NULL AND b.completed_at IS NULL
    ORDER BY 1, 2, 3"""
"""What waits for what, of the tasks that are not done, as any driver can ask it."""


def circles(waits: Iterable[tuple[int, int, int]]) -> list[list[Step]]:
    """The circles in which tasks wait for each other, from the rows of `WAITS`."""
    after: dict[int, list[Step]] = defaultdict(list)
    for source, target, subtask in waits:
        after[source].append(Step(source, target, subtask=bool(subtask)))
    found: list[list[Step]] = []
    ended: set[int] = set()
    for start in list(after):
        if start not in ended:
            found += _circles_from(start, after, ended)
    return found


def _circles_from(start: int, after: dict[int, list[Step]], ended: set[int]) -> list[list[Step]]:
    """A walk in depth; whatever leads back to the way on which one stands closes a circle."""
    found: list[list[Step]] = []
    way: list[Step] = []
    places = {start: 0}
    left = [iter(after[start])]
    while left:
        step = next(left[-1], None)
        if step is None:
            left.pop()
            ended.add(places.popitem()[0])
            del way[-1:]
        elif step.target in places:
            found.append([*way[places[step.target] :], step])
        elif step.target not in ended:
            places[step.target] = len(places)
            way.append(step)
            left.append(iter(after.get(step.target, ())))
    return found


async def stuck(database: Database) -> list[str]:
    """What is on the board and can never be Done, in sentences."""
    async with database.read() as session:
        rows = await session.execute(text(WAITS))
        return told_of(circles((row[0], row[1], row[2]) for row in rows))


def told_of(found: Sequence[Sequence[Step]]) -> list[str]:
    """The circles in sentences, the first few of them."""
    more = len(found) - SHOWN_CIRCLES
    said = [f"these can never be Done: {told(one)}" for one in found[:SHOWN_CIRCLES]]
    return said + ([f"{more} more circles of such tasks"] if more > 0 else [])
