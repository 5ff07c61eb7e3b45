"""The agents that come with the program, and installing one."""

from typing import Annotated

from fastapi import Path, Response

from claudetask_api import routing
from claudetask_api.dependencies import CoreDep, HeaderActor, actor
from claudetask_api.openapi import answers
from claudetask_api.routes.agents import CHANGED, address, changed
from claudetask_api.schemas import ActorBody
from claudetask_core.schemas.agent import Agent, AgentTemplate
from claudetask_core.services.agents.templates import templates

router = routing.router("/api/agent-templates", tag="claude")


@router.get("", summary="List the agents that come with the program")
async def list_agent_templates() -> list[AgentTemplate]:
    return templates()


@router.post(
    "/{name}/install",
    status_code=201,
    summary="Install one of them in the project",
    responses=answers(404, 409, ok=201, headers=(*CHANGED, "Location")),
)
async def install_agent_template(
    core: CoreDep,
    name: Annotated[str, Path(examples=["reviewer"], description="The template's name.")],
    named: HeaderActor,
    response: Response,
    body: ActorBody | None = None,
) -> Agent:
    agent = await core.agents.install(name, actor(body.agent if body else None, named))
    response.headers["Location"] = address(agent)
    return changed(agent, response)
