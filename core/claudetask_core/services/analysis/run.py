"""One analysis that this process runs: how to stop it, and how far it is."""

import asyncio
from collections.abc import Sequence

from claudetask_core.schemas.agent import Agent
from claudetask_core.schemas.job import Job, JobStatus
from claudetask_core.schemas.task import Task
from claudetask_core.services.analysis.claude_code.stream import Stream
from claudetask_core.services.analysis.jobs import Ending, Progress
from claudetask_core.services.analysis.provider import Outcome, Provider
from claudetask_core.services.analysis.stop import Stop


class Run:
    """The life of one job in this process.

    Args:
        task: What is analysed.
        provider: Who does it.
    """

    def __init__(self, task: Task, provider: Provider) -> None:
        self.task = task
        self.provider = provider
        self.queued: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.stop = Stop()
        self.asked = asyncio.Event()
        self.stopped_as: JobStatus | None = None
        self.reason: str | None = None
        self.actor: str | None = None
        self.stream: Stream | None = None
        self.agents: Sequence[Agent] = ()

    def ask_to_stop(
        self, status: JobStatus, reason: str, grace: float, actor: str | None = None
    ) -> None:
        """Ends it as `status`; the first to ask rules."""
        if self.stopped_as is None:
            self.stopped_as, self.reason, self.actor = status, reason, actor
            self.asked.set()
            self.stop.ask(grace)

    @property
    def progress(self) -> Progress | None:
        """What there is to tell, once Claude has been started."""
        stream = self.stream
        if stream is None:
            return None
        return Progress(
            stream.progress, stream.message, stream.turns or None, stream.tokens or None
        )


def ending(status: JobStatus, error: str | None, outcome: Outcome) -> Ending:
    """How a job ends that brought this outcome."""
    message = "the analysis is in the task" if error is None else str(status)
    return Ending(status, message, error, outcome.cost_usd, outcome.turns, outcome.tokens)
