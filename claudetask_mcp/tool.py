"""A tool as the catalogue describes it, and the lean schema its parameters are published with."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations

from claudetask_core.schemas.task import MAX_ID
from claudetask_core.schemas.token import TokenScope
from claudetask_core.schemas.workflow import DEFAULT, Workflow, with_statuses
from claudetask_core.services.access.rate_limit import RateClass

ALWAYS_LOAD = {"anthropic/alwaysLoad": True}
SEARCH_HINT = "anthropic/searchHint"
Schema = dict[str, Any]


@dataclass(frozen=True)
class Spec:
    """One tool: its function, whose docstring the model reads, and what is true of it."""

    run: Callable[..., Any]
    title: str
    rate: RateClass
    read_only: bool = False
    destructive: bool = False
    idempotent: bool = False
    open_world: bool = False
    always_load: bool = False
    found_by: str = ""
    """Words that a model may look for it by, beside its name and description, where the client
    offers tools by a search."""
    writes: TokenScope = TokenScope.ADMIN
    """What a token needs to change something with it; closed until it was decided on."""

    @property
    def scope(self) -> TokenScope:
        """What a token needs to be offered it."""
        return TokenScope.READ if self.read_only else self.writes

    @property
    def name(self) -> str:
        return self.run.__name__

    def build(self, workflow: Workflow = DEFAULT) -> Tool:
        """The tool as it is listed; its words and its choice of statuses are the workflow's."""
        names = {"type": "string", "enum": [str(status) for status in workflow.statuses]}
        return self._in_any_workflow.model_copy(
            update={
                "description": worded(self._in_any_workflow.description, workflow),
                "parameters": with_statuses(lean(self._in_any_workflow.parameters), names),
            }
        )

    @cached_property
    def _in_any_workflow(self) -> Tool:
        """What is made of its function alone, once: half of what it takes to make a server."""
        return Tool.from_function(
            self.run,
            title=self.title,
            description=" ".join((self.run.__doc__ or "").split()),
            annotations=ToolAnnotations(
                title=self.title,
                read_only_hint=self.read_only,
                destructive_hint=self.destructive,
                idempotent_hint=self.idempotent,
                open_world_hint=self.open_world,
            ),
            meta=dict(ALWAYS_LOAD) if self.always_load else {SEARCH_HINT: self.found_by},
            structured_output=False,
        )


def worded(text: str, workflow: Workflow) -> str:
    """The text with the workflow's own columns in the place of `{doing}` and the like."""
    return text.format(
        start=workflow.start,
        doing=workflow.doing,
        done=workflow.done,
        way=", ".join(workflow.way),
    )


def lean(schema: Schema) -> Schema:
    """The schema of a tool's arguments without what only costs the model's context.

    References are put in place, titles left out, and "this or null" becomes "this": a null is
    taken as absent anyway.
    """
    properties = {
        name: _lean(prop, schema.get("$defs", {})) for name, prop in schema["properties"].items()
    }
    result: Schema = {"type": "object", "properties": properties}
    if schema.get("required"):
        result["required"] = schema["required"]
    return {**result, "additionalProperties": False}


DROPPED = frozenset(
    {"title", "pattern", "minLength", "maxLength", "maxItems", "additionalProperties"}
)
"""Limits that a model meets without being told; the server checks them and says so."""


MEANINGLESS = (("default", None), ("default", ""), ("maximum", MAX_ID))


def _lean(schema: Schema, definitions: Schema) -> Schema:
    if "$ref" in schema:
        target = _without(definitions[schema["$ref"].rsplit("/", 1)[1]], {"description"})
        return _lean({**target, **_without(schema, {"$ref"})}, definitions)
    variants = [item for item in schema.get("anyOf", []) if item.get("type") != "null"]
    if len(variants) == 1:
        return _lean({**variants[0], **_without(schema, {"anyOf"})}, definitions)
    result: Schema = {}
    for key, value in schema.items():
        if key in DROPPED or (key, value) in MEANINGLESS:
            continue
        result[key] = _inner(key, value, definitions)
    return result


def _inner(key: str, value: Any, definitions: Schema) -> Any:
    if key == "properties":
        return {name: _lean(prop, definitions) for name, prop in cast("Schema", value).items()}
    if key == "items":
        return _lean(value, definitions)
    if key in {"anyOf", "oneOf"}:
        return [_lean(item, definitions) for item in value]
    return value


def _without(schema: Schema, keys: set[str]) -> Schema:
    return {key: value for key, value in schema.items() if key not in keys}
