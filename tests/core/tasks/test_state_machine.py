"""The task service against a model: whatever is done in whatever order, the invariants hold."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import (
    HistoryEntry,
    Page,
    Status,
    StatusChange,
    Task,
    TaskCreate,
    TaskFilter,
    TaskUpdate,
)
from claudetask_core.schemas.workflow import DEFAULT, HOLDS_CLAIM
from claudetask_core.services.tasks.claims import Caller
from tests.postgresql_server import another
from tests.support import HeldClock

CALLERS = [Caller(name) for name in ("ann", "ben", "cy")]
callers = st.sampled_from(CALLERS)
numbers = st.integers(1, 8)
REFUSALS = {
    "claimed",
    "illegal_move",
    "not_proven",
    "circular_dependency",
    "linked_task_missing",
    "criterion_missing",
    "criterion_twice",
    "task_not_found",
    "version_stale",
}
UNLOGGED = {"version", "updated_at", "claim_expires_at"}


def replayed(entries: list[HistoryEntry]) -> dict[str, Any]:
    """The task as its history says it is."""
    assert entries[0].action == "created"
    task: dict[str, Any] = dict(entries[0].new)
    for entry in entries[1:]:
        if entry.action == "refused" or entry.field is None:
            continue
        if entry.field == "notes":
            task["notes_count"] += 1
            continue
        assert task[entry.field] == entry.old, entry
        task[entry.field] = entry.new
    return task


class Board(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.clock = HeldClock()
        self.known: dict[int, str] = {}
        folder = tempfile.TemporaryDirectory()
        self.stack.callback(folder.cleanup)
        quiet = Settings(rate_limit_enabled=False, analysis_provider="none", index_watch=False)
        if quiet.database_url is not None:
            address = self.runner.run(another(quiet.database_url))
            quiet = quiet.model_copy(update={"database_url": address})
        opening = open_core(quiet, start=Path(folder.name), home=None, clock=self.clock)
        self.core: Core = self.runner.run(self.stack.enter_async_context(opening))

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.run(self.stack.aclose())
            self.runner.close()

    def attempt(self, call: Any) -> Any:
        """What the call answers, or None where it is refused as documented."""
        try:
            return self.runner.run(call)
        except DomainError as refusal:
            if refusal.code not in REFUSALS:
                raise
            return None

    def tasks(self) -> list[Task]:
        return self.runner.run(self.core.tasks.find(TaskFilter(), Page())).tasks

    @precondition(lambda self: len(self.known) < 8)
    @rule(who=callers, depends=st.lists(numbers, max_size=2), proven=st.booleans())
    def create(self, who: Caller, depends: list[int], proven: bool) -> None:
        fields = {"title": "t", "depends_on": depends, "acceptance_criteria": ["c"] * (not proven)}
        made = self.attempt(self.core.tasks.create(TaskCreate.model_validate(fields), who))
        if made is not None:
            assert made.task.id not in self.known
            self.known[made.task.id] = "made"

    @rule(who=callers)
    def claim_next(self, who: Caller) -> None:
        before = {task.id: task for task in self.tasks()}
        found = self.runner.run(self.core.queue.next(who, claim=True))
        if found.task is None:
            return
        was = before[found.task.id]
        held = was.claim_expires_at is not None and was.claim_expires_at > self.clock.now()
        assert not held or was.claimed_by == who.name
        assert all(before[n].status == Status.DONE for n in was.depends_on) or held
        assert found.task.claimed_by == who.name

    @rule(who=callers, number=numbers, to=st.sampled_from(DEFAULT.statuses), force=st.booleans())
    def move(self, who: Caller, number: int, to: Status, force: bool) -> None:
        before = {task.id: task for task in self.tasks()}
        change = StatusChange(status=to, force_reason="because" if force else None)
        moved: Task | None = self.attempt(self.core.tasks.move(number, change, who))
        if moved is None or force:
            return
        was = before[number]
        assert to == was.status or to in DEFAULT.moves(was.status)
        running = was.claim_expires_at is not None and was.claim_expires_at > self.clock.now()
        assert not running or was.claimed_by == who.name
        if to == Status.DONE != was.status:
            assert all(c.checked and c.evidence for c in moved.acceptance_criteria)
            assert all(before[n].status == Status.DONE for n in moved.depends_on)

    @rule(who=callers, number=numbers, title=st.sampled_from("xyz"), check=st.booleans())
    def update(self, who: Caller, number: int, title: str, check: bool) -> None:
        fields: dict[str, Any] = {"title": title, "note": "n"}
        if check:
            fields["check"] = {1: "seen"}
        self.attempt(self.core.tasks.update(number, TaskUpdate.model_validate(fields), who))

    @rule(who=callers, number=numbers, depends=st.lists(numbers, max_size=3))
    def depend(self, who: Caller, number: int, depends: list[int]) -> None:
        change = TaskUpdate(depends_on=depends)
        self.attempt(self.core.tasks.update(number, change, who))

    @rule(who=callers, number=numbers, parent=st.none() | numbers)
    def adopt(self, who: Caller, number: int, parent: int | None) -> None:
        self.attempt(self.core.tasks.update(number, TaskUpdate(parent_id=parent), who))

    @rule(who=callers, number=numbers)
    def release(self, who: Caller, number: int) -> None:
        self.attempt(self.core.queue.release(number, who))

    @rule(who=callers, number=numbers)
    def delete(self, who: Caller, number: int) -> None:
        if self.attempt(self.core.tasks.delete(number, who)) is not None:
            self.known[number] = "deleted"

    @rule(seconds=st.sampled_from([1, 900, 1800]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @invariant()
    def the_history_gives_the_row(self) -> None:
        for task in self.tasks():
            entries = self.runner.run(self.core.tasks.history(task.id))
            now = task.model_dump(mode="json")
            told = replayed(entries)
            for name in set(now) - UNLOGGED:
                assert told[name] == now[name], (task.id, name)

    @invariant()
    def nothing_is_lost_and_nothing_comes_back(self) -> None:
        present = {task.id for task in self.tasks()}
        assert present == {n for n, state in self.known.items() if state == "made"}

    @invariant()
    def claims_stand_only_where_they_last(self) -> None:
        for task in self.tasks():
            assert task.claimed_by is None or DEFAULT.kind(task.status) in HOLDS_CLAIM
            assert (task.claimed_by is None) == (task.claim_expires_at is None)
            assert (task.completed_at is not None) == (task.status == Status.DONE)

    @invariant()
    def no_dependency_leads_back_to_where_it_began(self) -> None:
        links = {task.id: task.depends_on for task in self.tasks()}
        while links:
            ready = [n for n, on in links.items() if not set(on) & links.keys()]
            assert ready, links
            for number in ready:
                del links[number]


TestBoard = Board.TestCase
TestBoard.settings = settings(max_examples=6, stateful_step_count=25, deadline=None)
