"""What the workflow of the board refuses."""

import difflib
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.models import StatusRow
from claudetask_core.errors import Conflict, Invalid
from claudetask_core.schemas.workflow import Status, Workflow

SURELY: Final = 0.8


class IllegalMove(Conflict):
    code = "illegal_move"

    def __init__(self, message: str, next_step: str, *, allowed: list[str], status: str) -> None:
        super().__init__(message, next_step=next_step, allowed=allowed, status=status)


class UnknownStatus(Invalid):
    code = "unknown_status"
    field = "status"

    def __init__(self, name: str, workflow: Workflow) -> None:
        known = list(workflow.statuses)
        meant = _meant(name, known, str(workflow.done))
        super().__init__(
            f"There is no status {name!r}." + (f" Did you mean {meant!r}?" if meant else ""),
            next_step=f"Statuses: {', '.join(known)}.",
            statuses=known,
        )


def _meant(name: str, known: Sequence[str], done: str) -> str | None:
    """The status that was likely meant; Done only for what can be nothing else, not for `Doing`."""
    small = {status.casefold(): status for status in known}
    close = difflib.get_close_matches(name.casefold(), small, n=1, cutoff=0.5)
    if not close or small[close[0]] != done:
        return small[close[0]] if close else None
    near = difflib.SequenceMatcher(None, name.casefold(), close[0]).ratio()
    return done if near >= SURELY else None


class WorkflowChanged(Conflict):
    code = "workflow_changed"

    def __init__(self) -> None:
        super().__init__(
            "The statuses of this board were changed since this server started.",
            next_step="Start the server anew (in Claude Code: /mcp, reconnect), then try again.",
        )


def known(workflow: Workflow, status: Status | None) -> Status | None:
    """The status, or None where none was named.

    Raises:
        UnknownStatus: The workflow has no such column.
    """
    if status is not None and workflow.kind(status) is None:
        raise UnknownStatus(status, workflow)
    return status


def is_allowed(workflow: Workflow, present: str, wanted: str) -> bool:
    """Whether a task may move so; staying where it is counts as allowed."""
    return wanted == present or wanted in workflow.moves(present)


def illegal_start(workflow: Workflow, wanted: str) -> IllegalMove:
    """The refusal of a new task that should begin where none may."""
    start = str(workflow.start)
    allowed = [start, *(str(status) for status in workflow.moves(start))]
    return IllegalMove(
        f"A new task cannot begin in {wanted}. Allowed: {', '.join(allowed)}.",
        "Begin in one of these, or leave the status out.",
        allowed=allowed,
        status=start,
    )


def illegal(workflow: Workflow, subject: str, present: str, wanted: str) -> IllegalMove:
    allowed = [str(status) for status in workflow.moves(present)]
    return IllegalMove(
        f"{subject} is in {present} and cannot move to {wanted}. "
        f"Allowed: {', '.join(allowed) or 'none'}.",
        "Move through one of these, or give force_reason to override.",
        allowed=allowed,
        status=present,
    )


Columns = list[tuple[str, str, bool]]
"""Names in order, each with its kind and whether the next task may come from there."""
COLUMNS: Final = select(StatusRow.name, StatusRow.kind, StatusRow.offered).order_by(
    StatusRow.position
)


async def columns(session: AsyncSession) -> Columns:
    """The board's own columns."""
    return [(name, kind, offered) for name, kind, offered in await session.execute(COLUMNS)]


def as_columns(workflow: Workflow) -> Columns:
    offered = workflow.offered
    return [(str(c.name), c.kind.value, Status(c.name) in offered) for c in workflow.status]


async def require_same(session: AsyncSession, workflow: Workflow) -> None:
    """Raises WorkflowChanged where another process has given the board another workflow."""
    if await columns(session) != as_columns(workflow):
        raise WorkflowChanged
