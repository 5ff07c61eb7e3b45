"""A task, what may be written to it, and how tasks are asked for."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from claudetask_core.schemas.base import (
    NoNul,
    ReadModel,
    Text,
    Timestamp,
    WriteModel,
    at_most_bytes,
)
from claudetask_core.schemas.forms import ONE_LINE, ONE_LINE_OR_EMPTY, WITHOUT_BLANKS
from claudetask_core.schemas.workflow import Status

KIB = 1024
MAX_ID = 2**63 - 1
MAX_DEPENDENCIES = 200


class TaskType(StrEnum):
    FEATURE = "Feature"
    BUG = "Bug"


class Priority(StrEnum):
    HIGH = "High"
    MEDIUM = "Medium"
    LOW = "Low"


class OnDuplicate(StrEnum):
    WARN = "warn"
    REFUSE = "refuse"


TaskId = Annotated[int, Field(ge=1, le=MAX_ID)]
Title = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=ONE_LINE_OR_EMPTY
    ),
]
Description = Annotated[Text, at_most_bytes(64 * KIB)]
Analysis = Annotated[Text, at_most_bytes(256 * KIB)]
NoteText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), NoNul, at_most_bytes(16 * KIB)
]
Comment = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), NoNul, at_most_bytes(4 * KIB)
]
BranchName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=255, pattern=WITHOUT_BLANKS),
]
RelatedFile = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=ONE_LINE),
]
CriterionText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), NoNul
]
Evidence = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), NoNul
]


class Criterion(ReadModel):
    """One acceptance criterion; `id` counts from 1 within its task and is never used again."""

    id: int
    text: str
    checked: bool
    evidence: str | None


class CriterionWrite(WriteModel):
    """A criterion as a caller gives it: with `id` it keeps that one, without it is new."""

    id: TaskId | None = None
    text: CriterionText
    checked: bool = False
    evidence: Evidence | None = None


def _text_as_criterion(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


CriterionInput = Annotated[
    CriterionWrite, BeforeValidator(_text_as_criterion, str | CriterionWrite)
]
Criteria = Annotated[list[CriterionInput], Field(max_length=100)]
DependsOn = Annotated[list[TaskId], Field(max_length=MAX_DEPENDENCIES)]
RelatedFiles = Annotated[list[RelatedFile], Field(max_length=200)]


class Task(ReadModel):
    id: int
    title: str
    description: str
    type: TaskType
    priority: Priority
    status: Status
    analysis: str | None
    git_branch: str | None
    parent_id: int | None
    depends_on: list[int]
    acceptance_criteria: list[Criterion]
    notes_count: int
    related_files: list[str]
    claimed_by: str | None
    claim_expires_at: Timestamp | None
    version: int
    created_at: Timestamp
    updated_at: Timestamp
    completed_at: Timestamp | None


class TaskCreate(WriteModel):
    """A new task. `status` may be the first one (the default) or what that may move to."""

    title: Title
    description: Description = ""
    type: TaskType = TaskType.FEATURE
    priority: Priority = Priority.MEDIUM
    status: Status | None = None
    analysis: Analysis | None = None
    git_branch: BranchName | None = None
    parent_id: TaskId | None = None
    depends_on: DependsOn = []
    acceptance_criteria: Criteria = []
    related_files: RelatedFiles = []


class Around(ReadModel):
    """The tasks around one: its subtasks, and where those stand that it waits for.

    A task that is not done waits for the dependencies and subtasks that are not.
    """

    subtasks: list[int]
    waits_for: dict[int, str]


class Deleted(ReadModel):
    """What a task was when it was deleted, and the tasks that named it.

    `subtasks` belong to no task now; those that `waited` for it do so no longer.
    """

    task: Task
    subtasks: list[int]
    waited: list[int]


class TaskUpdate(WriteModel):
    """Changes to a task; a field that is absent stays as it is.

    Only `analysis`, `git_branch` and `parent_id` may be null, which empties them.
    `check` maps the id of a criterion to the evidence that it is met.
    """

    title: Title | None = None
    description: Description | None = None
    type: TaskType | None = None
    priority: Priority | None = None
    status: Status | None = None
    analysis: Analysis | None = None
    git_branch: BranchName | None = None
    parent_id: TaskId | None = None
    depends_on: DependsOn | None = None
    acceptance_criteria: Criteria | None = None
    related_files: RelatedFiles | None = None
    note: NoteText | None = None
    check: Annotated[dict[TaskId, Evidence], Field(max_length=100)] | None = None
    force_reason: Comment | None = None

    @model_validator(mode="after")
    def _nulls_only_where_empty_is_a_value(self) -> Self:
        for name in self.model_fields_set - {"analysis", "git_branch", "parent_id"}:
            if getattr(self, name) is None:
                raise ValueError(f"{name} must not be null; leave it out to keep it as it is")
        return self


class StatusChange(WriteModel):
    """A move on the board."""

    status: Status
    comment: Comment | None = None
    force_reason: Comment | None = None


FilterText = Annotated[str, StringConstraints(max_length=500), NoNul]


class TaskFilter(WriteModel):
    """Which tasks; every condition that is set must hold. `q` is looked for in title and
    description, without regard to the case of the letters A to Z.
    """

    status: Status | None = None
    type: TaskType | None = None
    priority: Priority | None = None
    q: FilterText | None = None


class TaskSort(StrEnum):
    ID = "id"
    ID_DESC = "-id"
    TITLE = "title"
    TITLE_DESC = "-title"
    STATUS = "status"
    STATUS_DESC = "-status"
    PRIORITY = "priority"
    PRIORITY_DESC = "-priority"
    CREATED = "created_at"
    CREATED_DESC = "-created_at"
    UPDATED = "updated_at"
    UPDATED_DESC = "-updated_at"


class Page(WriteModel):
    """A window on a list: `limit` rows from `offset`, or those with an id above `after_id`."""

    sort: TaskSort = TaskSort.ID
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    offset: Annotated[int, Field(ge=0, le=MAX_ID)] = 0
    after_id: Annotated[int, Field(ge=0, le=MAX_ID)] = 0


class TaskPage(ReadModel):
    """Tasks in the asked order; `total` counts all that match, not only this page."""

    tasks: list[Task]
    total: int


class Written(ReadModel):
    """A task after a write, and what others had changed since the writer's own last one.

    `since` is the version which that last write made, None where there is none; `others` names who
    last changed each field since.
    """

    task: Task
    since: int | None
    others: dict[str, str]


class Pack(ReadModel):
    """What is known about a task, as a text within a budget of tokens, and what it leaves out."""

    task_id: int
    budget: int
    tokens: int
    text: str
    left_out: list[str]


PackTokens = Annotated[int, Field(ge=200, le=8000)]


class NextTask(ReadModel):
    """The answer to "what now": a task or none, and why."""

    task: Task | None
    reason: str
    claimed: bool


class Note(ReadModel):
    id: int
    text: str
    author: str
    created_at: Timestamp


class TaskDetails(ReadModel):
    """A task, its notes with the newest last, and what is around it, all as of one moment."""

    task: Task
    notes: list[Note]
    around: Around


class NoteCreate(WriteModel):
    text: NoteText


class HistoryEntry(ReadModel):
    """One change of one field; `old` and `new` are JSON values."""

    id: int
    at: Timestamp
    actor: str
    action: str
    field: str | None
    old: Any
    new: Any
    reason: str | None


class SimilarTask(ReadModel):
    """A task like the question; `score` is in 0–1, `outcome` what came of it."""

    id: int
    title: str
    status: Status
    score: float
    why: str
    outcome: str


class SimilarTasks(ReadModel):
    query: str
    results: list[SimilarTask]


SimilarQuery = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), NoNul
]
SimilarCount = Annotated[int, Field(ge=1, le=100)]
