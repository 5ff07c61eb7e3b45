"""The rule about an agent's hooks.

Claude Code from 2.1.257 on drops an agent with a hook of the wrong form where that may forbid
something, so that nothing goes on unguarded; before, it runs the agent without its hooks. What is
of the right form was seen in runs of 2.1.332.
"""

import re
from collections.abc import Iterator
from datetime import date
from io import StringIO
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel, to_pascal

from claudetask_core.schemas.agent import Severity
from claudetask_core.services.agents.file import AgentFile
from claudetask_core.services.agents.rule import Finding, Rule, Subject
from claudetask_core.services.agents.yaml_keys import Entry

_NOTHING: Final = re.compile(r"false|False|FALSE|[-+]?0+")
_MOST_STARS: Final = 100
"""With more aliases a small file may hold more hooks than there is time to look at."""
_URL: Final = r"^[A-Za-z][A-Za-z0-9+.-]*:."


def _as_text(value: object) -> object:
    """A date, which is a text to Claude Code."""
    return str(value) if isinstance(value, date) else value


_Text = Annotated[str, BeforeValidator(_as_text)]
_Seconds = Annotated[float, Field(gt=0)]


class _Form(BaseModel):
    """What may be left out may not be null; keys that are not known are not looked at."""

    model_config = ConfigDict(strict=True, alias_generator=to_camel)


class _Hook(_Form):
    when: _Text = Field(default="", alias="if")
    timeout: _Seconds = 1
    status_message: _Text = ""
    once: bool = False


class _Command(_Hook):
    type: Literal["command"]
    command: _Text
    args: list[_Text] = []
    shell: Literal["bash", "powershell"] = "bash"
    on_failure: Literal["continue", "block"] = "continue"
    background: bool = Field(default=False, alias="async")
    async_rewake: bool = False
    rewake_message: _Text = ""


class _Prompt(_Hook):
    type: Literal["prompt", "agent"]
    prompt: _Text
    model: _Text = ""


class _Http(_Hook):
    type: Literal["http"]
    url: _Text = Field(pattern=_URL)
    headers: dict[str, _Text] = {}


class _Tool(_Hook):
    type: Literal["mcp_tool"]
    server: _Text
    tool: _Text
    input: dict[str, Any] = {}


class _Matcher(_Form):
    matcher: _Text = ""
    hooks: list[Annotated[_Command | _Prompt | _Http | _Tool, Field(discriminator="type")]]


class _Hooks(_Form):
    """The events whose hooks may forbid something."""

    model_config = ConfigDict(strict=True, alias_generator=to_pascal)

    pre_tool_use: list[_Matcher] | None = None
    permission_request: list[_Matcher] | None = None
    pre_skill_shell_command: list[_Matcher] | None = None


def are_taken(file: AgentFile) -> bool:
    """Whether every Claude Code loads an agent with these hooks, or it has none."""
    entry = file.keys.get("hooks")
    return entry is None or _fault(file, entry) is None


def _invalid(subject: Subject) -> Iterator[Finding]:
    entry = subject.file.keys.get("hooks")
    fault = _fault(subject.file, entry) if entry else None
    if fault:
        yield Finding(
            subject.file.line_of("hooks"),
            f"{fault}: Claude Code drops the agent; before 2.1.257 it runs it without the hooks.",
            "Write {PreToolUse: [{matcher: Bash, hooks: [{type: command, command: ./check.sh}]}]}, "
            "or remove hooks.",
        )


def _fault(file: AgentFile, entry: Entry) -> str | None:
    """What is wrong with hooks; None also where their YAML says nothing without what is above."""
    if entry.kind == "null" or (entry.kind == "text" and not entry.text.strip()):
        return None
    is_map = entry.kind == "other" and entry.style
    if not is_map:
        return None if _NOTHING.fullmatch(entry.text) else "hooks is no map of events"
    try:
        _Hooks.model_validate(_value(file, entry))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in ("hooks", *first["loc"]))
        return f"{place[:100]} is wrong ({first['msg'][:80]})"
    return None


def _value(file: AgentFile, entry: Entry) -> object:
    """What a key's lines say by themselves; an empty map where that cannot be told."""
    from ruamel.yaml import YAML  # noqa: PLC0415 — a start that reads no agent skips it
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415 — as above

    starts = (other.key_start for other in file.keys.entries)
    end = min((start for start in starts if start > entry.key_start), default=len(file.front))
    lines = file.front[entry.key_start : end]
    if lines.count("*") > _MOST_STARS:
        return {}
    reader = YAML(typ="safe", pure=True)
    try:
        found: object = reader.load(StringIO(lines))  # pyright: ignore[reportUnknownMemberType] — ruamel types what it loads as Any
    except (YAMLError, ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", found).get(entry.key) if isinstance(found, dict) else {}


RULES = (Rule("invalid_hooks", Severity.ERROR, _invalid),)
