"""The order of work; a program before this one raised with two tasks in its backlog."""

import re
from datetime import datetime

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from claudetask_core.core import Core
from claudetask_core.schemas.task import (
    Priority,
    Status,
    StatusChange,
    Task,
    TaskCreate,
    TaskUpdate,
)
from claudetask_core.schemas.workflow import DEFAULT
from claudetask_core.services.tasks.claims import Caller
from tests.support import HeldClock

RANK = {p: i for i, p in enumerate(Priority)}
OFFERED = {Status.IN_PROGRESS: 0, Status.READY: 1, Status.BACKLOG: 2}

specs = st.lists(
    st.tuples(
        st.sampled_from(list(Priority)),
        st.sampled_from(DEFAULT.statuses),
        st.integers(0, 12),
        st.integers(0, 12),
        st.booleans(),
    ),
    max_size=12,
)


def expected(tasks: list[Task], now: datetime) -> tuple[int | None, list[int]]:
    """The model: the same rule in plain Python, and the three that are held back before it."""
    by_id = {t.id: t for t in tasks}
    unfinished = [t for t in tasks if t.status is not Status.DONE]

    def free(t: Task) -> bool:
        held = t.claim_expires_at is not None and t.claim_expires_at > now
        blocked = any(by_id[d].status is not Status.DONE for d in t.depends_on)
        return (
            t.status in OFFERED
            and not held
            and not blocked
            and not any(u.parent_id == t.id for u in unfinished)
        )

    def key(t: Task) -> tuple[int, int, int, datetime, int]:
        waiting = sum(t.id in u.depends_on for u in unfinished)
        return (RANK[t.priority], OFFERED[t.status], -waiting, t.created_at, t.id)

    order = sorted((t for t in tasks if t.status in OFFERED), key=key)
    places = [place for place, t in enumerate(order) if free(t)]
    if not places:
        return None, []
    return order[places[0]].id, [t.id for t in order[: places[0]]][:3]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(specs=specs)
async def test_the_next_task_is_the_one_the_rule_names_on_any_board(
    core: Core,
    alice: Caller,
    clock: HeldClock,
    specs: list[tuple[Priority, Status, int, int, bool]],
) -> None:
    from claudetask_core.schemas.task import Page, TaskFilter  # noqa: PLC0415 — beside their one use

    made: list[int] = []
    for task in (await core.tasks.find(TaskFilter(), Page(limit=500))).tasks:
        await core.tasks.delete(task.id, alice)
    for number, (priority, status, dependency, parent, released) in enumerate(specs):
        clock.advance(1)
        data = TaskCreate(
            title=f"task {number}",
            priority=priority,
            depends_on=[made[dependency]] if dependency < len(made) else [],
            parent_id=made[parent] if parent < len(made) else None,
        )
        task_id = (await core.tasks.create(data, alice)).task.id
        made.append(task_id)
        await core.tasks.move(task_id, StatusChange(status=status, force_reason="x"), alice)
        if released:
            await core.queue.release(task_id, alice)
    tasks = (await core.tasks.find(TaskFilter(), Page(limit=500))).tasks
    found = await core.queue.next(Caller("bob"))
    before = found.reason if found.task else ""
    told = re.findall(r"#(\d+) (?:is held|waits for|has the open)", before)
    assert (found.task.id if found.task else None, [int(n) for n in told]) == expected(
        tasks, clock.now()
    )


async def test_a_high_task_is_never_behind_a_medium_one(core: Core, alice: Caller) -> None:
    for priority in (Priority.LOW, Priority.MEDIUM, Priority.HIGH):
        await core.tasks.create(TaskCreate(title=priority, priority=priority), alice)
    order: list[str] = []
    for name in ("a", "b", "c"):
        found = await core.queue.next(Caller(name), claim=True)
        assert found.task is not None
        order.append(found.task.title)
    assert order == ["High", "Medium", "Low"]


