"""How tasks flow over the days."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from claudetask_core.core import Core
from claudetask_core.schemas.task import Status, StatusChange, TaskCreate
from claudetask_core.schemas.workflow import DEFAULT
from claudetask_core.services.board.flow import Step, flow_of
from claudetask_core.services.tasks.claims import Caller
from tests.support import HeldClock

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def made(task_id: int, ago: timedelta, status: Status = Status.BACKLOG) -> Step:
    return Step(task_id, NOON - ago, None, status)


def moved(task_id: int, ago: timedelta, old: Status, new: Status) -> Step:
    return Step(task_id, NOON - ago, old, new)


def test_a_day_counts_where_tasks_stood_when_it_ended() -> None:
    steps = [
        made(1, 60 * HOUR),
        moved(1, 30 * HOUR, Status.BACKLOG, Status.READY),
        made(2, 2 * HOUR, Status.ANALYSIS),
    ]
    flow = flow_of(steps, DEFAULT, NOON, 4)
    assert [day.date for day in flow.days] == [date(2026, 1, n) for n in (7, 8, 9, 10)]
    standing = [{s: n for s, n in day.counts.items() if n} for day in flow.days]
    assert standing == [
        {},
        {Status.BACKLOG: 1},
        {Status.READY: 1},
        {Status.READY: 1, Status.ANALYSIS: 1},
    ]


def test_stays_that_ended_in_the_days_are_measured_and_others_are_not() -> None:
    steps = [
        made(1, 300 * HOUR),
        moved(1, 200 * HOUR, Status.BACKLOG, Status.READY),
        moved(1, 10 * HOUR, Status.READY, Status.DONE),
    ]
    flow = flow_of(steps, DEFAULT, NOON, 2)
    stays = {stay.status: stay for stay in flow.stays}
    assert (stays[Status.READY].stays, stays[Status.READY].median_seconds) == (1, 190 * 3600)
    assert (stays[Status.BACKLOG].stays, stays[Status.BACKLOG].p85_seconds) == (0, None)
    assert stays[Status.DONE].stays == 0
    assert (flow.done, flow.lead_median_seconds) == (1, 290 * 3600)


def test_an_empty_board_has_days_of_nothing() -> None:
    flow = flow_of([], DEFAULT, NOON, 1)
    assert flow.days[0].counts == dict.fromkeys(DEFAULT.statuses, 0)
    assert (flow.done, flow.lead_median_seconds) == (0, None)


@given(st.lists(st.lists(st.sampled_from(DEFAULT.statuses), min_size=1, max_size=6), max_size=8))
def test_the_last_day_counts_every_task_where_it_stands(ways: list[list[Status]]) -> None:
    steps = [
        Step(task_id, NOON - (60 - 6 * n) * HOUR, way[n - 1] if n else None, status)
        for task_id, way in enumerate(ways)
        for n, status in enumerate(way)
    ]
    last = flow_of(sorted(steps, key=lambda step: step.at), DEFAULT, NOON, 3).days[-1].counts
    assert last == {status: sum(way[-1] is status for way in ways) for status in DEFAULT.statuses}


async def test_the_board_remembers_how_its_tasks_came_where_they_are(
    core: Core, clock: HeldClock, alice: Caller
) -> None:
    await core.tasks.create(TaskCreate(title="x", status=Status.READY), alice)
    await core.tasks.create(TaskCreate(title="gone"), alice)
    clock.advance(3600)
    await core.tasks.move(1, StatusChange(status=Status.BACKLOG), alice)
    await core.tasks.delete(2, alice)
    flow = await core.flow.over(1)
    assert {s: n for s, n in flow.days[0].counts.items() if n} == {Status.BACKLOG: 1}
    assert {stay.status: stay.stays for stay in flow.stays if stay.stays} == {Status.READY: 1}
