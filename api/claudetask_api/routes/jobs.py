"""Jobs: analyses that run in the background."""

from typing import Annotated

from fastapi import Path, Query

from claudetask_api import routing
from claudetask_api.dependencies import CoreDep, HeaderActor, caller
from claudetask_api.openapi import answers
from claudetask_api.schemas import JobsQuery
from claudetask_core.schemas.job import Job

router = routing.router("/api/jobs", tag="jobs")

JobId = Annotated[str, Path(description="Its id.")]


@router.get("", summary="Jobs of all processes, newest first")
async def list_jobs(core: CoreDep, asked: Annotated[JobsQuery, Query()]) -> list[Job]:
    return await core.analysis.recent(asked.limit, asked.task_id)


@router.get("/{job_id}", summary="How a job stands", responses=answers(404))
async def get_job(core: CoreDep, job_id: JobId) -> Job:
    return await core.analysis.get(job_id)


@router.delete("/{job_id}", status_code=202, summary="Cancel a job", responses=answers(404, 409))
async def cancel_job(core: CoreDep, job_id: JobId, named: HeaderActor) -> Job:
    return await core.analysis.cancel(job_id, caller(None, named))
