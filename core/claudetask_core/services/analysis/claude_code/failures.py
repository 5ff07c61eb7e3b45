"""Why a run of Claude Code failed, in a sentence that says what to do about it.

The client's exit code and `subtype` mislead: a refused key ends as `"subtype": "success"` with
`is_error`, and a used-up budget has no `result`. So each kind is told by what is particular to it.
"""

import re
from typing import Any

from claudetask_core.printable import printable
from claudetask_core.services.analysis.claude_code.guard import CANNOT_START
from claudetask_core.services.analysis.claude_code.process import Ended, Exit

SHOWN = 300
SIGNAL = 128
SECRET = re.compile(
    r"""\bsk-[\w-]{6,}
      | \b(?:bearer|basic)\s+[\w.~+/=-]{6,}
      | (?<=://)[^/\s@]+:[^/\s@]+(?=@)
      | (?:(?:api[_-]?key|token|secret|password)["']?\s*[:=]\s*["']?)[^\s"',;]+""",
    re.IGNORECASE | re.VERBOSE,
)
NOT_TAKEN = re.compile(r"error: (?:unknown option|option '[^'\n]*' argument '[^'\n]*' is invalid)")
"""What a client says that does not know one of our options, or a value of it."""
OLDEST = "2.1.0"
"""The oldest version that was seen to take all options of an analysis."""
LOG_IN = "Run `claude` once in a terminal and log in, then start the analysis again."
LATER = "Try again later."
BY_SUBTYPE = {
    "error_max_turns": (
        "Claude had not finished after the last of its turns. Narrow the task down or split it, "
        "or raise CLAUDETASK_ANALYSIS_MAX_TURNS."
    ),
    "error_max_budget_usd": (
        "The analysis reached its limit of cost. "
        "Raise CLAUDETASK_ANALYSIS_MAX_BUDGET_USD or narrow the task down."
    ),
    "error_max_structured_output_retries": (
        "Claude did not manage to answer in the form that was asked for. Try again."
    ),
}
BY_STATUS = {
    400: "Check CLAUDETASK_ANALYSIS_MODEL and the client's own settings.",
    401: LOG_IN,
    403: "The account that Claude Code uses may not do this: log in with another one.",
    404: "Set CLAUDETASK_ANALYSIS_MODEL to a model that your account may use.",
    413: "Shorten the task's description and notes.",
    429: "The account's limit is reached: try again later.",
}
BY_WORDS = {
    "prompt is too long": (
        "The task with all that Claude read for it is too much for the model: shorten its "
        "description and notes, or split it."
    ),
    "exceed context limit": "Shorten the task's description and notes, or split it.",
    "credit balance": "Add credit to the account, or use another one.",
    "output token maximum": "Narrow the task down, then start the analysis again.",
}
"""What tells more than the status that it came with, in small letters."""


def late(seconds: float) -> str:
    """That a run took too long."""
    return (
        f"Claude had not finished after {seconds:g} seconds. "
        "Raise CLAUDETASK_ANALYSIS_TIMEOUT_SECONDS or narrow the task down."
    )


def spent(tokens: int) -> str:
    """That a run has used up its tokens."""
    return (
        f"The analysis reached its limit of {tokens:,} tokens. "
        "Raise CLAUDETASK_ANALYSIS_MAX_TOKENS or narrow the task down."
    )


def redacted(text: str) -> str:
    """The text on one line, cut, without what looks like a secret or what no task may hold."""
    line = " ".join(printable(SECRET.sub("[redacted]", text)).split())
    return line if len(line) <= SHOWN else line[:SHOWN] + "…"


def of_exit(ended: Exit, seconds: float) -> str | None:
    """What is wrong with how the process ended, where its answer does not matter any more."""
    if ended.why is Ended.TIMED_OUT:
        return late(seconds)
    if ended.why is Ended.LINE_TOO_LONG:
        return f"Claude Code printed more than can be taken in. {LATER}"
    if ended.code == CANNOT_START:
        return f"Claude Code cannot be started: {redacted(ended.stderr)}. Mend its installation."
    return None


def of_silence(ended: Exit) -> str:
    """A run that ended without a result."""
    said = redacted(ended.stderr)
    if NOT_TAKEN.search(said):
        return (
            f"This Claude Code does not take what an analysis needs: {said}. "
            f"Update it to {OLDEST} or newer (`claude update`), then start the analysis again."
        )
    because = f": {said}" if said else " and said nothing"
    if ended.code > SIGNAL:
        return f"Claude Code was ended by signal {ended.code - SIGNAL}{because}. {LATER}"
    return (
        f"Claude Code ended with exit code {ended.code}{because}. "
        "Run `claude --version` to see that it works."
    )


def of_result(result: dict[str, Any], code: int) -> str | None:
    """What went wrong by the client's own account, or None where nothing did."""
    subtype = str(result.get("subtype"))
    if subtype in BY_SUBTYPE:
        return BY_SUBTYPE[subtype]
    words = redacted(_words(result))
    if result.get("is_error") is True or subtype != "success":
        return _of_error(result, words)
    if code:
        return f"Claude Code ended with exit code {code} after its answer. {LATER}"
    if not isinstance(result.get("structured_output"), dict):
        return f"Claude answered in words and not in the form that was asked for: {words}"
    return None


def advice(words: str, otherwise: str | None = None) -> str:
    """What to do about an error of the API, by its words where these tell."""
    said = words.lower()
    return next((what for mark, what in BY_WORDS.items() if mark in said), otherwise or LATER)


def _of_error(result: dict[str, Any], words: str) -> str:
    if "not logged in" in words.lower():
        return f"Claude Code is not logged in. {LOG_IN}"
    if result.get("stop_reason") == "refusal":
        return f"Claude refused to work on this task: {words} Change its text, then try again."
    status = result.get("api_error_status")
    if isinstance(status, int):
        return f"The Claude API answered {status}: {words} — {advice(words, BY_STATUS.get(status))}"
    return f"Claude Code failed: {words or 'it gave no reason'} — {advice(words)}"


def _words(result: dict[str, Any]) -> str:
    said = result.get("result")
    if isinstance(said, str) and said:
        return said
    errors: Any = result.get("errors")
    return "; ".join(map(str, errors)) if isinstance(errors, list) else ""  # pyright: ignore[reportUnknownArgumentType] — JSON from another program
