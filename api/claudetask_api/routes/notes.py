"""The notes of a task."""

from claudetask_api import routing
from claudetask_api.dependencies import CoreDep, HeaderActor, TaskIdPath, caller
from claudetask_api.openapi import answers
from claudetask_api.schemas import NotePost
from claudetask_core.schemas.task import Note

router = routing.router("/api/tasks/{task_id}/notes", tag="tasks")


@router.get("", summary="The notes of a task, newest last", responses=answers(404))
async def list_notes(core: CoreDep, task_id: TaskIdPath, named: HeaderActor) -> list[Note]:
    await core.tasks.get(task_id, caller(None, named))
    return await core.notes.find(task_id)


@router.post("", status_code=201, summary="Add a note", responses=answers(404))
async def create_note(
    core: CoreDep, task_id: TaskIdPath, body: NotePost, named: HeaderActor
) -> Note:
    return await core.notes.create(task_id, body.text, caller(body.agent, named))
