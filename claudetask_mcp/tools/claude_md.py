"""The tools for CLAUDE.md."""

from pathlib import PurePath
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from claudetask_core.errors import Invalid
from claudetask_core.schemas.claude_md import (
    ClaudeMdContent,
    ClaudeMdWrite,
    OtherPath,
    Place,
    SectionMode,
    SectionPath,
    VersionName,
)
from claudetask_core.services.access.rate_limit import RateClass
from claudetask_mcp.app import visit
from claudetask_mcp.arguments import ABSENT, Absent, given
from claudetask_mcp.render import claude_md
from claudetask_mcp.tool import Spec

Section = Annotated[SectionPath, Field(description="Heading path, e.g. Commands > Testing")]
Where = Annotated[Place, Field(description="Which file; user is read only")]
EVERYTHING = "*"


class NothingToWrite(Invalid):
    code = "nothing_to_write"


async def read_claude_md(
    ctx: Context[Any],
    section: Annotated[
        SectionPath,
        Field(description="Heading path, e.g. Commands > Testing; * for an overview of all files"),
    ] = ABSENT,
    place: Where = Place.PROJECT,
    path: Annotated[
        OtherPath, Field(description="A rule or sub-folder's file from the overview instead")
    ] = ABSENT,
) -> str:
    """Read the project's CLAUDE.md, or one section of it, and its hash."""
    here = await visit(ctx)
    service = here.core.claude_md
    if path:
        return claude_md.other(await service.other(path))
    if section == EVERYTHING:
        return claude_md.places(await service.places(), await service.others())
    if section:
        return claude_md.section(await service.section(section, place))
    whole = await service.read(place)
    outline = [] if len(whole.content) <= claude_md.CONTENT else await service.outline(place)
    return claude_md.file(whole, outline)


async def update_claude_md(
    ctx: Context[Any],
    content: Annotated[
        ClaudeMdContent,
        Field(
            description="The new text; of a section with its heading line, or empty to remove it"
        ),
    ] = ABSENT,
    section: Section = ABSENT,
    expected_hash: Annotated[
        str, Field(description="From read_claude_md; needed to replace a whole existing file")
    ] = ABSENT,
    dry_run: Annotated[bool, Field(description="Only show the difference")] = False,
    restore: Annotated[
        VersionName, Field(description="Put back this kept version, or last")
    ] = ABSENT,
    append: Annotated[
        bool, Field(description="Add content at the end of the section or file")
    ] = False,
    place: Where = Place.PROJECT,
) -> str:
    """Replace one section of CLAUDE.md (the rest stays to the byte) or, without section, the
    whole file. The version before is kept; restore brings one back.
    """
    here = await visit(ctx)
    if restore:
        if not isinstance(content, Absent):
            raise NothingToWrite(
                "update_claude_md takes either content or restore, not both.",
                next_step="Leave one of them out.",
            )
        back = await here.core.claude_md.restore(
            restore, here.caller.name, dry_run=dry_run, place=place
        )
        return claude_md.changed(back, f"version {restore}")
    if isinstance(content, Absent):
        raise NothingToWrite(
            "update_claude_md was given neither content nor restore.",
            next_step="Give the new text as content, or a kept version as restore.",
        )
    optional = given(section=section or None, expected_hash=expected_hash or None)
    mode = SectionMode.APPEND if append else SectionMode.REPLACE
    data = ClaudeMdWrite(content=content, dry_run=dry_run, mode=mode, place=place, **optional)
    change = await here.core.claude_md.write(data, here.caller.name, require_hash=True)
    name = PurePath(change.file.path).name
    return claude_md.changed(change, f"section {section}" if section else name)


CLAUDE_MD = (
    Spec(
        read_claude_md,
        "Read CLAUDE.md",
        RateClass.READ,
        read_only=True,
        idempotent=True,
        found_by="memory project instructions rules conventions",
    ),
    Spec(
        update_claude_md,
        "Change CLAUDE.md",
        RateClass.WRITE,
        destructive=True,
        idempotent=True,
        found_by="memory project instructions rules conventions remember edit restore",
    ),
)
