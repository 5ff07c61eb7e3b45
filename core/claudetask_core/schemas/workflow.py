"""The columns of the board, what each is for, and the moves between them: one definition.

The enums of the tools, the API and the command line and the database's own check are made from the
workflow of the open project. What the program itself has to know of a column is its kind.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from claudetask_core.schemas.forms import COLUMN_NAME

MAX_NAME = 30
FORMAT = "status"
"""Marks a status in a JSON schema until the names are known."""


class Status(str):
    """The name of a column. Those of the default workflow have names here."""

    __slots__ = ()

    BACKLOG: ClassVar["Status"]
    ANALYSIS: ClassVar["Status"]
    READY: ClassVar["Status"]
    IN_PROGRESS: ClassVar["Status"]
    TESTING: ClassVar["Status"]
    CODE_REVIEW: ClassVar["Status"]
    DONE: ClassVar["Status"]

    def __new__(cls, name: str) -> "Status":  # noqa: PYI034 — a known name is the one object
        return _DEFAULTS.get(name) or super().__new__(cls, name)

    @property
    def value(self) -> str:
        """The name as plain text."""
        return str(self)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
        named = core_schema.str_schema(min_length=1, max_length=MAX_NAME)
        return core_schema.no_info_after_validator_function(cls, named)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "format": FORMAT}


_DEFAULTS: dict[str, Status] = {}


def _default(name: str) -> Status:
    return _DEFAULTS.setdefault(name, Status(name))


Status.BACKLOG = _default("Backlog")
Status.ANALYSIS = _default("Analysis")
Status.READY = _default("Ready")
Status.IN_PROGRESS = _default("In Progress")
Status.TESTING = _default("Testing")
Status.CODE_REVIEW = _default("Code Review")
Status.DONE = _default("Done")


class Kind(StrEnum):
    """What a column is for."""

    TODO = "todo"
    """Waiting; offered as the next task where a move to `doing` is allowed. New tasks begin in the
    first of them."""
    ANALYSIS = "analysis"
    """Being studied."""
    DOING = "doing"
    """Being worked on: a move here claims the task."""
    TESTING = "testing"
    """Still its holder's."""
    REVIEW = "review"
    """Somebody else's turn."""
    DONE = "done"
    """Proven."""


HOLDS_CLAIM = frozenset({Kind.DOING, Kind.TESTING})
"""The kinds through which a claim lasts; leaving them releases it."""

StatusName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_NAME, pattern=COLUMN_NAME),
    AfterValidator(Status),
]


class Column(BaseModel):
    """One status: its kind, where a task may move from it, and former names of it.

    Tasks that stand in a column named by `was` are moved here when the workflow is first used.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: StatusName
    kind: Kind
    moves: tuple[StatusName, ...]
    was: tuple[StatusName, ...] = ()


class Workflow(BaseModel):
    """The columns in board order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Annotated[tuple[Column, ...], Field(min_length=3, max_length=20)]

    @property
    def statuses(self) -> tuple[Status, ...]:
        return tuple(Status(column.name) for column in self.status)

    @property
    def start(self) -> Status:
        """Where new tasks begin."""
        return self._of(Kind.TODO)[0]

    @property
    def doing(self) -> Status:
        return self._of(Kind.DOING)[0]

    @property
    def done(self) -> Status:
        return self._of(Kind.DONE)[0]

    @property
    def analysis(self) -> Status | None:
        return next(iter(self._of(Kind.ANALYSIS)), None)

    @property
    def offered(self) -> tuple[Status, ...]:
        """The columns that the next task may come from, the readiest (rightmost) first."""
        waiting = [status for status in self._of(Kind.TODO) if self.doing in self.moves(status)]
        return tuple(reversed(waiting))

    @property
    def ready(self) -> Status:
        """Where a task goes that was studied."""
        return self.offered[0]

    @property
    def way(self) -> tuple[Status, ...]:
        """The columns that a task passes from its beginning to its end."""
        return tuple(status for status in self.statuses if self.kind(status) is not Kind.ANALYSIS)

    def kind(self, status: str) -> Kind | None:
        """What the column is for; None where the workflow has no such column."""
        return next((column.kind for column in self.status if column.name == status), None)

    def moves(self, status: str) -> tuple[Status, ...]:
        """Where a task may go from here."""
        found = [column.moves for column in self.status if column.name == status]
        return tuple(Status(name) for name in found[0]) if found else ()

    def _of(self, kind: Kind) -> list[Status]:
        return [Status(column.name) for column in self.status if column.kind is kind]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        names = [column.name for column in self.status]
        if len({name.casefold() for name in names}) < len(names):
            raise ValueError("two statuses have the same name")
        for column in self.status:
            _check(column, names)
        former = [name for column in self.status for name in column.was]
        if twice := sorted({name for name in former if former.count(name) > 1 or name in names}):
            raise ValueError(f"was names {twice[0]!r} twice, or though it is a status still")
        for kind in (Kind.DOING, Kind.DONE):
            if len(self._of(kind)) != 1:
                raise ValueError(f"exactly one status must be of kind {kind}")
        if self.status[0].kind is not Kind.TODO:
            raise ValueError("the first status must be of kind todo")
        if len(self._of(Kind.ANALYSIS)) > 1:
            raise ValueError("at most one status may be of kind analysis")
        if not self.offered:
            raise ValueError(f"no status of kind todo lets a task move to {self.doing}")
        if self.done not in self._reachable(self.doing):
            raise ValueError(f"no moves lead from {self.doing} to {self.done}")
        return self

    def _reachable(self, start: Status) -> set[Status]:
        found, waiting = {start}, [start]
        while waiting:
            new = set(self.moves(waiting.pop())) - found
            found |= new
            waiting += new
        return found


def _check(column: Column, names: Sequence[str]) -> None:
    for name in column.moves:
        if name not in names:
            raise ValueError(f"{column.name} moves to {name!r}, which is no status")
        if name == column.name:
            raise ValueError(f"{column.name} moves to itself")


def _column(name: Status, kind: Kind, *moves: Status) -> Column:
    return Column(name=name, kind=kind, moves=moves)


DEFAULT = Workflow(
    status=(
        _column(Status.BACKLOG, Kind.TODO, Status.ANALYSIS, Status.READY, Status.IN_PROGRESS),
        _column(Status.ANALYSIS, Kind.ANALYSIS, Status.READY, Status.BACKLOG),
        _column(Status.READY, Kind.TODO, Status.IN_PROGRESS, Status.ANALYSIS, Status.BACKLOG),
        _column(
            Status.IN_PROGRESS,
            Kind.DOING,
            Status.TESTING,
            Status.CODE_REVIEW,
            Status.READY,
            Status.BACKLOG,
        ),
        _column(Status.TESTING, Kind.TESTING, Status.CODE_REVIEW, Status.IN_PROGRESS),
        _column(Status.CODE_REVIEW, Kind.REVIEW, Status.DONE, Status.TESTING, Status.IN_PROGRESS),
        _column(Status.DONE, Kind.DONE, Status.IN_PROGRESS, Status.BACKLOG),
    )
)


def with_statuses(schema: Any, put: dict[str, Any]) -> Any:
    """The JSON schema with `put` in the place of everything that is a status."""
    if isinstance(schema, list):
        return [with_statuses(item, put) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    known = cast("dict[str, Any]", schema)
    if known.get("format") == FORMAT and known.get("type") == "string":
        return {**{k: v for k, v in known.items() if k not in {"type", "format"}}, **put}
    return {key: with_statuses(value, put) for key, value in known.items()}
