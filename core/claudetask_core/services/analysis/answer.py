"""What an analysis answers: its form, and the Markdown that the task keeps of it."""

from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

KEPT_BYTES = 200 * 1024
CUT = "\n\n… (cut)"


class AnalysisFile(BaseModel):
    """A file that matters to the task."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, Field(min_length=1, description="relative to the project")]
    line: Annotated[int | None, Field(ge=1, description="where to look first")] = None
    why: Annotated[str, Field(description="what is there and what has to change")]


class AnalysisAnswer(BaseModel):
    """The form that Claude is asked to fill in."""

    model_config = ConfigDict(extra="forbid")

    summary: Annotated[
        str, Field(min_length=1, description="what is asked and what it means for this code")
    ]
    approach: Annotated[list[str], Field(min_length=1, description="the steps, in their order")]
    files: Annotated[list[AnalysisFile], Field(description="files that you have looked at")]
    risks: Annotated[list[str], Field(description="what may go wrong and how to notice")]
    acceptance_criteria: Annotated[
        list[str], Field(description="each one can be checked with evidence")
    ]
    suggested_agent: Annotated[
        str | None, Field(description="the name of the listed agent that suits best, or null")
    ] = None
    agent_reason: Annotated[
        str | None, Field(description="why that agent, in a sentence, or null")
    ] = None
    size: Annotated[Literal["S", "M", "L"], Field(description="an hour or less, a day, more")]


def schema() -> dict[str, Any]:
    """The form as a JSON schema without references, as it is sent to an API as a tool's input."""
    whole = AnalysisAnswer.model_json_schema()
    whole["properties"]["files"]["items"] = whole.pop("$defs")[AnalysisFile.__name__]
    return whole


def parse(given: Any) -> AnalysisAnswer | str:
    """The answer, or a sentence about what is wrong with it."""
    try:
        return AnalysisAnswer.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        return f"Claude's answer has not the form that was asked for: {where}: {first['msg']}."


def to_markdown(answer: AnalysisAnswer, missing: Collection[str] = ()) -> str:
    """The answer as a person reads it; kept within what a task may hold.

    Args:
        answer: What Claude found.
        missing: The paths of its files that are not there, which is said.
    """
    facts = [f"**Size:** {answer.size}"]
    if answer.suggested_agent:
        reason = f" ({_item(answer.agent_reason)})" if answer.agent_reason else ""
        facts.append(f"**Suggested agent:** {answer.suggested_agent}{reason}")
    parts = [
        f"## Summary\n\n{answer.summary.strip()}\n\n{' · '.join(facts)}",
        _section("Approach", [f"{n}. {_item(s)}" for n, s in enumerate(answer.approach, 1)]),
        _section("Files", [f"- {_file(file, missing)}" for file in answer.files]),
        _section("Risks", [f"- {_item(risk)}" for risk in answer.risks]),
        _section("Acceptance criteria", [f"- {_item(c)}" for c in answer.acceptance_criteria]),
    ]
    text = "\n\n".join(part for part in parts if part).replace("\x00", "")
    whole = text.encode("utf-8", "replace")
    if len(whole) <= KEPT_BYTES:
        return whole.decode() + "\n"
    return whole[:KEPT_BYTES].decode("utf-8", "ignore") + CUT + "\n"


def _section(heading: str, items: list[str]) -> str:
    return f"## {heading}\n\n" + "\n".join(items) if items else ""


def _item(text: str) -> str:
    """A list item's text; further lines are indented so that they stay within it."""
    return "\n   ".join(text.strip().splitlines())


def _file(file: AnalysisFile, missing: Collection[str]) -> str:
    line = f":{file.line}" if file.line else ""
    new = " (not there yet)" if file.path in missing else ""
    return f"`{file.path.strip()}{line}`{new} — {_item(file.why)}"
