"""The tool that says where the project stands."""

from typing import Any

from mcp.server.mcpserver import Context

from claudetask_core.services.access.rate_limit import RateClass
from claudetask_mcp.app import visit
from claudetask_mcp.render import project
from claudetask_mcp.tool import Spec


async def project_status(ctx: Context[Any]) -> str:
    """Where the project stands: its folder, tasks per status, the search index, running jobs."""
    here = await visit(ctx)
    return project.status(await here.core.status())


PROJECT = (
    Spec(
        project_status,
        "Project status",
        RateClass.READ,
        read_only=True,
        idempotent=True,
        found_by="kanban board settings health how many tasks search index jobs",
    ),
)
