"""What a board looks like from above: cards, the moves they may make, activity and flow."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from claudetask_core.schemas.base import ReadModel, Text, Timestamp, WriteModel
from claudetask_core.schemas.task import MAX_ID, Priority, Status, TaskId, TaskType
from claudetask_core.schemas.workflow import Kind


class StatusRules(ReadModel):
    """A column of the board: what it is for, where tasks may move, and whether a claim lasts."""

    name: Status
    kind: Kind
    moves: list[Status]
    holds_claim: bool


class Columns(ReadModel):
    """Statuses in board order, and the other names a task is described with."""

    statuses: list[StatusRules]
    types: list[TaskType]
    priorities: list[Priority]


class Card(ReadModel):
    """A task without its texts."""

    id: int
    title: str
    type: TaskType
    priority: Priority
    status: Status
    git_branch: str | None
    parent_id: int | None
    depends_on: list[int]
    criteria: int
    criteria_checked: int
    notes_count: int
    claimed_by: str | None
    claim_expires_at: Timestamp | None
    version: int
    created_at: Timestamp
    updated_at: Timestamp
    completed_at: Timestamp | None


class Cards(ReadModel):
    """Cards by id, and the newest event that they show; a stream that starts after it misses
    nothing.
    """

    event: int
    cards: list[Card]


Actor = Annotated[Text, Field(min_length=1, max_length=200)]
"""Whose changes; of a token's holder (`@ann`) also those of their agents (`@ann/builder`)."""


class ActivityPage(WriteModel):
    """Changes newest first, those older than number `before`."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    before: Annotated[int, Field(ge=1, le=MAX_ID)] | None = None
    task_id: TaskId | None = None
    actor: Actor | None = None


class Activity(ReadModel):
    """One change of one task (or of the project, task 0); long values are left out."""

    id: int
    at: Timestamp
    actor: str
    action: str
    field: str | None
    old: Any
    new: Any
    reason: str | None
    task_id: int
    title: str | None


class FlowDay(ReadModel):
    """How many tasks stood in each status when the day (UTC) ended, or stand there now."""

    date: date
    counts: dict[Status, int]


class StayIn(ReadModel):
    """How long tasks stay in a status, from the stays that ended in the asked days."""

    status: Status
    stays: int
    median_seconds: float | None
    p85_seconds: float | None


class Flow(ReadModel):
    """The tasks that there are, over days; `lead` is from creation to Done."""

    days: list[FlowDay]
    stays: list[StayIn]
    done: int
    lead_median_seconds: float | None
