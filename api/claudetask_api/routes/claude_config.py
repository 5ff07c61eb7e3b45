"""CLAUDE.md in its four places, whole; the disk is the truth."""

from typing import Annotated

from fastapi import Query, Response

from claudetask_api import routing
from claudetask_api.dependencies import DEFAULT_ACTOR, CoreDep, HeaderActor, actor
from claudetask_api.openapi import answers
from claudetask_api.preconditions import Expected, Known, etag, is_known
from claudetask_api.schemas import ConfigPreview, ConfigPut, RestorePost, refuse_changed
from claudetask_core.schemas.agent import FileVersion
from claudetask_core.schemas.claude_md import ClaudeMd, ClaudeMdChange, ClaudeMdWrite, Place

router = routing.router("/api/claude/config", tag="claude")

READ_ONLY = ("path", "exists", "hash", "updated_at")
TAGGED = ("ETag",)
Where = Annotated[Place, Query(description="Which of the files.", examples=["local"])]


def _tagged(file: ClaudeMd, response: Response) -> ClaudeMd:
    if file.hash is not None:
        response.headers["ETag"] = etag(file.hash)
    return file


@router.get(
    "",
    summary="Read CLAUDE.md",
    response_model=ClaudeMd,
    responses=answers(304, 404, headers=TAGGED),
)
async def get_claude_config(
    core: CoreDep, known: Known, response: Response, place: Where = Place.PROJECT
) -> ClaudeMd | Response:
    file = await core.claude_md.read(place)
    if file.hash is not None and is_known(known, etag(file.hash)):
        return Response(status_code=304, headers={"ETag": etag(file.hash)})
    return _tagged(file, response)


@router.put("", summary="Write CLAUDE.md", responses=answers(404, 412, headers=TAGGED))
async def update_claude_config(
    core: CoreDep,
    body: ConfigPut,
    named: HeaderActor,
    condition: Expected,
    response: Response,
    place: Where = Place.PROJECT,
) -> ClaudeMd:
    present = await core.claude_md.read(place)
    expected = condition.expected(present.hash)
    if expected in (None, present.hash) and refuse_changed(body, present, READ_ONLY):
        expected = present.hash  # else they could be wrong by the time of the write
    wanted = ClaudeMdWrite(content=body.content, expected_hash=expected, place=place)
    who = actor(body.agent, named)
    change = await core.claude_md.write(
        wanted, who, require_hash=False, only_new=condition.only_new
    )
    return _tagged(change.file, response)


@router.post("/preview", summary="What a write would change; nothing is written")
async def preview_claude_config(core: CoreDep, body: ConfigPreview) -> ClaudeMdChange:
    wanted = ClaudeMdWrite(content=body.content, dry_run=True)
    return await core.claude_md.write(wanted, DEFAULT_ACTOR, require_hash=False)


@router.get("/versions", summary="Kept copies, newest first", responses=answers(404))
async def list_claude_config_versions(
    core: CoreDep, place: Where = Place.PROJECT
) -> list[FileVersion]:
    return await core.claude_md.versions(place)


@router.post("/restore", summary="Put a kept copy back", responses=answers(404, headers=TAGGED))
async def restore_claude_config(
    core: CoreDep,
    body: RestorePost,
    named: HeaderActor,
    response: Response,
    place: Where = Place.PROJECT,
) -> ClaudeMd:
    change = await core.claude_md.restore(body.version, actor(body.agent, named), place=place)
    return _tagged(change.file, response)
