"""Who carries out an analysis: the user's own Claude Code, or the Messages API with a key."""

from dataclasses import dataclass
from typing import Any, Protocol

from claudetask_core.config import Settings
from claudetask_core.errors import Unavailable
from claudetask_core.services.analysis.claude_code.stream import Stream
from claudetask_core.services.analysis.stop import Stop

INSTALL = (
    "Install Claude Code (https://code.claude.com) and log in, or set CLAUDETASK_CLAUDE_BIN to "
    "its absolute path"
)
KEY = "set ANTHROPIC_API_KEY"


class NoClaude(Unavailable):
    code = "no_claude"


@dataclass(frozen=True)
class Outcome:
    """What a run brought: `structured` where `error` is None; what it took where known."""

    structured: dict[str, Any] | None = None
    error: str | None = None
    cost_usd: float | None = None
    turns: int | None = None
    tokens: int | None = None


class Provider(Protocol):
    """Answers a prompt in a form, looking at the project and changing nothing."""

    @property
    def name(self) -> str: ...

    async def ask(self, prompt: str, schema: dict[str, Any], stream: Stream, stop: Stop) -> Outcome:
        """Runs once over the prompt.

        Args:
            prompt: What to do.
            schema: What the answer must look like.
            stream: Follows the run; its root is the folder that Claude looks at.
            stop: Ends the run early when asked.
        """
        ...


def none_found(settings: Settings) -> NoClaude:
    """The refusal where no provider can be used, with the remedy."""
    wanted = settings.analysis_provider
    missing = f"Claude Code ({settings.claude_bin!r}) was not found on PATH"
    match wanted:
        case "none":
            return NoClaude(
                "Analyses are switched off (CLAUDETASK_ANALYSIS_PROVIDER is none).",
                next_step="Set it to auto, install Claude Code and restart the server.",
            )
        case "anthropic":
            return NoClaude(
                "The provider anthropic needs a key and has none.",
                next_step=f"{KEY[0].upper()}{KEY[1:]} and restart the server, or use Claude Code: "
                "set CLAUDETASK_ANALYSIS_PROVIDER to claude-code.",
            )
        case "claude-code":
            return NoClaude(f"{missing}.", next_step=f"{INSTALL}.")
        case _:
            return NoClaude(
                f"{missing}, and there is no API key.", next_step=f"{INSTALL}, or {KEY}."
            )
