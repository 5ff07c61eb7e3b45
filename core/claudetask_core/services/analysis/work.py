"""What an analysis does once it is its turn: collect, ask Claude, keep the answer on the task."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from claudetask_core.config import Settings
from claudetask_core.schemas.job import JobStatus
from claudetask_core.services.analysis import answer as analysis_answer
from claudetask_core.services.analysis import prompt as analysis_prompt
from claudetask_core.services.analysis.anthropic.provider import AnthropicApi
from claudetask_core.services.analysis.board import AnalysisBoard, checked
from claudetask_core.services.analysis.claude_code.provider import ClaudeCode
from claudetask_core.services.analysis.claude_code.stream import Stream
from claudetask_core.services.analysis.context import AnalysisContext
from claudetask_core.services.analysis.jobs import TAKEN_OVER, Ending
from claudetask_core.services.analysis.provider import Outcome, Provider, none_found
from claudetask_core.services.analysis.run import Run, ending
from claudetask_core.services.tasks.recommend import best
from claudetask_core.services.tasks.tasks import TaskService


class Work:
    """The work of one analysis after the other, without their queue.

    Args:
        board: The task's side of it.
        tasks: The tasks, as they are now.
        root: Where the project is now.
        settings: Provider, model and limits.
        context: Where to learn more about a task.
    """

    def __init__(
        self,
        board: AnalysisBoard,
        tasks: TaskService,
        root: Callable[[], Awaitable[Path]],
        settings: Settings,
        context: AnalysisContext,
    ) -> None:
        self._board = board
        self._tasks = tasks
        self._root = root
        self._settings = settings
        self.context = context

    async def provider(self) -> Provider:
        """Who the settings name, or with `auto` who is there, Claude Code before a key.

        Raises:
            NoClaude: Nobody is there; the remedy is named.
        """
        settings = self._settings
        if settings.analysis_provider in {"auto", "claude-code"}:
            client = await ClaudeCode.find(settings)
            if client is not None:
                return client
        if settings.analysis_provider in {"auto", "anthropic"} and settings.anthropic_api_key:
            return AnthropicApi(settings, self.context.search)
        raise none_found(settings)

    async def do(self, run: Run, is_ours: Callable[[], Awaitable[bool]]) -> Ending:
        """Carries out the run, and says how it ended.

        Args:
            run: What is to be done.
            is_ours: Whether the job still is this process's, which alone may keep an answer.
        """
        outcome = Outcome()
        if run.stopped_as is None:
            outcome = await self._ask(run, outcome)
        if run.stopped_as is not None:
            return ending(run.stopped_as, run.reason, outcome)
        if outcome.error is not None:
            return ending(JobStatus.FAILED, outcome.error, outcome)
        if not await is_ours():
            return ending(JobStatus.CANCELLED, TAKEN_OVER, outcome)
        return await self._keep(run, outcome)

    async def _ask(self, run: Run, nothing: Outcome) -> Outcome:
        task = await self._tasks.get(run.task.id)
        run.stream = Stream(await self._root())
        gathering = asyncio.create_task(self.context.gather(task))
        run.stop.bind(lambda _grace: gathering.cancel())
        await asyncio.wait({gathering})
        if gathering.cancelled():
            return nothing
        material = gathering.result()
        run.agents = material.agents
        prompt = analysis_prompt.build(material)
        schema = analysis_answer.schema()
        return await run.provider.ask(prompt, schema, run.stream, run.stop)

    async def _keep(self, run: Run, outcome: Outcome) -> Ending:
        answer = analysis_answer.parse(outcome.structured)
        if isinstance(answer, str):
            return ending(JobStatus.FAILED, answer, outcome)
        if answer.suggested_agent not in {agent.name for agent in run.agents}:
            fit = best(run.task, run.agents)
            name, reason = (fit.name, fit.reason) if fit else (None, None)
            answer = answer.model_copy(update={"suggested_agent": name, "agent_reason": reason})
        found = await asyncio.to_thread(checked, await self._root(), answer)
        await self._board.store(run.task.id, found)
        return ending(JobStatus.SUCCEEDED, None, outcome)
