"""A claim is a lease on a task: it guards the task's status, criteria and the claim itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from claudetask_core import board_sql
from claudetask_core.db.models import TaskRow
from claudetask_core.errors import Conflict
from claudetask_core.services.repository.machine import on_machine
from claudetask_core.services.tasks.history import Change

CREDIBLE = timedelta(seconds=board_sql.CREDIBLE)


class Claimed(Conflict):
    code = "claimed"

    def __init__(self, row: TaskRow, before: str = "") -> None:
        self.task_id = row.id
        super().__init__(
            f"{before}Task #{row.id} is claimed by {row.claimed_by} until {_clock_time(row)}.",
            next_step="Take another with get_next_task, or give force_reason to override.",
            claimed_by=row.claimed_by,
        )


class ClaimLost(Claimed):
    """The same, to a caller whose own claim on the task is over."""

    def __init__(self, row: TaskRow) -> None:
        super().__init__(row, before="Your claim is over. ")


def _clock_time(row: TaskRow) -> str:
    return row.claim_expires_at.strftime("%H:%M:%S UTC") if row.claim_expires_at else "?"


@dataclass(frozen=True)
class Caller:
    """Who asks: the name that history and claims show, and the worktree they stand in."""

    name: str
    worktree: str | None = None


@dataclass(frozen=True)
class Lease:
    """How long a claim lasts from `now`, and the machine it is made on, where that matters."""

    now: datetime
    seconds: int
    machine: str = ""

    @property
    def expires_at(self) -> datetime:
        return self.now + timedelta(seconds=self.seconds)


def is_held(row: TaskRow, now: datetime) -> bool:
    """Whether anybody's claim on the task is still running.

    One that would last longer than any lease was made while a clock was wrong, and holds nobody up.
    """
    return row.claimed_by is not None and (
        row.claim_expires_at is not None and now < row.claim_expires_at <= now + CREDIBLE
    )


def held_by_other(row: TaskRow, caller: Caller, now: datetime) -> bool:
    return is_held(row, now) and row.claimed_by != caller.name


def take(row: TaskRow, caller: Caller, lease: Lease) -> list[Change]:
    """Gives the caller the claim; the history names a former holder."""
    former, reason = row.claimed_by, None
    if former is not None and not is_held(row, lease.now):
        reason = f"the claim of {former} ran out at {_clock_time(row)}"
    row.claimed_by = caller.name
    row.claim_worktree = on_machine(lease.machine, caller.worktree)
    row.claim_expires_at = lease.expires_at
    if former == caller.name:
        return []
    action = "claimed" if former is None else "taken_over"
    return [Change(action, "claimed_by", former, caller.name, reason)]


def release(row: TaskRow) -> list[Change]:
    """Ends the claim, if there is one."""
    former = row.claimed_by
    row.claimed_by = row.claim_worktree = row.claim_expires_at = None
    return [] if former is None else [Change("released", "claimed_by", former, None)]


def renew(row: TaskRow, caller: Caller, lease: Lease) -> bool:
    """Lengthens the caller's own running claim; says whether there was one."""
    if row.claimed_by != caller.name or not is_held(row, lease.now):
        return False
    row.claim_expires_at = lease.expires_at
    return True
