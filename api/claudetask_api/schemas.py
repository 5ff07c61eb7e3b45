"""Bodies that only HTTP has: the caller's name beside a change, and whole objects sent back."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from claudetask_api.dependencies import only_digits
from claudetask_api.errors import ReadOnlyField
from claudetask_api.markdown import Nodes
from claudetask_core.schemas.agent import AgentCreate, AgentUpdate, Problem, Scope
from claudetask_core.schemas.audit import AuditPage
from claudetask_core.schemas.base import ActorName, ReadModel, Text, WriteModel
from claudetask_core.schemas.claude_md import ClaudeMdContent, ClaudeMdWrite, Place, VersionName
from claudetask_core.schemas.forms import TASK_NUMBERS
from claudetask_core.schemas.overview import ActivityPage, Actor
from claudetask_core.schemas.project import ProjectSettingsUpdate
from claudetask_core.schemas.task import (
    MAX_ID,
    NoteCreate,
    OnDuplicate,
    SimilarTask,
    StatusChange,
    Task,
    TaskCreate,
    TaskFilter,
    TaskSort,
    TaskUpdate,
)

M = TypeVar("M", bound=BaseModel)
READ_ONLY: dict[str, Any] = {"readOnly": True}
CRITERION_NUMBER = "^[1-9][0-9]{0,17}$"
Agent = Annotated[
    ActorName | None, Field(description="Who does this; else the X-Agent header says.")
]
ReadOnlyInt = Annotated[int | None, Field(json_schema_extra=READ_ONLY)]
ReadOnlyText = Annotated[str | None, Field(json_schema_extra=READ_ONLY)]
ReadOnlyTime = Annotated[datetime | None, Field(json_schema_extra=READ_ONLY)]
ReadOnlyFlag = Annotated[bool | None, Field(json_schema_extra=READ_ONLY)]


def _documented(
    example: dict[str, Any], never_null: Iterable[str]
) -> Callable[[dict[str, Any]], None]:
    """An example, and no null where a validator refuses it."""

    def extra(schema: dict[str, Any]) -> None:
        schema["examples"] = [example]
        for name in never_null:
            field: dict[str, Any] = schema["properties"][name]
            field.pop("default", None)
            kinds = [kind for kind in field.pop("anyOf") if kind != {"type": "null"}]
            field.update(kinds[0])

    return extra


def _documented_task(
    example: dict[str, Any], never_null: Iterable[str] = ()
) -> Callable[[dict[str, Any]], None]:
    """The same for a task, with the limits that its criteria and their ids have as plain texts."""
    document = _documented(example, never_null)

    def extra(schema: dict[str, Any]) -> None:
        document(schema)
        fields: dict[str, Any] = schema["properties"]
        for kind in fields["acceptance_criteria"]["items"]["anyOf"]:
            if kind.get("type") == "string":
                kind.update(minLength=1, maxLength=1000)
        if "check" in fields:
            fields["check"]["propertyNames"] = {"pattern": CRITERION_NUMBER}

    return extra


TASK_NULLABLE = frozenset({"analysis", "git_branch", "parent_id"})
TASK_NEVER_NULL = frozenset(TaskUpdate.model_fields) - TASK_NULLABLE
AGENT_NEVER_NULL = frozenset({"name", "description", "prompt"})


class TaskQuery(TaskFilter):
    """Which tasks, in which order, which of them."""

    sort: TaskSort = TaskSort.ID
    limit: Annotated[int, Field(ge=1, le=500), BeforeValidator(only_digits)] = 100
    offset: Annotated[int, Field(ge=0, le=MAX_ID), BeforeValidator(only_digits)] = 0


class BoardQuery(TaskFilter):
    """Which cards; without `ids` all that match."""

    ids: Annotated[
        str | None,
        Field(pattern=TASK_NUMBERS, examples=["12,13"]),
    ] = None

    def numbers(self) -> list[int] | None:
        return None if self.ids is None else [int(one) for one in self.ids.split(",")]


class ActivityQuery(ActivityPage):
    """The same as text, which a query is."""

    limit: Annotated[int, Field(ge=1, le=200), BeforeValidator(only_digits)] = 50
    before: Annotated[int | None, Field(ge=1, le=MAX_ID), BeforeValidator(only_digits)] = None
    task_id: Annotated[int | None, Field(ge=1, le=MAX_ID), BeforeValidator(only_digits)] = None


class PastQuery(WriteModel):
    """A page of what happened; `before` is the `seq` of the last one of the page before."""

    limit: Annotated[int, Field(ge=1, le=200), BeforeValidator(only_digits)] = 50
    before: Annotated[int | None, Field(ge=1, le=MAX_ID), BeforeValidator(only_digits)] = None
    actor: Actor | None = None


class AuditQuery(AuditPage):
    """The same as text, which a query is."""

    limit: Annotated[int, Field(ge=1, le=500), BeforeValidator(only_digits)] = 50


class JobsQuery(WriteModel):
    """The newest jobs, of the board or of one task."""

    limit: Annotated[int, Field(ge=1, le=200), BeforeValidator(only_digits)] = 50
    task_id: Annotated[int | None, Field(ge=1, le=MAX_ID), BeforeValidator(only_digits)] = None


class MarkdownPost(WriteModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"texts": ["# Dates"]}]})

    texts: Annotated[list[Text], Field(max_length=200)]


class Rendered(ReadModel):
    """Each text as a list of nodes: a text, or an element with its own."""

    documents: list[Nodes]


class TaskPost(TaskCreate):
    model_config = ConfigDict(
        json_schema_extra=_documented_task(
            {"title": "Parse dates with time zones", "type": "Bug", "agent": "ann"}
        )
    )

    on_duplicate: Annotated[
        OnDuplicate, Field(description="refuse: create nothing where the like exists (409)")
    ] = OnDuplicate.WARN
    agent: Agent = None


class TaskMade(Task):
    """A task as it was made. Those that it may repeat are named where there are any; else it is
    the task as it can be read.
    """

    possible_duplicates: list[SimilarTask] | None = None

    @classmethod
    def of(cls, task: Task, duplicates: list[SimilarTask]) -> Self:
        named = {"possible_duplicates": duplicates} if duplicates else {}
        return cls.model_validate({**dict(task), **named})


class TaskPut(TaskUpdate):
    """Changes to a task. What is absent stays; a whole task as it was read or made can be sent
    back: read-only fields are taken where they equal the present value.
    """

    model_config = ConfigDict(
        json_schema_extra=_documented_task(
            {"priority": "High", "check": {"1": "test_dates passes"}}, TASK_NEVER_NULL
        )
    )

    agent: Agent = None
    id: ReadOnlyInt = None
    notes_count: ReadOnlyInt = None
    claimed_by: ReadOnlyText = None
    claim_expires_at: ReadOnlyTime = None
    version: ReadOnlyInt = None
    created_at: ReadOnlyTime = None
    updated_at: ReadOnlyTime = None
    completed_at: ReadOnlyTime = None
    possible_duplicates: Annotated[list[SimilarTask] | None, Field(json_schema_extra=READ_ONLY)] = (
        None
    )

    @model_validator(mode="after")
    def _nulls_only_where_empty_is_a_value(self) -> Self:
        for name in self.model_fields_set & TASK_NEVER_NULL:
            if getattr(self, name) is None:
                raise ValueError(f"{name} must not be null; leave it out to keep it as it is")
        return self


class StatusPut(StatusChange):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "In Progress", "comment": "Starting"}]}
    )

    agent: Agent = None


class NextPost(WriteModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"claim": True, "agent": "ann"}]})

    claim: bool = False
    agent: Agent = None


class ActorBody(WriteModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"agent": "ann"}]})

    agent: Agent = None


class NotePost(NoteCreate):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "The parser drops the offset."}]}
    )

    agent: Agent = None


class SettingsPut(ProjectSettingsUpdate):
    model_config = ConfigDict(
        json_schema_extra=_documented(
            {"github_repo": "octocat/hello"}, ("project_path", "claude_config")
        )
    )

    agent: Agent = None
    id: ReadOnlyInt = None
    board_path: ReadOnlyText = None
    version: ReadOnlyInt = None


class ConfigPut(WriteModel):
    """CLAUDE.md's new text; a whole answer of GET with changed `content` can be sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"content": "# Project\n"}]})

    content: ClaudeMdContent
    agent: Agent = None
    path: ReadOnlyText = None
    exists: ReadOnlyFlag = None
    hash: ReadOnlyText = None
    updated_at: ReadOnlyTime = None


