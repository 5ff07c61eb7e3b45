"""What callers gave, and what is wrong with it in words, for the tools and the command line.

The SDK is not imported here: it takes longer than most commands do.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from claudetask_core.errors import Invalid
from claudetask_core.schemas.forms import said

SHOWN_PROBLEMS = 3
CORRECT = "Correct it and call again."


class Absent(str):
    """The default of an optional text: no text at all, which the empty text is not.

    The SDK reads a text as JSON where a parameter may be anything but a text, so `str | None`
    would mangle a description that happens to be JSON.
    """

    __slots__ = ()


ABSENT: Any = Absent()


class NothingToChange(Invalid):
    code = "nothing_to_change"


def given(**arguments: Any) -> dict[str, Any]:
    """The arguments that the caller gave."""
    return {
        name: value
        for name, value in arguments.items()
        if value is not None and not isinstance(value, Absent)
    }


@contextmanager
def worded_as_invalid(what: str) -> Generator[None]:
    """Raises what a schema refuses as a domain error, for callers outside of a tool."""
    try:
        yield
    except ValidationError as error:
        raise Invalid(f"{what}: {problems(error)}", next_step=CORRECT) from None


def problems(error: ValidationError) -> str:
    """The first problems of a validation, as field, what is wrong, and what was given."""
    found = error.errors(include_url=False)
    parts = [_problem(dict(item)) for item in found[:SHOWN_PROBLEMS]]
    more = f"; and {len(found) - SHOWN_PROBLEMS} more" if len(found) > SHOWN_PROBLEMS else ""
    return f"{'; '.join(parts)}{more}."


def _problem(item: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in item["loc"])
    if item["type"] == "missing":
        return f"{where} is missing"
    subject = f"{where}: " if where else ""
    return f"{subject}{fit(said(item), 160)} (got {fit(repr(item['input']), 60)})"


def fit(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
