"""Dependencies and subtasks together: a task waits for both before it can be Done.

So one that depends on a task it is part of, by however many steps, could never be Done, and neither
could that one. A board of before this was refused may hold such circles; they are told of, and
whoever changes something else of its tasks is not held up.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, text

from claudetask_core.db.engine import Database, WriteSession
from claudetask_core.db.models import TaskRow
from claudetask_core.errors import Conflict
from claudetask_core.services.history import Change
from claudetask_core.services.task_graph import AT_ONCE, links

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


class EndlessWait(Conflict):
    code = "endless_wait"

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        super().__init__(
            f"None of these could ever be Done: {told(steps)}.",
            next_step="Leave one of these links out.",
            cycle=[steps[0].source, *(step.target for step in steps)],
        )


async def refuse_endless_wait(
    session: WriteSession, task_id: int, linked: Iterable[Change]
) -> None:
    """Raises EndlessWait where a new dependency or parent has the task wait for itself.

    Args:
        session: What was changed is in it.
        task_id: The task that was changed.
        linked: The changes of its `parent_id` and `depends_on`.
    """
    await session.flush()
    for step in [step for change in linked for step in _new(task_id, change)]:
        back = await _way(session, step.target, step.source)
        if back is not None:
            raise EndlessWait([step, *back])


def _new(task_id: int, change: Change) -> list[Step]:
    """What waits for what since this change, and did not before."""
    if change.field == "depends_on":
        added = sorted({*change.new} - {*change.old})
        return [Step(task_id, target, subtask=False) for target in added]
    return [] if change.new is None else [Step(change.new, task_id, subtask=True)]


async def _way(session: WriteSession, start: int, end: int) -> list[Step] | None:
    """The shortest way on which one task waits for another."""
    came: dict[int, Step] = {}
    frontier = [start]
    while frontier and end not in came:
        further: list[int] = []
        for step in await _waits(session, frontier):
            if step.target not in came and step.target != start:
                came[step.target] = step
                further.append(step.target)
        frontier = further
    if end not in came:
        return None
    steps = [came[end]]
    while steps[-1].source != start:
        steps.append(came[steps[-1].source])
    return steps[::-1]


async def _waits(session: WriteSession, sources: list[int]) -> list[Step]:
    """What these tasks wait for."""
    found = [Step(a, b, subtask=False) for a, b in await links(session, sources)]
    for start in range(0, len(sources), AT_ONCE):
        parts = select(TaskRow.parent_id, TaskRow.id).where(
            TaskRow.parent_id.in_(sources[start : start + AT_ONCE])
        )
        found += [Step(a, b, subtask=True) for a, b in await session.execute(parts) if a]
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
