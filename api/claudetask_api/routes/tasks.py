"""The tasks of the board."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BeforeValidator

from claudetask_api import routing
from claudetask_api.dependencies import CoreDep, HeaderActor, TaskIdPath, caller, only_digits
from claudetask_api.openapi import answers
from claudetask_api.paging import links
from claudetask_api.preconditions import Expected, Known, etag, is_known
from claudetask_api.schemas import (
    ActorBody,
    NextPost,
    StatusPut,
    TaskMade,
    TaskPost,
    TaskPut,
    TaskQuery,
    changes,
    for_core,
    refuse_changed,
)
from claudetask_core.schemas.branch import Branch
from claudetask_core.schemas.job import Job
from claudetask_core.schemas.task import (
    HistoryEntry,
    Pack,
    PackTokens,
    Page,
    StatusChange,
    Task,
    TaskCreate,
    TaskFilter,
    TaskUpdate,
)

router = routing.router("/api/tasks", tag="tasks")

READ_ONLY = (
    "id",
    "notes_count",
    "claimed_by",
    "claim_expires_at",
    "version",
    "created_at",
    "updated_at",
    "completed_at",
)
TAGGED = ("ETag",)


def _tagged(task: Task, response: Response) -> Task:
    response.headers["ETag"] = etag(task.version)
    return task


def _comparable(body: TaskPut, present: Task) -> Iterator[str]:
    """The read-only fields that must be as they are now.

    The end of a claim moves with every call of its holder, and makes no new version of the task: in
    a body of this version a former end is as good as the present one.
    """
    given, now = body.claim_expires_at, present.claim_expires_at
    former = body.version == present.version and given and now and given < now
    return (name for name in READ_ONLY if name != "claim_expires_at" or not former)


@router.get("", summary="List tasks", responses=answers(headers=("X-Total-Count", "Link")))
async def list_tasks(
    core: CoreDep, asked: Annotated[TaskQuery, Query()], request: Request, response: Response
) -> list[Task]:
    wanted = TaskFilter(status=asked.status, type=asked.type, priority=asked.priority, q=asked.q)
    page = Page(sort=asked.sort, limit=asked.limit, offset=asked.offset)
    found = await core.tasks.find(wanted, page)
    response.headers["X-Total-Count"] = str(found.total)
    response.headers["Link"] = links(request.url, found.total, page.limit, page.offset)
    return found.tasks


@router.post(
    "",
    status_code=201,
    summary="Create a task",
    response_model_exclude_unset=True,
    responses=answers(409, ok=201, headers=("ETag", "Location")),
)
async def create_task(
    core: CoreDep, body: TaskPost, named: HeaderActor, response: Response
) -> TaskMade:
    who = caller(body.agent, named)
    data = for_core(body, TaskCreate)
    made = await core.tasks.create(data, who, on_duplicate=body.on_duplicate)
    response.headers["Location"] = f"/api/tasks/{made.task.id}"
    _tagged(made.task, response)
    return TaskMade.of(made.task, made.duplicates)


@router.post(
    "/next",
    summary="Say which task is next, and with `claim` take it",
    response_model=Task,
    responses=answers(409, headers=TAGGED) | {204: {"description": "No task is free."}},
)
async def next_task(
    core: CoreDep, named: HeaderActor, response: Response, body: NextPost | None = None
) -> Task | Response:
    asked = body or NextPost()
    found = await core.queue.next(caller(asked.agent, named), claim=asked.claim)
    return Response(status_code=204) if found.task is None else _tagged(found.task, response)


@router.get(
    "/{task_id}",
    summary="Read a task",
    response_model=Task,
    responses=answers(304, 404, headers=TAGGED),
)
async def get_task(
    core: CoreDep, task_id: TaskIdPath, named: HeaderActor, known: Known, response: Response
) -> Task | Response:
    task = await core.tasks.get(task_id, caller(None, named))
    tag = etag(task.version)
    if is_known(known, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return _tagged(task, response)


@router.put(
    "/{task_id}",
    summary="Change a task",
    responses=answers(404, 409, 412, headers=("ETag", "X-Merged-Fields")),
)
async def update_task(
    core: CoreDep,
    task_id: TaskIdPath,
    body: TaskPut,
    named: HeaderActor,
    condition: Expected,
    response: Response,
) -> Task:
    present = await core.tasks.get(task_id)
    expected = condition.expected_version(present.version)
    if expected in (None, present.version) and refuse_changed(
        body, present, _comparable(body, present)
    ):
        expected = present.version  # else they could be wrong by the time of the write
    update = changes(body, present, TaskUpdate)
    who = caller(body.agent, named)
    written = await core.tasks.write(task_id, update, who, expected_version=expected)
    if written.others and expected is None:
        response.headers["X-Merged-Fields"] = ", ".join(written.others)
    return _tagged(written.task, response)


@router.delete(
    "/{task_id}",
    status_code=204,
    response_class=Response,
    summary="Delete a task",
    responses=answers(404, 409, 412),
)
async def delete_task(
    core: CoreDep, task_id: TaskIdPath, named: HeaderActor, condition: Expected
) -> None:
    present = await core.tasks.get(task_id)
    expected = condition.expected_version(present.version)
    await core.tasks.delete(task_id, caller(None, named), expected_version=expected)


@router.put(
    "/{task_id}/status",
    summary="Move a task on the board",
    responses=answers(404, 409, 412, headers=TAGGED),
)
async def update_task_status(
    core: CoreDep,
    task_id: TaskIdPath,
    body: StatusPut,
    named: HeaderActor,
    condition: Expected,
    response: Response,
) -> Task:
    present = await core.tasks.get(task_id)
    expected = condition.expected_version(present.version)
    who = caller(body.agent, named)
    change = for_core(body, StatusChange)
    return _tagged(await core.tasks.move(task_id, change, who, expected_version=expected), response)


@router.post(
    "/{task_id}/release", summary="Give a claim back", responses=answers(404, 409, headers=TAGGED)
)
async def release_task(
    core: CoreDep,
    task_id: TaskIdPath,
    named: HeaderActor,
    response: Response,
    body: ActorBody | None = None,
) -> Task:
    who = caller(body.agent if body else None, named)
    return _tagged(await core.queue.release(task_id, who), response)


@router.get(
    "/{task_id}/history", summary="Every change of a task, newest last", responses=answers(404)
)
async def get_task_history(
    core: CoreDep, task_id: TaskIdPath, named: HeaderActor
) -> list[HistoryEntry]:
    await core.tasks.get(task_id, caller(None, named))
    return await core.tasks.history(task_id)


@router.get(
    "/{task_id}/branch",
    summary="The commits of a task's branch and the files they changed, as git says",
    responses=answers(404),
)
async def get_task_branch(core: CoreDep, task_id: TaskIdPath, named: HeaderActor) -> Branch:
    task = await core.tasks.get(task_id, caller(None, named))
    return await core.branches.find(task.git_branch)


@router.get(
    "/{task_id}/pack",
    summary="What is known about a task, within a budget of tokens",
    responses=answers(404),
)
async def get_task_pack(
    core: CoreDep,
    task_id: TaskIdPath,
    named: HeaderActor,
    tokens: Annotated[PackTokens, BeforeValidator(only_digits), Query()] = 2000,
) -> Pack:
    await core.tasks.get(task_id, caller(None, named))
    return await core.pack.pack(task_id, tokens)


@router.post(
    "/{task_id}/analyze",
    status_code=202,
    tags=["jobs"],
    summary="Have Claude analyse a task, in the background",
    responses=answers(404, 409, ok=202, headers=("Location",)),
)
async def analyze_task(
    core: CoreDep,
    task_id: TaskIdPath,
    named: HeaderActor,
    response: Response,
    body: ActorBody | None = None,
) -> Job:
    job = await core.analysis.start(task_id, caller(body.agent if body else None, named))
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return job
