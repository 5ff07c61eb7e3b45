"""The two kinds of model every noun is made of, and the values they share."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema

from claudetask_core.errors import writable
from claudetask_core.schemas.forms import ONE_LINE


class ReadModel(BaseModel):
    """What a service answers: complete, without defaults, not to be changed."""

    model_config = ConfigDict(frozen=True)


class WriteModel(BaseModel):
    """What a caller sends: an unknown field is refused, never dropped."""

    model_config = ConfigDict(extra="forbid")


WITHOUT_NUL = r"^[^\x00]*$"


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    return text


def at_most_bytes(limit: int) -> AfterValidator:
    """A validator for text of at most `limit` bytes of UTF-8."""

    def check(text: str) -> str:
        size = len(text.encode())
        if size > limit:
            raise ValueError(f"must be at most {limit} bytes of UTF-8, got {size}")
        return text

    return AfterValidator(check)


class _NoNul:
    """Refuses NUL, and says so in the JSON schema."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(_no_nul, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"pattern": WITHOUT_NUL, **handler(schema)}


NoNul = _NoNul()
"""Comes after `StringConstraints`, which otherwise count what they have yet to strip."""

Text = Annotated[str, NoNul]
"""Free text: any characters but NUL, which no database keeps alike."""

ActorName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=ONE_LINE),
]
"""The name a caller gives itself."""

OnDisk = Annotated[str, BeforeValidator(writable)]
"""A name or text as the disk has it, made fit to be shown: it may hold any bytes."""

Timestamp = datetime
"""A moment in UTC, written as RFC 3339 with `Z`."""
