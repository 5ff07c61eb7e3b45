"""A new task and those that it may repeat, and the refusal of one."""

from collections.abc import Sequence
from dataclasses import dataclass

from claudetask_core.errors import Conflict
from claudetask_core.schemas.task import SimilarTask, Task


@dataclass(frozen=True)
class Created:
    """A new task and those it may repeat."""

    task: Task
    duplicates: list[SimilarTask]


class PossibleDuplicate(Conflict):
    code = "possible_duplicate"

    def __init__(self, likely: Sequence[SimilarTask]) -> None:
        listed = "; ".join(
            f"#{hit.id} {hit.title[:50]} ({hit.status}, {hit.score:.2f}: {hit.why[:40]})"
            for hit in likely
        )
        super().__init__(
            f"A task much like this exists: {listed}.",
            next_step="Work on that one, or create it anyway with on_duplicate=warn.",
            possible_duplicates=[hit.model_dump(mode="json") for hit in likely],
        )
