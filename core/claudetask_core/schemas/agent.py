"""Claude Code subagents: the files under `.claude/agents/`."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from claudetask_core.schemas.base import (
    NoNul,
    OnDisk,
    ReadModel,
    Text,
    Timestamp,
    WriteModel,
    at_most_bytes,
)
from claudetask_core.schemas.forms import AGENT_NAME, ONE_LINE
from claudetask_core.schemas.task import KIB

AgentName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=AGENT_NAME),
]
AgentDescription = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), NoNul, at_most_bytes(8 * KIB)
]
AgentPrompt = Annotated[Text, at_most_bytes(256 * KIB)]
ToolName = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=ONE_LINE)]


class Scope(StrEnum):
    """Whose an agent is: the project's, a folder's above it up to the repository's root, the
    user's. Only the first are written.
    """

    PROJECT = "project"
    PARENT = "parent"
    USER = "user"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class Problem(ReadModel):
    """Something Claude Code will trip over in an agent file; `line` counts from 1.

    `message` says what Claude Code does with it, `mend` what to do about it; where `fixable`,
    a fix does that.
    """

    severity: Severity
    rule: str
    line: int
    message: OnDisk
    mend: OnDisk
    fixable: bool


class Agent(ReadModel):
    """An agent as it stands on disk; `hash` is that of the file's bytes.

    `loaded` says whether Claude Code offers it, `runs_with` the tools that its file leaves it of
    those named in it; null stands for all there are.
    """

    id: OnDisk
    name: OnDisk
    description: OnDisk
    tools: list[OnDisk] | None
    model: OnDisk | None
    skills: list[OnDisk]
    prompt: OnDisk
    path: OnDisk
    scope: Scope
    hash: str
    loaded: bool
    runs_with: list[OnDisk] | None
    problems: list[Problem]


class AgentFix(ReadModel):
    """What a fix did, or with `dry_run` would do: the rules it satisfied, and the difference.

    `agent` is the agent as it stands on disk: with `dry_run` as it was. `kept_version` restores
    what was there.
    """

    agent: Agent
    fixed: list[str]
    diff: str
    dry_run: bool
    kept_version: str | None


class AgentTemplate(ReadModel):
    """An agent that comes with the program and can be installed by its name."""

    name: str
    description: str
    tools: list[str]


class Recommendation(ReadModel):
    """The agent that fits a task best, and why."""

    name: str
    reason: str


class AgentCreate(WriteModel):
    name: AgentName
    description: AgentDescription
    prompt: AgentPrompt
    tools: Annotated[list[ToolName], Field(max_length=200)] | None = None
    model: Annotated[ToolName, Field(max_length=100)] | None = None
    skills: Annotated[list[ToolName], Field(max_length=100)] | None = None


class AgentUpdate(WriteModel):
    """Changes to an agent; what is absent stays to the byte. A null `tools`, `model` or
    `skills` removes that key. A new `name` moves the file.
    """

    name: AgentName | None = None
    description: AgentDescription | None = None
    prompt: AgentPrompt | None = None
    tools: Annotated[list[ToolName], Field(max_length=200)] | None = None
    model: Annotated[ToolName, Field(max_length=100)] | None = None
    skills: Annotated[list[ToolName], Field(max_length=100)] | None = None

    @model_validator(mode="after")
    def _text_is_never_null(self) -> Self:
        for name in self.model_fields_set & {"name", "description", "prompt"}:
            if getattr(self, name) is None:
                raise ValueError(f"{name} must not be null; leave it out to keep it as it is")
        return self


class FileVersion(ReadModel):
    """A kept copy of a file, made before a write; `version` names it for a restore."""

    version: str
    kept_at: Timestamp
    hash: str
    size: int
