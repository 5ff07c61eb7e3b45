"""What a running Claude Code says of itself, one JSON event a line (`stream-json`)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, cast

SHOWN = 120
DOING = {
    "Read": ("reading", "file_path"),
    "Grep": ("searching for", "pattern"),
    "Glob": ("looking for files like", "pattern"),
    "read_file": ("reading", "path"),
    "search_code": ("searching for", "query"),
    "list_files": ("looking for files like", "pattern"),
}
MOST = (1 << 31) - 1
"""A larger number in a program's own account is no such number; columns hold at least this."""
ANSWERING = frozenset({"StructuredOutput", "submit_analysis"})
COUNTED = (
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
)


@dataclass
class Stream:
    """Follows the events: what is being done, how many turns it took, and the last result.

    Args:
        root: The project, which shown paths are relative to.
    """

    root: Path
    doing: str = "starting Claude Code"
    result: dict[str, Any] | None = None
    _messages: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def turns(self) -> int:
        """How many answers the model gave so far."""
        return len(self._messages)

    @property
    def tokens(self) -> int:
        """How many tokens the model read and wrote so far; what was cached counts too."""
        return sum(self._messages.values())

    @property
    def message(self) -> str:
        """What is being done, for people."""
        if not self.turns:
            return self.doing
        return f"{self.doing} ({self.turns} turn{'s' if self.turns > 1 else ''})"

    @property
    def progress(self) -> float:
        """Grows with each turn and never reaches 1: nobody knows how many turns there will be."""
        return round(0.05 + 0.9 * self.turns / (self.turns + 5), 2)

    def feed(self, line: bytes) -> None:
        """Takes in one line; what is no event is passed over, as hooks may print too."""
        try:
            event: Any = json.loads(line)
        except (ValueError, RecursionError):
            return
        match event:
            case {"type": "result"}:
                self.result = cast("dict[str, Any]", event)
            case {"type": "assistant", "message": {"id": str(id_), "content": [*blocks]}}:
                usage = cast("dict[str, Any]", event)["message"].get("usage")
                self.answered(id_, blocks, counted(usage))
            case {"type": "system", "subtype": "api_retry"}:
                self.doing = _retry(cast("dict[str, Any]", event))
            case _:
                pass

    def answered(self, message: str, blocks: Sequence[object], tokens: int) -> None:
        """Takes in what the model answered; a message may come in several parts."""
        self._messages[message] = max(tokens, self._messages.get(message, 0))
        for block in blocks:
            self._look(block)

    def _look(self, block: object) -> None:
        match block:
            case {"type": "tool_use", "name": str(name)} if name in ANSWERING:
                self.doing = "writing the answer"
            case {"type": "tool_use", "name": str(name), "input": {}}:
                self.doing = self._doing(name, cast("dict[str, Any]", block)["input"])
            case {"type": "text" | "thinking"}:
                self.doing = "thinking"
            case _:
                pass

    def _doing(self, tool: str, given: dict[str, Any]) -> str:
        verb, key = DOING.get(tool, (f"using {tool}", ""))
        what = str(given.get(key, ""))
        if key == "file_path" and PurePath(what).is_relative_to(self.root):
            what = PurePath(what).relative_to(self.root).as_posix()
        what = " ".join(what.split())
        return f"{verb} {what}".strip()[:SHOWN]


def counted(usage: object) -> int:
    """The tokens of one request by the API's own account."""
    if not isinstance(usage, dict):
        return 0
    values = (whole(cast("dict[str, Any]", usage).get(name)) for name in COUNTED)
    return sum(value for value in values if value is not None)


def whole(said: object) -> int | None:
    """A count that another program gives of itself, where it can be one."""
    return said if type(said) is int and 0 <= said <= MOST else None


def amount(said: object) -> float | None:
    """What another program says that something cost, where it can be that."""
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    return float(said) if 0 <= said <= MOST else None


def _retry(event: dict[str, Any]) -> str:
    status = event.get("error_status") or event.get("error") or "no answer"
    return f"the Claude API failed ({status}); trying again ({event.get('attempt', '?')})"