class ConfigPreview(WriteModel):
    """What CLAUDE.md would hold."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"content": "# Project\n"}]})

    content: ClaudeMdContent


class SectionPost(ClaudeMdWrite):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"section": "Commands", "mode": "append", "content": "Run `make lint`."}]
        }
    )

    agent: Agent = None


class BlockPut(WriteModel):
    """Whether the block is to be there; with `dry_run` the answer says what that would change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"present": True}]})

    present: bool
    place: Place = Place.PROJECT
    dry_run: bool = False
    agent: Agent = None


class RestorePost(WriteModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": "20261122T223606.123456Z-1a2b3c4d5e6f"}]}
    )

    version: VersionName
    agent: Agent = None


class AgentPost(AgentCreate):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "code-reviewer",
                    "description": "Reviews a change before it is merged.",
                    "prompt": "You review code.\n",
                    "tools": ["Read", "Grep"],
                }
            ]
        }
    )

    agent: Agent = None


class AgentPut(AgentUpdate):
    """Changes to an agent. What is absent stays; a whole agent as it was read can be sent back."""

    model_config = ConfigDict(json_schema_extra=_documented({"model": "sonnet"}, AGENT_NEVER_NULL))

    agent: Agent = None
    id: ReadOnlyText = None
    path: ReadOnlyText = None
    scope: Annotated[Scope | None, Field(json_schema_extra=READ_ONLY)] = None
    hash: ReadOnlyText = None
    loaded: ReadOnlyFlag = None
    runs_with: Annotated[list[str] | None, Field(json_schema_extra=READ_ONLY)] = None
    problems: Annotated[list[Problem] | None, Field(json_schema_extra=READ_ONLY)] = None


