"""How tasks flow over the board: how many stood where on each day, and how long they stay.

One pass over all changes of status in the order of time keeps a count per status and notes it
whenever a day ends. A stay is the time between two changes of one task; one that has not ended
says nothing yet and is left out.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select

from claudetask_core.clock import Clock
from claudetask_core.db.engine import Database, ReadSession
from claudetask_core.db.models import HistoryRow, TaskRow
from claudetask_core.schemas.overview import Flow, FlowDay, StayIn
from claudetask_core.schemas.workflow import Status, Workflow

P85 = 0.85


@dataclass(frozen=True)
class Step:
    """A task's change to a status; `old` is None where it was made."""

    task_id: int
    at: datetime
    old: Status | None
    new: Status


class FlowService:
    def __init__(self, database: Database, clock: Clock, workflow: Workflow) -> None:
        self._database = database
        self._clock = clock
        self._workflow = workflow

    async def over(self, days: int) -> Flow:
        """The flow of the last `days` days, today included."""
        async with self._database.read() as session:
            steps = await _steps(session)
        return flow_of(steps, self._workflow, self._clock.now(), days)


async def _steps(session: ReadSession) -> list[Step]:
    """Every step of the tasks that there are, oldest first."""
    moves = await session.execute(
        select(HistoryRow.task_id, HistoryRow.at, HistoryRow.old, HistoryRow.new)
        .join(TaskRow, TaskRow.id == HistoryRow.task_id)
        .where(HistoryRow.field == "status")
        .order_by(HistoryRow.id)
    )
    first: dict[int, Status] = {}
    steps: list[Step] = []
    for task_id, at, old, new in moves.all():
        step = Step(task_id, at, Status(str(old)), Status(str(new)))
        first.setdefault(task_id, Status(str(old)))
        steps.append(step)
    tasks = await session.execute(select(TaskRow.id, TaskRow.created_at, TaskRow.status))
    made = [Step(id_, at, None, first.get(id_, Status(now))) for id_, at, now in tasks.all()]
    return sorted([*made, *steps], key=lambda step: step.at)


def flow_of(steps: Sequence[Step], workflow: Workflow, now: datetime, days: int) -> Flow:
    """The flow that these steps, oldest first, make.

    Args:
        steps: A task's first has no `old`; all are at or before `now`.
        workflow: Its columns are told of, whatever else there was.
        now: Ends the last day.
        days: How many days, today included.
    """
    begin = now.astimezone(UTC).date() - timedelta(days=days - 1)
    stays, leads = _stays(steps, begin, workflow.done)
    return Flow(
        days=_days(steps, workflow.statuses, begin, days),
        stays=[_stay(status, stays[status]) for status in workflow.statuses],
        done=len(leads),
        lead_median_seconds=statistics.median(leads) if leads else None,
    )


def _days(
    steps: Sequence[Step], statuses: Sequence[Status], begin: date, days: int
) -> list[FlowDay]:
    counts: Counter[Status] = Counter()
    found: list[FlowDay] = []
    upcoming = iter(steps)
    step = next(upcoming, None)
    for day in (begin + timedelta(days=n) for n in range(days)):
        end = datetime.combine(day + timedelta(days=1), time(), UTC)
        while step is not None and step.at < end:
            counts[step.new] += 1
            if step.old is not None:
                counts[step.old] -= 1
            step = next(upcoming, None)
        found.append(FlowDay(date=day, counts={status: counts[status] for status in statuses}))
    return found


def _stays(
    steps: Iterable[Step], begin: date, done: Status
) -> tuple[dict[Status, list[float]], list[float]]:
    """Seconds of the stays that ended since `begin`, and of the ways to the end."""
    stays: dict[Status, list[float]] = defaultdict(list)
    leads: list[float] = []
    made: dict[int, datetime] = {}
    since: dict[int, datetime] = {}
    for step in steps:
        made.setdefault(step.task_id, step.at)
        if step.old is not None and step.at.date() >= begin:
            stays[step.old].append((step.at - since.get(step.task_id, step.at)).total_seconds())
            if step.new == done:
                leads.append((step.at - made[step.task_id]).total_seconds())
        since[step.task_id] = step.at
    return stays, leads


def _stay(status: Status, seconds: Sequence[float]) -> StayIn:
    ordered = sorted(seconds)
    return StayIn(
        status=status,
        stays=len(ordered),
        median_seconds=statistics.median(ordered) if ordered else None,
        p85_seconds=ordered[int(P85 * (len(ordered) - 1))] if ordered else None,
    )
