"""The provider of analyses: the user's own Claude Code, run headless and read-only."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claudetask_core.config import Settings
from claudetask_core.errors import Unavailable
from claudetask_core.services import claude_code_failures as failures
from claudetask_core.services.claude_code_command import arguments, environment
from claudetask_core.services.claude_code_process import Command, Exit, Stop, run
from claudetask_core.services.claude_code_stream import Stream

NAME = "claude-code"
INSTALL = (
    "Install Claude Code (https://code.claude.com) and log in, or set CLAUDETASK_CLAUDE_BIN to "
    "its absolute path."
)


class NoClaude(Unavailable):
    code = "no_claude"


@dataclass(frozen=True)
class Outcome:
    """What a run brought: `structured` where `error` is None; cost and turns where known."""

    structured: dict[str, Any] | None
    error: str | None
    cost_usd: float | None
    turns: int | None


class ClaudeCode:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def find(self) -> str:
        """The client's absolute path.

        Raises:
            NoClaude: The settings want none, or it is not there.
        """
        provider = self._settings.analysis_provider
        if provider == "none":
            raise NoClaude(
                "Analyses are switched off (CLAUDETASK_ANALYSIS_PROVIDER is none).",
                next_step="Set it to auto, install Claude Code and restart the server.",
            )
        if provider == "anthropic":
            raise NoClaude(
                "The provider anthropic is not available in this version.",
                next_step=f"Set CLAUDETASK_ANALYSIS_PROVIDER to claude-code. {INSTALL}",
            )
        name = self._settings.claude_bin
        found = await asyncio.to_thread(shutil.which, name)
        # A relative path would be looked up in the project, which may be hostile.
        if found is None or not Path(found).is_absolute():
            raise NoClaude(f"Claude Code ({name!r}) was not found on PATH.", next_step=INSTALL)
        return found

    async def ask(
        self,
        binary: str,
        prompt: str,
        schema: dict[str, Any],
        stream: Stream,
        stop: Stop,
    ) -> Outcome:
        """Runs the client once over the prompt.

        Args:
            binary: As `find` answers it.
            prompt: What to do, handed over by stdin.
            schema: What the answer must look like.
            stream: Follows the run; its root is the folder that Claude works in.
            stop: Ends the run early when asked.
        """
        seconds = self._settings.analysis_timeout_seconds
        command = Command(
            argv=arguments(binary, self._settings, schema),
            cwd=stream.root,
            env=environment(),
            stdin=prompt.encode(),
            seconds=seconds,
        )
        feed: Callable[[bytes], None] = stream.feed
        try:
            ended = await run(command, feed, stop)
        except OSError as error:
            reason = f"Claude Code cannot be run in {stream.root}: {error.strerror}."
            return Outcome(None, f"{reason} Check the project's path.", None, None)
        return _outcome(ended, stream, seconds)


def _outcome(ended: Exit, stream: Stream, seconds: float) -> Outcome:
    result = stream.result
    cost = result.get("total_cost_usd") if result else None
    turns = result.get("num_turns") if result else None
    error = failures.of_exit(ended, seconds)
    if error is None:
        error = failures.of_silence(ended) if not result else failures.of_result(result, ended.code)
    return Outcome(
        structured=result.get("structured_output") if result and not error else None,
        error=error,
        cost_usd=float(cost) if isinstance(cost, int | float) else None,
        turns=turns if isinstance(turns, int) else (stream.turns or None),
    )