class AgentFixPost(WriteModel):
    """With `dry_run` the answer says what a fix would do, and nothing is written."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"dry_run": True}]})

    dry_run: bool = False
    agent: Agent = None


class Health(ReadModel):
    status: str
    version: str


class Readiness(ReadModel):
    """`checks` maps what was looked at to `ok` or to what is wrong with it."""

    status: str
    checks: dict[str, str]


def refuse_changed(body: BaseModel, present: BaseModel, read_only: Iterable[str]) -> bool:
    """Whether the body holds read-only fields.

    Raises:
        ReadOnlyField: One of them is not as it is now.
    """
    given = [name for name in read_only if name in body.model_fields_set]
    for name in given:
        if getattr(body, name) != getattr(present, name):
            raise ReadOnlyField(name)
    return bool(given)


def changes(body: BaseModel, present: BaseModel, kind: type[M]) -> M:
    """What the body changes: fields that equal the present value are as good as absent."""
    names = body.model_fields_set & set(kind.model_fields)
    wanted = body.model_dump(include=names)
    now = present.model_dump()
    differing = {n: v for n, v in wanted.items() if n not in now or v != now[n]}
    return kind.model_validate(differing)


def for_core(body: BaseModel, kind: type[M]) -> M:
    """What the core knows of the body."""
    known = set(kind.model_fields)
    return kind.model_validate(body.model_dump(include=known, exclude_unset=True))
