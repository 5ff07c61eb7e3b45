"""Claude Code's agents; the disk is the truth. A name may hold a slash, so ids are paths."""

from urllib.parse import quote

from fastapi import APIRouter, Response

from claudetask_api.dependencies import AgentIdPath, CoreDep, HeaderActor, actor
from claudetask_api.openapi import answers
from claudetask_api.preconditions import Expected, Known, etag, is_known
from claudetask_api.schemas import (
    AgentPost,
    AgentPut,
    RestorePost,
    changes,
    refuse_changed,
    without_agent,
)
from claudetask_core.schemas.agent import Agent, AgentCreate, AgentUpdate, FileVersion

router = APIRouter(prefix="/api/agents", tags=["claude"])

READ_ONLY = ("id", "path", "scope", "hash", "problems")
TAGGED = ("ETag",)


def _tagged(agent: Agent, response: Response) -> Agent:
    response.headers["ETag"] = etag(agent.hash)
    return agent


@router.get("", summary="List agents, the project's and the user's")
async def list_agents(core: CoreDep) -> list[Agent]:
    return await core.agents.find()


@router.post(
    "",
    status_code=201,
    summary="Create an agent",
    responses=answers(404, 409, ok=201, headers=("ETag", "Location")),
)
async def create_agent(
    core: CoreDep, body: AgentPost, named: HeaderActor, response: Response
) -> Agent:
    data = without_agent(body, AgentCreate)
    agent = await core.agents.create(data, actor(body.agent, named))
    response.headers["Location"] = f"/api/agents/{quote(agent.id, safe='')}"
    return _tagged(agent, response)


@router.get(
    "/{agent_id:path}/versions", summary="Kept copies, newest first", responses=answers(404)
)
async def list_agent_versions(core: CoreDep, agent_id: AgentIdPath) -> list[FileVersion]:
    return await core.agents.versions(agent_id)


@router.post(
    "/{agent_id:path}/restore",
    summary="Put a kept copy back, of a deleted agent too",
    responses=answers(404, 409, headers=TAGGED),
)
async def restore_agent(
    core: CoreDep, agent_id: AgentIdPath, body: RestorePost, named: HeaderActor, response: Response
) -> Agent:
    agent = await core.agents.restore(agent_id, body.version, actor(body.agent, named))
    return _tagged(agent, response)


@router.get(
    "/{agent_id:path}",
    summary="Read an agent",
    response_model=Agent,
    responses=answers(304, 404, headers=TAGGED),
)
async def get_agent(
    core: CoreDep, agent_id: AgentIdPath, known: Known, response: Response
) -> Agent | Response:
    agent = await core.agents.get(agent_id)
    if is_known(known, etag(agent.hash)):
        return Response(status_code=304, headers={"ETag": etag(agent.hash)})
    return _tagged(agent, response)


@router.put(
    "/{agent_id:path}", summary="Change an agent", responses=answers(404, 409, 412, headers=TAGGED)
)
async def update_agent(
    core: CoreDep,
    agent_id: AgentIdPath,
    body: AgentPut,
    named: HeaderActor,
    condition: Expected,
    response: Response,
) -> Agent:
    present = await core.agents.get(agent_id)
    expected = condition.expected(present.hash)
    if refuse_changed(body, present, READ_ONLY) and expected is None:
        expected = present.hash  # else they could be wrong by the time of the write
    update = changes(body, present, AgentUpdate)
    agent = await core.agents.update(
        agent_id, update, actor(body.agent, named), expected_hash=expected
    )
    return _tagged(agent, response)


@router.delete(
    "/{agent_id:path}", status_code=204, summary="Delete an agent", responses=answers(404, 412)
)
async def delete_agent(
    core: CoreDep, agent_id: AgentIdPath, named: HeaderActor, condition: Expected
) -> None:
    present = await core.agents.get(agent_id)
    expected = condition.expected(present.hash)
    await core.agents.delete(agent_id, actor(None, named), expected_hash=expected)
