"""Parameters that several tools share, each with the words the model reads."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from claudetask_core.schemas.base import ActorName
from claudetask_core.schemas.task import MAX_DEPENDENCIES, MAX_ID, TaskId

_FORM = re.compile(r"[+-]?[0-9]+(?:\.0*)?")


def _bare(value: Any) -> Any:
    """A task is named #12 everywhere, so some pass it like that."""
    if not isinstance(value, str):
        return value
    bare = value.strip().removeprefix("#").strip()
    if not _FORM.fullmatch(bare):  # 1_0 would be read as 10
        raise ValueError("Input should be a number such as 12")
    return bare


def _no_flag(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("Input should be a number")  # noqa: TRY004 — pydantic words a ValueError
    return _bare(value)


Number = Annotated[TaskId, BeforeValidator(_no_flag), Field(description="Task number")]
Agent = Annotated[ActorName, Field(description="A name of your own, if you are a subagent")]
Parent = Annotated[
    Annotated[int, Field(ge=0, le=MAX_ID)],
    BeforeValidator(_bare),
    Field(description="Parent task; 0 for none"),
]
Criterion = Annotated[TaskId, BeforeValidator(_bare)]
Numbers = Annotated[
    list[Annotated[TaskId, BeforeValidator(_no_flag)]], Field(max_length=MAX_DEPENDENCIES)
]
