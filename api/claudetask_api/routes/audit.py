"""Who did what, and when."""

from typing import Annotated

from fastapi import Query

from claudetask_api import routing
from claudetask_api.dependencies import CoreDep
from claudetask_api.schemas import AuditQuery
from claudetask_core.schemas.audit import AuditEntry, AuditPage

router = routing.router("/api/audit", tag="access")


@router.get("", summary="Who did what, newest first")
async def list_audit(core: CoreDep, asked: Annotated[AuditQuery, Query()]) -> list[AuditEntry]:
    return await core.audit.find(AuditPage(**asked.model_dump()))
