"""CLAUDE.md by section, its places with their imports, what else is loaded, our own block."""

from typing import Annotated

from fastapi import Query

from claudetask_api import routing
from claudetask_api.dependencies import CoreDep, HeaderActor, actor
from claudetask_api.openapi import answers
from claudetask_api.routes.claude_config import Where
from claudetask_api.schemas import BlockPut, SectionPost
from claudetask_core.schemas.claude_md import (
    ClaudeMd,
    ClaudeMdChange,
    ClaudeMdOthers,
    ClaudeMdOverview,
    ClaudeMdSection,
    ClaudeMdWrite,
    OtherPath,
    Place,
    SectionPath,
)

router = routing.router("/api/claude", tag="claude")


@router.get("/places", summary="The four files: sections, imports, hints", responses=answers(404))
async def list_claude_places(core: CoreDep) -> list[ClaudeMdOverview]:
    return await core.claude_md.places()


@router.get("/files", summary="What else Claude Code loads: rules, CLAUDE.md of sub-folders")
async def list_claude_files(core: CoreDep) -> ClaudeMdOthers:
    return await core.claude_md.others()


@router.get("/file", summary="Read one of those files", responses=answers(404))
async def get_claude_file(
    core: CoreDep,
    path: Annotated[OtherPath, Query(examples=[".claude/rules/tests.md"])],
) -> ClaudeMd:
    return await core.claude_md.other(path)


@router.get("/section", summary="Read one section", responses=answers(404))
async def get_claude_section(
    core: CoreDep,
    section: Annotated[
        SectionPath, Query(description="Its heading path.", examples=["Commands > Testing"])
    ],
    place: Where = Place.PROJECT,
) -> ClaudeMdSection:
    return await core.claude_md.section(section, place)


@router.post(
    "/section",
    summary="Replace, add to or remove a section, or show what that would change",
    responses=answers(404, 412),
)
async def update_claude_section(
    core: CoreDep, body: SectionPost, named: HeaderActor
) -> ClaudeMdChange:
    wanted = ClaudeMdWrite.model_validate(body.model_dump(exclude={"agent"}, exclude_unset=True))
    return await core.claude_md.write(wanted, actor(body.agent, named), require_hash=True)


@router.put("/block", summary="Have our own block exactly once, or not at all")
async def set_claude_block(core: CoreDep, body: BlockPut, named: HeaderActor) -> ClaudeMdChange:
    return await core.claude_md.set_block(
        present=body.present,
        actor=actor(body.agent, named),
        dry_run=body.dry_run,
        place=body.place,
    )
