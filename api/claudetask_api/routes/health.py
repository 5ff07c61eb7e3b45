"""Whether the server lives, and whether it can work."""

from fastapi import Response

from claudetask_api import routing
from claudetask_api.dependencies import CoreDep
from claudetask_api.schemas import Health, Readiness
from claudetask_core import __version__
from claudetask_core.core import Core
from claudetask_core.errors import DomainError

router = routing.router(tag="server")


@router.get("/health", summary="Whether the server lives")
async def health() -> Health:
    return Health(status="ok", version=__version__)


@router.get(
    "/health/ready",
    summary="Whether the server can work",
    responses={503: {"model": Readiness, "description": "Something does not answer; it is named."}},
)
async def readiness(core: CoreDep, response: Response) -> Readiness:
    checks = {"database": await _database(core), "project": await _project(core)}
    ready = all(said == "ok" for said in checks.values())
    response.status_code = 200 if ready else 503
    return Readiness(status="ready" if ready else "not ready", checks=checks)


async def _database(core: Core) -> str:
    try:
        await core.ready()
    except DomainError as error:
        return str(error)
    return "ok"


async def _project(core: Core) -> str:
    try:
        settings = await core.project.settings()
        report = await core.project.validate_path(settings.project_path)
    except DomainError as error:
        return str(error)
    return " ".join(report.problems) or "ok"
