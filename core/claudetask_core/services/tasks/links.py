"""How a task hangs together with others. Each public method is one transaction."""

from claudetask_core.db.engine import Database
from claudetask_core.schemas.task import Around, Task
from claudetask_core.schemas.workflow import Workflow
from claudetask_core.services.tasks.graph import around
from claudetask_core.services.tasks.waits import circle_of, told


class LinkService:
    def __init__(self, database: Database, workflow: Workflow) -> None:
        self._database = database
        self._workflow = workflow

    async def around(self, task: Task) -> Around:
        """Its subtasks, and where those stand that it waits for."""
        async with self._database.read() as session:
            return await around(session, task, self._workflow.done)

    async def waits_for_itself(self, task: Task) -> str:
        """On which way it does, so that it can never be Done; empty where on none."""
        if not (task.depends_on or task.parent_id) or task.completed_at is not None:
            return ""
        async with self._database.read() as session:
            return told(await circle_of(session, task.id))
