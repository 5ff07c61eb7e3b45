"""A move on the board, with what it does to the claim and the completion time."""

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.engine import WriteSession
from claudetask_core.db.models import TaskRow
from claudetask_core.errors import Conflict
from claudetask_core.schemas.task import Status
from claudetask_core.services import claims
from claudetask_core.services.claims import Caller, Claimed, Lease
from claudetask_core.services.history import Change, as_json
from claudetask_core.services.task_graph import what_is_open
from claudetask_core.services.verify import NOT_RUN, Proof
from claudetask_core.services.workflow import HOLDS_CLAIM, IllegalMove, is_allowed

SHOWN = 10
UNPROVEN = Proof(open=(NOT_RUN,))
"""What a move to Done has that nobody has looked into."""


class NotProven(Conflict):
    code = "not_proven"

    def __init__(self, row: TaskRow, still_open: list[str]) -> None:
        listed = "; ".join(still_open[:SHOWN])
        more = f"; and {len(still_open) - SHOWN} more" if len(still_open) > SHOWN else ""
        super().__init__(
            f"Task #{row.id} cannot be Done yet: {listed}{more}.",
            next_step=(
                "Check each criterion with its evidence (update_task, check), finish what it "
                "depends on, or give force_reason to override."
            ),
            open=still_open,
        )


@dataclass(frozen=True)
class Move:
    """Where to, by whom, under which lease, what to say about it, and what proves it done."""

    status: Status
    caller: Caller
    lease: Lease
    comment: str | None = None
    force_reason: str | None = None
    proof: Proof = UNPROVEN


def is_done(status: Status) -> bool:
    return status is Status.DONE


async def move(session: WriteSession, row: TaskRow, to: Move) -> list[Change]:
    """Moves the task, or refuses.

    Raises:
        Claimed: Another caller holds it.
        IllegalMove: The workflow has no such move.
        NotProven: Criteria, dependencies or subtasks are open and it should be Done.
    """
    present = Status(row.status)
    forced = await overridden(session, row, present, to)
    changes: list[Change] = []
    if to.status != present:
        reason = to.force_reason if forced else (to.comment or to.force_reason)
        action = "forced" if forced else "moved"
        row.status = to.status.value
        changes.append(Change(action, "status", present.value, to.status.value, reason))
        changes += _completed(row, to)
    claim: list[Change] = []
    if to.status is Status.IN_PROGRESS:
        claim = claims.take(row, to.caller, to.lease)
    elif to.status not in HOLDS_CLAIM:
        claim = claims.release(row)
    if forced:
        claim = [replace(change, reason=to.force_reason) for change in claim]
    return changes + claim


async def overridden(session: AsyncSession, row: TaskRow, present: Status, to: Move) -> bool:
    """Whether force_reason was needed; raises where it was and is not given."""
    refusals: list[Conflict] = []
    if claims.held_by_other(row, to.caller, to.lease.now):
        refusals.append(Claimed(row))
    if not is_allowed(present, to.status):
        refusals.append(IllegalMove(f"Task #{row.id}", present, to.status))
    elif is_done(to.status) and not is_done(present):
        still_open = [*await what_is_open(session, row), *to.proof.open]
        if still_open:
            refusals.append(NotProven(row, still_open))
    if refusals and to.force_reason is None:
        raise refusals[0]
    return bool(refusals)


def _completed(row: TaskRow, to: Move) -> list[Change]:
    old = row.completed_at
    row.completed_at = to.lease.now if is_done(to.status) else None
    if old == row.completed_at:
        return []
    return [Change("updated", "completed_at", as_json(old), as_json(row.completed_at))]
