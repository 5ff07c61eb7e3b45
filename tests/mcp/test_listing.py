"""What a client is told before it calls anything."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS, Tool
from pydantic import BaseModel

from claudetask_core.schemas.workflow import DEFAULT
from claudetask_mcp.instructions import INSTRUCTIONS
from claudetask_mcp.server import Server
from claudetask_mcp.tool import worded
from claudetask_mcp.tools.catalogue import CATALOGUE
from tests.mcp.conftest import Connect

SNAPSHOT = Path(__file__).with_name("tools_list.json")
ALWAYS = {
    "get_next_task",
    "list_tasks",
    "get_task",
    "create_task",
    "update_task_status",
    "search_codebase",
}
PROMISED: dict[str, dict[str, Any]] = {
    "get_next_task": {"claim": False, "agent": None},
    "list_tasks": {
        "status": None,
        "type": None,
        "priority": None,
        "query": None,
        "limit": 50,
        "cursor": None,
    },
    "get_task": {"task_id": ..., "pack": None},
    "create_task": {
        "title": ...,
        "description": None,
        "type": "Feature",
        "priority": "Medium",
        "acceptance_criteria": None,
        "depends_on": None,
        "parent_id": None,
        "on_duplicate": "warn",
        "agent": None,
    },
    "update_task": {
        "task_id": ...,
        "title": None,
        "description": None,
        "type": None,
        "priority": None,
        "analysis": None,
        "git_branch": None,
        "parent_id": None,
        "depends_on": None,
        "acceptance_criteria": None,
        "related_files": None,
        "note": None,
        "check": None,
        "version": None,
        "force_reason": None,
        "agent": None,
    },
    "update_task_status": {
        "task_id": ...,
        "status": ...,
        "comment": None,
        "force_reason": None,
        "agent": None,
    },
    "delete_task": {"task_id": ...},
    "analyze_task": {"task_id": ..., "wait": False},
    "find_similar_tasks": {"query": ..., "top_k": 10, "status": None},
    "search_codebase": {
        "query": ...,
        "top_k": 20,
        "path": None,
        "language": None,
        "kind": None,
        "min_score": None,
        "detail": "concise",
    },
    "list_agents": {"problems": False},
    "get_agent": {"name": ...},
    "save_agent": {
        "name": ...,
        "description": None,
        "prompt": None,
        "tools": None,
        "model": None,
        "skills": None,
        "expected_hash": None,
        "action": None,
    },
    "delete_agent": {"name": ...},
    "read_claude_md": {"section": None, "place": "project", "path": None},
    "update_claude_md": {
        "content": None,
        "section": None,
        "expected_hash": None,
        "dry_run": False,
        "restore": None,
        "append": False,
        "place": "project",
    },
    "project_status": {},
}


async def listing(server: Server) -> list[Tool]:
    async with Client(server, mode="legacy") as client:
        return (await client.list_tools()).tools


def weight(tool: Tool) -> int:
    shown = {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema}
    return len(json.dumps(shown, separators=(",", ":"), ensure_ascii=False))


async def test_the_listing_is_the_reviewed_one(server: Server) -> None:
    """After a wanted change: `python -m tests.mcp.write_snapshot`, and review the difference."""
    present = [
        tool.model_dump(mode="json", by_alias=True, exclude_none=True)
        for tool in await listing(server)
    ]
    assert present == json.loads(SNAPSHOT.read_text("utf-8"))


KEYWORDS = {
    *("additionalProperties", "anyOf", "default", "description", "enum", "items", "maxItems"),
    *("maxLength", "maximum", "minItems", "minLength", "minimum", "pattern", "properties"),
    *("propertyNames", "required", "type"),
}


def keywords(schema: dict[str, Any]) -> set[str]:
    found = set(schema)
    for name, value in schema.items():
        below = value.values() if name == "properties" else value if name == "anyOf" else [value]
        for one in below:
            if isinstance(one, dict):
                found |= keywords(cast("dict[str, Any]", one))
    return found


async def test_schemas_have_no_keyword_that_json_schema_does_not_know(server: Server) -> None:
    """A bound after a validator of ours is published as `ge`, which no client heeds."""
    for tool in await listing(server):
        assert keywords(tool.input_schema) <= KEYWORDS, tool.name


async def test_the_tools_and_their_defaults_are_the_promised_ones(server: Server) -> None:
    present: dict[str, dict[str, Any]] = {}
    for tool in await listing(server):
        schema = tool.input_schema
        present[tool.name] = {
            name: ... if name in schema.get("required", []) else field.get("default")
            for name, field in schema["properties"].items()
        }
    assert present == PROMISED


async def test_the_listing_is_the_same_in_both_eras_and_each_time(connect: Connect) -> None:
    async with connect() as client:
        first, second = await client.list_tools(), await client.list_tools()
    assert first.tools == second.tools
    assert [tool.name for tool in first.tools] == [spec.name for spec in CATALOGUE]


async def test_the_schemas_fit_their_budgets(server: Server) -> None:
    weights = {tool.name: weight(tool) for tool in await listing(server)}
    assert sum(weights.values()) <= 12_000
    assert sum(weights[name] for name in ALWAYS) <= 4_800


async def test_six_tools_are_always_loaded(server: Server) -> None:
    marked = {
        tool.name for tool in await listing(server) if tool.meta == {"anthropic/alwaysLoad": True}
    }
    assert marked == ALWAYS


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("duplicate", "find_similar_tasks"),
        ("kanban", "project_status"),
        ("todo ticket", "update_task"),
        ("remove ticket", "delete_task"),
        ("subagent create", "save_agent"),
        ("subagent remove", "delete_agent"),
        ("memory remember", "update_claude_md"),
        ("project rules", "read_claude_md"),
    ],
)
async def test_a_tool_that_is_not_always_loaded_is_found_by_other_words_too(
    server: Server, words: str, wanted: str
) -> None:
    hints = {
        tool.name: str(tool.meta["anthropic/searchHint"]).split()
        for tool in await listing(server)
        if tool.meta and "anthropic/searchHint" in tool.meta
    }
    assert hints.keys() == {spec.name for spec in CATALOGUE} - ALWAYS
    assert wanted in {name for name, hint in hints.items() if {*words.split()} <= {*hint}}


async def test_every_schema_is_a_closed_object_whose_parameters_are_described(
    server: Server,
) -> None:
    for tool in await listing(server):
        schema = tool.input_schema
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False
        assert "anyOf" not in schema
        assert '"title":' not in json.dumps({**schema, "properties": _without_names(schema)})
        assert "$ref" not in json.dumps(schema)
        assert "null" not in json.dumps(schema)
        for name, field in schema["properties"].items():
            assert field.get("description"), f"{tool.name}.{name}"


def _without_names(schema: dict[str, Any]) -> list[Any]:
    return list(schema["properties"].values())


async def test_the_statuses_are_those_of_the_board(server: Server) -> None:
    for tool in await listing(server):
        status = tool.input_schema["properties"].get("status")
        if status:
            assert status["enum"] == [status.value for status in DEFAULT.statuses]


async def test_every_tool_has_all_four_hints_and_no_output_schema(server: Server) -> None:
    for tool in await listing(server):
        hints = tool.annotations
        assert hints is not None
        for hint in (
            hints.read_only_hint,
            hints.destructive_hint,
            hints.idempotent_hint,
            hints.open_world_hint,
        ):
            assert isinstance(hint, bool)
        assert not (hints.read_only_hint and hints.destructive_hint)
        assert tool.output_schema is None
        assert tool.description
        assert len(tool.description.encode()) <= 2048


async def test_the_instructions_fit_and_name_every_tool(connect: Connect) -> None:
    async with connect() as client:
        told = client.instructions
    assert told == worded(INSTRUCTIONS, DEFAULT)
    assert len(INSTRUCTIONS.encode()) <= 2048
    assert [spec.name for spec in CATALOGUE if spec.name not in INSTRUCTIONS] == []
    assert (
        "another one (a subagent in a worktree of its own), search with `claudetask-mcp search`"
        in INSTRUCTIONS
    )


async def test_both_eras_declare_that_they_notify(connect: Connect) -> None:
    async with connect() as client:
        capabilities = client.server_capabilities
    assert capabilities is not None
    assert capabilities.resources is not None
    assert capabilities.resources.subscribe is True
    assert capabilities.resources.list_changed is True
    assert capabilities.tools is not None
    assert capabilities.tools.list_changed is True
    assert capabilities.prompts is not None
    assert capabilities.prompts.list_changed is True
    assert capabilities.completions is not None


async def test_a_list_goes_on_from_no_cursor_as_none_was_given(connect: Connect) -> None:
    async with connect() as client:
        asked: dict[str, Callable[..., Awaitable[BaseModel]]] = {
            "tools/list": client.list_tools,
            "resources/list": client.list_resources,
            "resources/templates/list": client.list_resource_templates,
            "prompts/list": client.list_prompts,
        }
        for method, ask in asked.items():
            whole = await ask()
            assert await ask(cursor="") == whole
            for cursor in ("abc", "x" * 5000):
                with pytest.raises(MCPError) as refused:
                    await ask(cursor=cursor)
                assert refused.value.error.code == INVALID_PARAMS
                assert refused.value.error.data == {"code": "cursor_unknown"}
                assert refused.value.error.message.startswith(f"{method} gave no cursor ")
                assert len(refused.value.error.message) <= 200
            assert await ask() == whole
