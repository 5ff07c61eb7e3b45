"""What happened, told to whoever watches."""

from enum import StrEnum

from claudetask_core.schemas.base import ReadModel, Timestamp


class EventType(StrEnum):
    TASK = "task"
    AGENT = "agent"
    CLAUDE_MD = "claude_md"
    PROJECT = "project"
    JOB = "job"
    INDEX = "index"


class Event(ReadModel):
    """One change: `seq` grows by every event of the board, `id` names the thing changed."""

    seq: int
    type: EventType
    action: str
    id: str
    actor: str
    at: Timestamp
    version: int | None
