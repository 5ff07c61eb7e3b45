"""Who did what, and when."""

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field

from claudetask_core.schemas.base import ReadModel, Timestamp, WriteModel
from claudetask_core.schemas.forms import ENTRY_NUMBER
from claudetask_core.schemas.overview import Actor


class AuditKind(StrEnum):
    """What was done something to; `access` is what was refused at the door."""

    TASK = "task"
    PROJECT = "project"
    AGENT = "agent"
    CLAUDE_MD = "claude_md"
    JOB = "job"
    TOKEN = "token"  # noqa: S105 — a kind of entry, no secret
    ACCESS = "access"


def _written_out(value: Any) -> Any:
    """Refuses numbers, which would be taken for seconds."""
    if isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        raise ValueError("must be a moment such as 2026-11-01T00:00:00Z")
    return value


class AuditPage(WriteModel):
    """What is asked for, newest first; `before` is the `number` that the page before ended with."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50
    before: Annotated[str, Field(pattern=ENTRY_NUMBER)] | None = None
    actor: Actor | None = None
    kind: AuditKind | None = None
    since: Annotated[AwareDatetime, BeforeValidator(_written_out)] | None = None


class AuditEntry(ReadModel):
    """One act; `old` and `new` of a task's field where it is short."""

    number: str
    at: Timestamp
    actor: str
    kind: AuditKind
    action: str
    subject: str
    field: str | None
    old: Any
    new: Any
    reason: str | None
