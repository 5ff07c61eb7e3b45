"""Parameters that several tools share, each with the words the model reads."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from claudetask_core.schemas.base import ActorName
from claudetask_core.schemas.task import MAX_ID, TaskId


def _bare(value: Any) -> Any:
    """A task is named #12 everywhere, so some pass it like that."""
    return value.strip().removeprefix("#") if isinstance(value, str) else value


Number = Annotated[TaskId, BeforeValidator(_bare), Field(description="Task number")]
Agent = Annotated[ActorName, Field(description="Your agent name, if you have one")]
Parent = Annotated[int, Field(ge=0, le=MAX_ID, description="Parent task; 0 for none")]
