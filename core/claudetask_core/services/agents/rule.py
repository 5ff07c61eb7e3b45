"""What a rule about agent files is, and what it looks at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from claudetask_core.schemas.agent import Severity
from claudetask_core.services.agents.file import AgentFile


@dataclass(frozen=True)
class Surroundings:
    """What stands around the agent files, as far as they name it.

    Attributes:
        servers: The MCP servers that are configured; None where that could not be read.
        skills: The skills that can be found, likewise.
        outer_agents: The agents of the user and of folders above, by name.
    """

    servers: frozenset[str] | None = None
    skills: frozenset[str] | None = None
    outer_agents: dict[str, Path] = field(default_factory=dict[str, Path])


@dataclass(frozen=True)
class Subject:
    """A file under examination, and the other files of its scope that have its name."""

    path: Path
    file: AgentFile
    twins: tuple[Path, ...] = ()
    around: Surroundings = field(default_factory=Surroundings)

    @property
    def has_keys(self) -> bool:
        """Whether Claude Code gets as far as reading the keys."""
        keys = self.file.keys
        return self.file.closed and (keys.lenient or not keys.error)


class Finding(NamedTuple):
    """Where, what Claude Code does with it, and what to do about it."""

    line: int
    message: str
    mend: str


Fix = Callable[[Subject], bytes | None]
"""The whole file without the fault; None where only its author can know what was meant."""


@dataclass(frozen=True)
class Rule:
    name: str
    severity: Severity
    check: Callable[[Subject], Iterator[Finding]]
    fix: Fix | None = None


def as_bytes(text: str) -> bytes:
    """The bytes that a file's text was decoded from."""
    return text.encode("utf-8", "surrogateescape")
