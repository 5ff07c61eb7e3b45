"""The provider of analyses: the user's own Claude Code, run headless and read-only."""

import asyncio
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from claudetask_core.config import Settings
from claudetask_core.printable import unmentioned
from claudetask_core.services.analysis.claude_code import failures
from claudetask_core.services.analysis.claude_code.command import arguments, environment
from claudetask_core.services.analysis.claude_code.denied import denied
from claudetask_core.services.analysis.claude_code.failures import spent
from claudetask_core.services.analysis.claude_code.process import Command, Exit, run
from claudetask_core.services.analysis.claude_code.stream import Stream, amount, counted, whole
from claudetask_core.services.analysis.provider import Outcome
from claudetask_core.services.analysis.stop import CLOSE_GRACE, Stop


@dataclass(frozen=True)
class ClaudeCode:
    """The client at an absolute path."""

    settings: Settings
    binary: str
    name: str = "claude-code"

    @classmethod
    async def find(cls, settings: Settings) -> "ClaudeCode | None":
        """The client that the settings name, where it is there."""
        found = await asyncio.to_thread(shutil.which, settings.claude_bin)
        # A relative path would be looked up in the project, which may be hostile.
        if found is None or not Path(found).is_absolute():
            return None
        return cls(settings, found)

    async def ask(self, prompt: str, schema: dict[str, Any], stream: Stream, stop: Stop) -> Outcome:
        """As `Provider.ask` says."""
        seconds, most = self.settings.analysis_timeout_seconds, self.settings.analysis_max_tokens
        settings = self.settings
        hidden = await denied(stream.root, settings.index_exclude, settings.index_max_file_bytes)
        command = Command(
            argv=arguments(self.binary, settings, schema, hidden),
            cwd=stream.root,
            env=environment(),
            stdin=unmentioned(prompt).encode(),
            seconds=seconds,
        )
        limit = _Limit(most, stream, stop)
        try:
            ended = await run(command, limit.feed, limit.stop)
        except OSError as error:
            reason = f"Claude Code cannot be run in {stream.root}: {error.strerror}."
            return Outcome(error=f"{reason} Check the project's path.")
        if limit.passed:
            return replace(_outcome(ended, stream, seconds), structured=None, error=spent(most))
        return _outcome(ended, stream, seconds)


class _Limit:
    """Follows a run, and ends it when it has used up its tokens."""

    def __init__(self, most: int, stream: Stream, outer: Stop) -> None:
        self._most = most
        self._stream = stream
        self.passed = False
        self.stop = Stop()
        outer.bind(self.stop.ask)

    def feed(self, line: bytes) -> None:
        self._stream.feed(line)
        if self._stream.tokens > self._most and not self.passed and not self._stream.result:
            self.passed = True
            self.stop.ask(CLOSE_GRACE)


def _outcome(ended: Exit, stream: Stream, seconds: float) -> Outcome:
    result = stream.result
    cost = amount(result.get("total_cost_usd")) if result else None
    turns = whole(result.get("num_turns")) if result else None
    error = failures.of_exit(ended, seconds)
    if error is None:
        error = failures.of_silence(ended) if not result else failures.of_result(result, ended.code)
    return Outcome(
        structured=result.get("structured_output") if result and not error else None,
        error=error,
        cost_usd=cost,
        turns=turns if turns is not None else (stream.turns or None),
        tokens=stream.tokens or counted(result.get("usage") if result else None) or None,
    )
