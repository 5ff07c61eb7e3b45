"""What is known, made fit to be shown to a model or a terminal."""

import dataclasses
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from claudetask_core.printable import printable

Value = TypeVar("Value")


def legible(value: Value) -> Value:
    """The same value with every text in it, however deep, made printable."""
    return cast("Value", _legible(value))


def _legible(value: Any) -> Any:
    if type(value) is str:  # an enum's member is a text too, and one of ours
        return printable(value)
    if isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        changed = {name: new for name, old in fields.items() if (new := _legible(old)) is not old}
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, (list, tuple)):
        items = [_legible(item) for item in cast("list[Any]", value)]
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, dict):
        return {key: _legible(item) for key, item in cast("dict[Any, Any]", value).items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **_legible(fields))
    return value