async def test_who_holds_a_task_is_given_that_one_again(core: Core, alice: Caller) -> None:
    for title in ("one", "two"):
        await core.tasks.create(TaskCreate(title=title), alice)
    first = await core.queue.next(alice, claim=True)
    again = await core.queue.next(alice, claim=True)
    assert first.task is not None
    assert again.task is not None
    assert again.task.id == first.task.id
    assert "you hold it already" in again.reason


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (None, "the board is empty"),
        (Status.IN_PROGRESS, "1 claimed"),
        (Status.CODE_REVIEW, "1 in Analysis, Testing or Code Review"),
        (Status.DONE, "1 Done"),
    ],
)
async def test_where_nothing_is_free_the_reason_says_why(
    core: Core, alice: Caller, status: Status | None, phrase: str
) -> None:
    if status is not None:
        await core.tasks.create(TaskCreate(title="a"), alice)
        await core.tasks.move(1, StatusChange(status=status, force_reason="x"), alice)
    for claim in (False, True):
        found = await core.queue.next(Caller("bob"), claim=claim)
        assert found.task is None
        assert found.reason.startswith("No task is free")
        assert phrase in found.reason


async def test_where_nothing_is_free_the_three_most_urgent_are_named(
    core: Core, alice: Caller, bob: Caller
) -> None:
    for title, priority in (("a", "Low"), ("b", "High"), ("c", "Medium"), ("d", "Medium")):
        data = TaskCreate.model_validate({"title": title, "priority": priority})
        await core.tasks.create(data, alice)
    review = StatusChange(status=Status.CODE_REVIEW, force_reason="x")
    await core.tasks.move(2, review, alice)
    await core.tasks.move(3, review, alice)
    await core.tasks.move(4, StatusChange(status=Status.IN_PROGRESS), alice)
    await core.tasks.update(1, TaskUpdate(depends_on=[2]), alice)
    for caller, holder in ((alice, "you"), (bob, "alice")):
        reason = (await core.queue.next(caller)).reason
        assert reason == (
            "No task is free: 1 claimed, 1 waiting for dependencies, "
            "2 in Analysis, Testing or Code Review. "
            f"In the way: #2 is in Code Review; #4 is held by {holder}; #3 is in Code Review."
        )
        assert reason in await core.resume.text(caller)


async def test_the_reason_says_what_holds_back_the_three_before_it(
    core: Core, alice: Caller, bob: Caller
) -> None:
    high = {"priority": "High"}
    for fields in (
        {"title": "held", **high},
        {"title": "blocked", **high, "depends_on": [1]},
        {"title": "parent", **high},
        {"title": "part", "parent_id": 3, "priority": "Low"},
        {"title": "another blocked", **high, "depends_on": [2]},
        {"title": "the one", "priority": "Medium"},
        {"title": "blocked and less urgent", "priority": "Low", "depends_on": [1]},
    ):
        await core.tasks.create(TaskCreate.model_validate(fields), alice)
    await core.queue.next(alice, claim=True)
    for claim in (False, True):
        found = await core.queue.next(bob, claim=claim)
        assert found.task is not None
        assert found.task.title == "the one"
        assert (
            found.reason
            == (
                "Medium priority, in Backlog. Before it: #1 is held by alice; "
                "#2 waits for #1 (In Progress); #5 waits for #2 (Backlog)"
            )
            or "has the open subtask #4" in found.reason
        )


async def test_what_one_holds_oneself_is_not_told_as_anothers(
    core: Core, alice: Caller, bob: Caller
) -> None:
    for _ in range(2):
        await core.tasks.create(TaskCreate(title="work"), alice)
    await core.queue.next(alice, claim=True)
    for caller, holder in ((alice, "you"), (bob, "alice")):
        found = await core.queue.next(caller)
        assert found.reason.endswith(f"Before it: #1 is held by {holder}")
        assert f"Before it: #1 is held by {holder})" in await core.resume.text(caller)


async def test_the_reason_is_short_whatever_the_names(core: Core) -> None:
    for number in range(4):
        await core.tasks.create(TaskCreate(title="t" * 200, priority=Priority.HIGH), Caller("x"))
        await core.queue.next(Caller(f"{number} {'n' * 90}"), claim=True)
    await core.tasks.create(TaskCreate(title="t" * 200), Caller("x"))
    found = await core.queue.next(Caller("y"))
    assert found.task is not None
    assert len(found.reason) <= 400
    assert found.reason.count("is held by") == 3
