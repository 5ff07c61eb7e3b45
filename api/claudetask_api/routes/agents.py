"""Claude Code's agents; the disk is the truth. A name may hold a slash, so ids are paths."""

from urllib.parse import quote

from fastapi import Response

from claudetask_api import routing
from claudetask_api.dependencies import AgentIdPath, CoreDep, HeaderActor, actor
from claudetask_api.openapi import answers
from claudetask_api.preconditions import Expected, Known, etag, is_known
from claudetask_api.schemas import (
    AgentFixPost,
    AgentPost,
    AgentPut,
    RestorePost,
    changes,
    for_core,
    refuse_changed,
)
from claudetask_core.schemas.agent import (
    Agent,
    AgentCreate,
    AgentFix,
    AgentUpdate,
    FileVersion,
)

router = routing.router("/api/agents", tag="claude")

READ_ONLY = ("id", "path", "scope", "hash", "loaded", "runs_with", "problems")
TAGGED = ("ETag",)
RESTART = "Claude-Code-Restart"
CHANGED = ("ETag", RESTART)


def _tagged(agent: Agent, response: Response) -> Agent:
    response.headers["ETag"] = etag(agent.hash)
    return agent


def address(agent: Agent) -> str:
    return f"/api/agents/{quote(agent.id, safe='')}"


def changed(agent: Agent, response: Response) -> Agent:
    """An agent that was written: who runs Claude Code must know that it has not seen it."""
    response.headers[RESTART] = "needed"
    return _tagged(agent, response)


@router.get("", summary="List agents, the project's and the user's")
async def list_agents(core: CoreDep) -> list[Agent]:
    return await core.agents.find()


@router.post(
    "",
    status_code=201,
    summary="Create an agent",
    responses=answers(404, 409, ok=201, headers=(*CHANGED, "Location")),
)
async def create_agent(
    core: CoreDep, body: AgentPost, named: HeaderActor, response: Response
) -> Agent:
    data = for_core(body, AgentCreate)
    agent = await core.agents.create(data, actor(body.agent, named))
    response.headers["Location"] = address(agent)
    return changed(agent, response)


@router.get(
    "/{agent_id:path}/versions", summary="Kept copies, newest first", responses=answers(404)
)
async def list_agent_versions(core: CoreDep, agent_id: AgentIdPath) -> list[FileVersion]:
    return await core.agents.versions(agent_id)


@router.post(
    "/{agent_id:path}/restore",
    summary="Put a kept copy back, of a deleted agent too",
    responses=answers(404, 409, headers=CHANGED),
)
async def restore_agent(
    core: CoreDep, agent_id: AgentIdPath, body: RestorePost, named: HeaderActor, response: Response
) -> Agent:
    agent = await core.agents.restore(agent_id, body.version, actor(body.agent, named))
    return changed(agent, response)


@router.post(
    "/{agent_id:path}/fix",
    summary="Mend what is wrong with an agent's file, where that needs no guess",
    responses=answers(404, 409, 412, headers=CHANGED),
)
async def fix_agent(
    core: CoreDep,
    agent_id: AgentIdPath,
    body: AgentFixPost,
    named: HeaderActor,
    condition: Expected,
    response: Response,
) -> AgentFix:
    present = await core.agents.get(agent_id)
    done = await core.agents.fix(
        agent_id,
        actor(body.agent, named),
        expected_hash=condition.expected(present.hash),
        dry_run=body.dry_run,
    )
    if done.fixed and not body.dry_run:
        response.headers[RESTART] = "needed"
    _tagged(done.agent, response)
    return done


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
    "/{agent_id:path}",
    summary="Change an agent",
    responses=answers(404, 409, 412, headers=CHANGED),
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
    if expected in (None, present.hash) and refuse_changed(body, present, READ_ONLY):
        expected = present.hash  # else they could be wrong by the time of the write
    update = changes(body, present, AgentUpdate)
    agent = await core.agents.update(
        agent_id, update, actor(body.agent, named), expected_hash=expected
    )
    if agent.hash == present.hash and agent.id == present.id:
        return _tagged(agent, response)
    return changed(agent, response)


@router.delete(
    "/{agent_id:path}",
    status_code=204,
    response_class=Response,
    summary="Delete an agent",
    responses=answers(404, 412, ok=204, headers=(RESTART,)),
)
async def delete_agent(
    core: CoreDep,
    agent_id: AgentIdPath,
    named: HeaderActor,
    condition: Expected,
    response: Response,
) -> None:
    present = await core.agents.get(agent_id)
    expected = condition.expected(present.hash)
    await core.agents.delete(agent_id, actor(None, named), expected_hash=expected)
    response.headers[RESTART] = "needed"
