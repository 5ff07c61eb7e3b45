"""A move on the board, with what it does to the claim and the completion time."""

from dataclasses import dataclass, replace
from datetime import datetime

from claudetask_core.db.engine import WriteSession
from claudetask_core.db.models import TaskRow
from claudetask_core.errors import Conflict
from claudetask_core.schemas.workflow import HOLDS_CLAIM, Kind, Status, Workflow
from claudetask_core.services.repository.branches import NOWHERE, Standing
from claudetask_core.services.tasks import claims
from claudetask_core.services.tasks.claims import Caller, Claimed, Lease
from claudetask_core.services.tasks.graph import what_is_open
from claudetask_core.services.tasks.history import Change, as_json
from claudetask_core.services.tasks.workflow import illegal, is_allowed, known, require_same
from claudetask_core.services.verify.verify import NOT_RUN, Proof

SHOWN = 5
UNPROVEN = Proof(open=(NOT_RUN,))
"""What a move to Done has that nobody has looked into."""


class NotProven(Conflict):
    code = "not_proven"

    def __init__(self, row: TaskRow, still_open: list[str], done: str) -> None:
        listed = "; ".join(still_open[:SHOWN])
        more = f"; and {len(still_open) - SHOWN} more" if len(still_open) > SHOWN else ""
        super().__init__(
            f"Task #{row.id} cannot be {done} yet: {listed}{more}.",
            next_step=(
                "Check each criterion with its evidence (update_task, check), finish what it "
                "depends on, or give force_reason to override."
            ),
            open=still_open,
        )


@dataclass(frozen=True)
class Move:
    """Where to, by whom and from where, under which lease, what to say, what proves it done."""

    status: Status
    caller: Caller
    lease: Lease
    comment: str | None = None
    force_reason: str | None = None
    proof: Proof = UNPROVEN
    standing: Standing = NOWHERE


async def move(session: WriteSession, workflow: Workflow, row: TaskRow, to: Move) -> list[Change]:
    """Moves the task, or refuses.

    Raises:
        UnknownStatus: The workflow has no such column.
        WorkflowChanged: The board has another workflow by now.
        Claimed: Another caller holds it.
        IllegalMove: The workflow has no such move.
        NotProven: Criteria, dependencies or subtasks are open and it should be Done.
    """
    known(workflow, to.status)
    await require_same(session, workflow)
    present, kind = row.status, workflow.kind(to.status)
    forced = await _overridden(session, workflow, row, to)
    changes: list[Change] = []
    if to.status != present:
        reason = to.force_reason if forced else (to.comment or to.force_reason)
        action = "forced" if forced else "moved"
        row.status = str(to.status)
        changes.append(Change(action, "status", present, row.status, reason))
        changes += completed(row, to.lease.now if kind is Kind.DONE else None)
    claim: list[Change] = []
    was_mine = row.claimed_by == to.caller.name
    if kind is Kind.DOING:
        claim = claims.take(row, to.caller, to.lease)
    elif kind not in HOLDS_CLAIM:
        claim = claims.release(row)
    if forced:
        claim = [replace(change, reason=to.force_reason) for change in claim]
    if was_mine or row.claimed_by == to.caller.name:
        changes += recognised(row, to.standing)
    return changes + claim


async def _overridden(session: WriteSession, workflow: Workflow, row: TaskRow, to: Move) -> bool:
    """Whether force_reason was needed; raises where it was and is not given."""
    refusals: list[Conflict] = []
    if claims.held_by_other(row, to.caller, to.lease.now):
        refusals.append(Claimed(row))
    if not is_allowed(workflow, row.status, to.status):
        refusals.append(illegal(workflow, f"Task #{row.id}", row.status, to.status))
    elif to.status == workflow.done != row.status:
        still_open = [*await what_is_open(session, row, workflow.done), *to.proof.open]
        if still_open:
            refusals.append(NotProven(row, still_open, workflow.done))
    if refusals and to.force_reason is None:
        raise refusals[0]
    return bool(refusals)


def recognised(row: TaskRow, standing: Standing) -> list[Change]:
    """Names the branch the holder is on, unless the task names one of its own already."""
    old, new = row.git_branch, standing.branch
    if new is None or new == old or old not in {None, standing.trunk}:
        return []
    row.git_branch = new
    return [Change("updated", "git_branch", old, new)]


def completed(row: TaskRow, at: datetime | None) -> list[Change]:
    """Sets when the task was done, or that it is not."""
    old = row.completed_at
    row.completed_at = at
    return [] if old == at else [Change("updated", "completed_at", as_json(old), as_json(at))]
