"""Parameters that several tools share, each with the words the model reads."""

from typing import Annotated

from pydantic import Field

from claudetask_core.schemas.base import ActorName
from claudetask_core.schemas.task import MAX_ID, TaskId

Number = Annotated[TaskId, Field(description="Task number")]
Agent = Annotated[ActorName, Field(description="Your agent name, if you have one")]
Parent = Annotated[int, Field(ge=0, le=MAX_ID, description="Parent task; 0 for none")]
