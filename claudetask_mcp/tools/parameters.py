"""Parameters that several tools share, each with the words the model reads."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from claudetask_core.schemas.base import ActorName
from claudetask_core.schemas.task import MAX_DEPENDENCIES, MAX_ID, TaskId


def _bare(value: Any) -> Any:
    """A task is named #12 everywhere, so some pass it like that."""
    return value.strip().removeprefix("#") if isinstance(value, str) else value


def _no_flag(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("Input should be a number")  # noqa: TRY004 — pydantic words a ValueError
    return _bare(value)


Number = Annotated[TaskId, BeforeValidator(_no_flag), Field(description="Task number")]
Agent = Annotated[ActorName, Field(description="Your agent name, if you have one")]
Parent = Annotated[int, Field(ge=0, le=MAX_ID, description="Parent task; 0 for none")]
Numbers = Annotated[
    list[Annotated[TaskId, BeforeValidator(_no_flag)]], Field(max_length=MAX_DEPENDENCIES)
]
