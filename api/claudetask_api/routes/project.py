"""The project that the board serves."""

from claudetask_api import routing
from claudetask_api.dependencies import CoreDep, HeaderActor, actor
from claudetask_api.openapi import answers
from claudetask_api.preconditions import Expected
from claudetask_api.schemas import SettingsPut, changes, refuse_changed
from claudetask_core.schemas.project import (
    PathQuestion,
    PathReport,
    ProjectSettings,
    ProjectSettingsUpdate,
    ProjectStatus,
)

router = routing.router("/api/project", tag="project")

READ_ONLY = ("id", "board_path", "version")


@router.get("/settings", summary="Read the settings", responses=answers(404))
async def get_project_settings(core: CoreDep) -> ProjectSettings:
    return await core.project.settings()


@router.get(
    "/status",
    summary="Settings, counts per status, the index and the jobs that run",
    responses=answers(404),
)
async def get_project_status(core: CoreDep) -> ProjectStatus:
    return await core.status()


@router.put("/settings", summary="Change the settings", responses=answers(404, 409, 412))
async def update_project_settings(
    core: CoreDep, body: SettingsPut, named: HeaderActor, condition: Expected
) -> ProjectSettings:
    condition.refuse_untagged()
    present = await core.project.settings()
    refuse_changed(body, present, READ_ONLY)
    update = changes(body, present, ProjectSettingsUpdate)
    return await core.project.update(update, actor(body.agent, named))


@router.post("/validate-path", summary="What stands at a path, and whether a project can")
async def validate_project_path(core: CoreDep, body: PathQuestion) -> PathReport:
    return await core.project.validate_path(body.path)
