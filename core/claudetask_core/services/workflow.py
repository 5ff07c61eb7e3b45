"""The moves of the board, in one table."""

from claudetask_core.errors import Conflict
from claudetask_core.schemas.task import Status

MOVES: dict[Status, tuple[Status, ...]] = {
    Status.BACKLOG: (Status.ANALYSIS, Status.READY, Status.IN_PROGRESS),
    Status.ANALYSIS: (Status.READY, Status.BACKLOG),
    Status.READY: (Status.IN_PROGRESS, Status.ANALYSIS, Status.BACKLOG),
    Status.IN_PROGRESS: (Status.TESTING, Status.CODE_REVIEW, Status.READY, Status.BACKLOG),
    Status.TESTING: (Status.CODE_REVIEW, Status.IN_PROGRESS),
    Status.CODE_REVIEW: (Status.DONE, Status.TESTING, Status.IN_PROGRESS),
    Status.DONE: (Status.IN_PROGRESS, Status.BACKLOG),
}

HOLDS_CLAIM = frozenset({Status.IN_PROGRESS, Status.TESTING})
"""The statuses through which a claim lasts; leaving them releases it."""


class IllegalMove(Conflict):
    code = "illegal_move"

    def __init__(self, subject: str, present: Status, wanted: Status) -> None:
        allowed = [str(status) for status in MOVES[present]]
        super().__init__(
            f"{subject} is in {present} and cannot move to {wanted}. "
            f"Allowed: {', '.join(allowed)}.",
            next_step="Move through one of these, or give force_reason to override.",
            allowed=allowed,
            status=str(present),
        )


def is_allowed(present: Status, wanted: Status) -> bool:
    """Whether a task may move so; staying where it is counts as allowed."""
    return wanted == present or wanted in MOVES[present]
