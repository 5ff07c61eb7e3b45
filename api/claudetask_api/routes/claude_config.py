"""CLAUDE.md, whole; the disk is the truth."""

from fastapi import APIRouter, Response

from claudetask_api.dependencies import DEFAULT_ACTOR, CoreDep, HeaderActor, actor
from claudetask_api.openapi import answers
from claudetask_api.preconditions import Expected, Known, etag, is_known
from claudetask_api.schemas import ConfigPreview, ConfigPut, RestorePost, refuse_changed
from claudetask_core.schemas.agent import FileVersion
from claudetask_core.schemas.claude_md import ClaudeMd, ClaudeMdChange, ClaudeMdWrite

router = APIRouter(prefix="/api/claude/config", tags=["claude"])

READ_ONLY = ("path", "exists", "hash", "updated_at")
TAGGED = ("ETag",)


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
async def get_claude_config(core: CoreDep, known: Known, response: Response) -> ClaudeMd | Response:
    file = await core.claude_md.read()
    if file.hash is not None and is_known(known, etag(file.hash)):
        return Response(status_code=304, headers={"ETag": etag(file.hash)})
    return _tagged(file, response)


@router.put("", summary="Write CLAUDE.md", responses=answers(404, 412, headers=TAGGED))
async def update_claude_config(
    core: CoreDep, body: ConfigPut, named: HeaderActor, condition: Expected, response: Response
) -> ClaudeMd:
    present = await core.claude_md.read()
    expected = condition.expected(present.hash or "")
    if refuse_changed(body, present, READ_ONLY) and expected is None:
        expected = present.hash  # else they could be wrong by the time of the write
    wanted = ClaudeMdWrite(content=body.content, expected_hash=expected)
    change = await core.claude_md.write(wanted, actor(body.agent, named), require_hash=False)
    return _tagged(change.file, response)


@router.post("/preview", summary="What a write would change; nothing is written")
async def preview_claude_config(core: CoreDep, body: ConfigPreview) -> ClaudeMdChange:
    wanted = ClaudeMdWrite(content=body.content, dry_run=True)
    return await core.claude_md.write(wanted, DEFAULT_ACTOR, require_hash=False)


@router.get("/versions", summary="Kept copies, newest first", responses=answers(404))
async def list_claude_config_versions(core: CoreDep) -> list[FileVersion]:
    return await core.claude_md.versions()


@router.post("/restore", summary="Put a kept copy back", responses=answers(404, headers=TAGGED))
async def restore_claude_config(
    core: CoreDep, body: RestorePost, named: HeaderActor, response: Response
) -> ClaudeMd:
    change = await core.claude_md.restore(body.version, actor(body.agent, named))
    return _tagged(change.file, response)
