"""What a column of the board holds for a value in the JSON of an export."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import JSON, Boolean, Column, Float, Integer

from claudetask_core.db.models.base import UtcDateTime
from claudetask_core.errors import HALF

UNKEEPABLE: Final = re.compile(f"{HALF.pattern}|\0")
"""What not every database keeps: half characters and NUL."""


def value_for(column: Column[Any], value: Any) -> Any:
    """What the column holds for a value of JSON.

    Raises:
        ValueError: It cannot hold that.
    """
    if value is None:
        return None
    if any(map(UNKEEPABLE.search, _texts(value))):
        raise ValueError(value)
    if isinstance(column.type, JSON):
        return value
    if type(value) not in _kinds(column):
        raise ValueError(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(value)
    return _moment(str(value)) if isinstance(column.type, UtcDateTime) else value


def _texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    left: list[Any] = [value]
    while left:
        part = left.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, list):
            left += cast("list[Any]", part)
        elif isinstance(part, dict):
            members = cast("dict[str, Any]", part)
            left += [*members, *members.values()]


def _kinds(column: Column[Any]) -> tuple[type, ...]:
    if isinstance(column.type, Boolean):
        return (bool,)
    if isinstance(column.type, Integer):
        return (int,)
    return (int, float) if isinstance(column.type, Float) else (str,)


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment
