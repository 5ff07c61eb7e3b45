"""One tree that questions are asked of: its index, the refresh under way, and how far it is."""

import asyncio
from dataclasses import dataclass, field
from threading import Event
from typing import Final

from claudetask_core.errors import DomainError
from claudetask_core.schemas.search import IndexState
from claudetask_core.search.code_index import CodeIndex

ENOUGH: Final = 0.999
_FILE_SECONDS: Final = 20e-6


@dataclass(slots=True)
class Tree:
    """The index of one root, and the refresh of it that is under way.

    `reading` takes in what the repository's commits say, after each refresh, and `settling` does
    what makes questions faster. `seconds` is what the last refresh took, `look` what the last took
    that changed nothing.
    """

    index: CodeIndex
    stop: Event = field(default_factory=Event)
    task: asyncio.Task[None] | None = None
    queued: asyncio.Task[None] | None = None
    reading: asyncio.Task[None] | None = None
    settling: asyncio.Task[None] | None = None
    began: float = 0.0
    built: bool = False
    seconds: float = 0.0
    look: float | None = None
    failure: DomainError | None = None

    def refreshed(self, seconds: float, *, changed: bool) -> None:
        """Notes a refresh that ended well."""
        self.failure = None
        self.built = True
        self.seconds = seconds
        if not changed:
            self.look = seconds

    @property
    def expected(self) -> float:
        """About how many seconds a look at the unchanged tree takes."""
        if self.look is not None:
            return self.look
        # only builds so far, and a look takes no longer than they did
        return min(self.seconds, self.index.progress.total * _FILE_SECONDS)

    @property
    def complete(self) -> float:
        """How much of the tree is indexed, 0 to 1; less than 1 until it was once looked through."""
        progress = self.index.progress
        if self.built and progress.complete >= ENOUGH:
            return 1.0
        share = progress.complete if progress.total else float(self.built)
        return round(share if self.built else min(share, ENOUGH), 3)

    def state(self) -> IndexState:
        progress = self.index.progress
        complete = self.complete
        if self.failure is not None:
            name, message = "failed", str(self.failure)
        elif not self.built or complete < 1.0:
            name, message = "building", "The tree is being looked through."
            if progress.total:
                message = f"{progress.fresh} of {progress.total} files are indexed."
        else:
            name, message = "ready", ""
        return IndexState(
            state=name,
            complete=complete,
            files=progress.fresh,
            chunks=progress.chunks,
            message=message,
        )

    @property
    def partial(self) -> bool:
        """Whether there are files that were never indexed, or may be."""
        return not self.built or self.index.progress.fresh < self.index.progress.total

    def missing(self, *, found: bool) -> str:
        """Why an answer from before the end of a refresh may lack something.

        Args:
            found: Whether it has any hit.
        """
        if self.failure is not None:
            return f"Better hits may be missing. {self.failure}"
        if not self.partial:
            return "Edits of the last moments may be missing; ask again for those."
        progress = self.index.progress
        so_far = "being built"
        if progress.total:
            so_far += f", {progress.fresh:,} of {progress.total:,} files so far"
        if not found:
            return f"Nothing found yet: the index is {so_far}. Ask again in a moment."
        return f"The index is {so_far}: better hits may be missing; ask again in a moment."
