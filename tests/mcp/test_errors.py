"""What goes wrong is an `isError` text of at most 400 characters with a next step."""

import logging
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ValidationError

from claudetask_core.core import Core
from claudetask_core.errors import Code, DomainError, Invalid, RateLimited
from claudetask_mcp import errors
from claudetask_mcp.arguments import worded_as_invalid
from claudetask_mcp.tools.catalogue import CATALOGUE
from tests.mcp.conftest import Connect
from tests.mcp.support import answer, refusal, server_of, text_of

FAILING: list[tuple[str, dict[str, Any]]] = [
    ("get_next_task", {"claim": "perhaps"}),
    ("get_next_task", {"agent": ""}),
    ("list_tasks", {"limit": 0}),
    ("list_tasks", {"limit": 10**30}),
    ("list_tasks", {"status": "Doing"}),
    ("list_tasks", {"cursor": "x" * 9000}),
    ("list_tasks", {"query": "q" * 9000}),
    ("get_task", {}),
    ("get_task", {"task_id": 404}),
    ("get_task", {"task_id": "#one"}),
    ("get_task", {"task_id": 2**70}),
    ("get_task", {"task_id": {"deep": [[[["x" * 9000]]]]}}),
    ("create_task", {}),
    ("create_task", {"title": ""}),
    ("create_task", {"title": "x" * 201}),
    ("create_task", {"title": "two\nlines"}),
    ("create_task", {"title": "t", "description": "\x00"}),
    ("create_task", {"title": "t", "description": "é" * 40_000}),
    ("create_task", {"title": "t", "depends_on": [404]}),
    ("create_task", {"title": "t", "depends_on": ["x"] * 300}),
    ("create_task", {"title": "t", "parent_id": 404}),
    ("create_task", {"title": "t", "acceptance_criteria": ["y" * 1001] * 101}),
    ("create_task", {"title": "t", "priority": "urgent" * 2000}),
    ("update_task", {"task_id": 404, "note": "n"}),
    ("update_task", {"task_id": 1, "check": {"9": "no such criterion"}}),
    ("update_task", {"task_id": 1, "check": {"x": 1, "y": 2, "z": 3, "w": 4}}),
    ("update_task", {"task_id": 1, "depends_on": [1]}),
    ("update_task", {"task_id": 1, "git_branch": "with blanks in it"}),
    ("update_task", {"task_id": 1, "acceptance_criteria": [{"txt": "t"}]}),
    ("update_task_status", {"task_id": 1, "status": "Done"}),
    ("update_task_status", {"task_id": 1}),
    ("delete_task", {"task_id": 404}),
    ("analyze_task", {"task_id": 404}),
    ("analyze_task", {"task_id": 1}),
    ("find_similar_tasks", {"query": ""}),
    ("find_similar_tasks", {"query": "q", "top_k": 101}),
    ("search_codebase", {"query": "   "}),
    ("search_codebase", {"query": "q" * 2001}),
    ("search_codebase", {"query": "q", "min_score": 2}),
    ("search_codebase", {"query": "q", "path": "[" * 501}),
    ("get_agent", {"name": "nobody" * 50}),
    ("list_agents", {"problems": "perhaps"}),
    ("get_agent", {"name": "../../etc/passwd"}),
    ("save_agent", {"name": "new"}),
    ("save_agent", {"name": "no/slash", "description": "d", "prompt": "p"}),
    ("save_agent", {"name": "n" * 300, "description": "d"}),
    ("delete_agent", {"name": "nobody"}),
    ("read_claude_md", {"section": "No > Such > " + "Section" * 100}),
    ("update_claude_md", {}),
    ("update_claude_md", {"content": "x", "restore": "v"}),
    ("update_claude_md", {"content": "x", "section": "Nowhere"}),
    ("update_claude_md", {"restore": "no-such-version"}),
]


def test_the_table_knows_every_code() -> None:
    assert set(errors.LANGUAGE) == set(Code)


@pytest.mark.parametrize("kind", Code)
def test_every_kind_of_error_ends_with_a_next_step(kind: Code) -> None:
    failure = DomainError("It is so. " * 100)
    failure.__class__ = type("Some", (DomainError,), {"kind": kind})
    said = text_of(errors.failure("get_task", failure))
    assert len(said) <= 400
    assert said.endswith(errors.LANGUAGE[kind].next_step)


def test_the_next_step_of_an_error_stays_whole_where_its_reason_is_long() -> None:
    said = errors.sentence(Invalid("x" * 1000, next_step="Do this."))
    assert len(said) == 400
    assert said.endswith("… Do this.")


async def test_every_tool_refuses_shortly_and_the_server_goes_on(
    core: Core, connect: Connect
) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        for tool, arguments in FAILING:
            said = await refusal(client, tool, arguments)
            assert 0 < len(said) <= 400, (tool, said)
            for leak in ("Traceback", "pydantic", "http", "internal error", "validation error"):
                assert leak not in said, (tool, arguments, said)
        assert await answer(client, "list_tasks") == "#1 Backlog Medium: Work\n1 task."
    assert {tool for tool, _ in FAILING} >= {
        spec.name for spec in CATALOGUE if spec.build().parameters["properties"]
    }


async def test_an_unknown_parameter_is_refused_with_the_nearest_and_the_list(
    connect: Connect,
) -> None:
    async with connect() as client:
        said = await refusal(client, "create_task", {"title": "t", "priorty": "High"})
        none = await refusal(client, "project_status", {"scope": "user"})
        assert await answer(client, "list_tasks") == "No task matches."
    assert said.startswith("create_task has no parameter 'priorty'. Did you mean 'priority'?")
    assert "It takes: title, description, type, priority," in said
    assert none == "project_status has no parameter 'scope'. It takes none."


@pytest.mark.parametrize("spec", CATALOGUE, ids=lambda spec: spec.name)
async def test_every_tool_refuses_what_it_does_not_know(spec: Any, core: Core) -> None:
    async with Client(server_of(core)) as client:
        said = await refusal(client, spec.name, {"x" * 500: 1})
    assert "has no parameter" in said
    assert len(said) <= 400


async def test_an_unknown_tool_is_an_error_that_names_the_nearest(connect: Connect) -> None:
    async with connect() as client:
        said = await refusal(client, "getTask", {"task_id": 1})
        strange = await refusal(client, "z" * 5000, {})
    assert said.startswith("There is no tool 'getTask'. Did you mean 'get_task'? Tools: ")
    assert "project_status" in said
    assert len(strange) <= 400


async def test_a_wrong_value_is_named_with_what_would_be_right(connect: Connect) -> None:
    async with connect() as client:
        said = await refusal(client, "create_task", {"title": "t", "priority": "urgent"})
        missing = await refusal(client, "create_task", {"priority": "Low"})
    assert said == (
        "create_task was not carried out: priority: Input should be 'High', 'Medium' or 'Low' "
        "(got 'urgent'). Correct it and call again."
    )
    assert missing == (
        "create_task was not carried out: title is missing. Correct it and call again."
    )


async def test_a_strangers_exception_is_a_number_to_the_caller_and_whole_in_the_log(
    connect: Connect, core: Core, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret: /home/somebody")

    monkeypatch.setattr(core.tasks, "counts", broken)
    async with connect() as client:
        with caplog.at_level(logging.ERROR, logger="claudetask_mcp.errors"):
            said = await refusal(client, "project_status")
        (record,) = [r for r in caplog.records if r.name == "claudetask_mcp.errors"]
        incident = str(record.args[0]) if isinstance(record.args, tuple) else ""
        assert f"internal error {incident}" in said
        assert "secret" not in said
        assert "secret: /home/somebody" in (record.exc_text or caplog.text)
        assert await answer(client, "list_tasks") == "No task matches."


async def test_what_fails_after_an_upgrade_says_to_reconnect_and_the_log_has_the_rest(
    connect: Connect, core: Core, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def gone(*_: object) -> None:
        raise FileNotFoundError("words/plain.txt")

    monkeypatch.setattr(core.tasks, "counts", gone)
    monkeypatch.setattr("claudetask_core.replaced._FILE", "/nowhere/__init__.py")
    async with connect() as client:
        said = await refusal(client, "project_status")
        assert await answer(client, "list_tasks") == "No task matches."
    assert said.startswith("claudetask-mcp was upgraded or removed while this server ran")
    assert said.endswith("(in Claude Code: /mcp, reconnect), then look before you repeat it.")
    assert "words/plain.txt" in caplog.text


def test_several_problems_are_told_together() -> None:
    class Model(BaseModel):
        a: int
        b: int
        c: int
        d: int

    with pytest.raises(ValidationError) as caught:
        Model.model_validate({"a": "x", "b": None})
    said = errors.problems(caught.value)
    assert said.startswith("a: Input should be a valid integer")
    assert "c is missing; and 1 more." in said


def test_a_protocol_error_has_the_codes_of_both_worlds() -> None:
    error = errors.protocol_error(RateLimited("Too much.", retry_after=1), uri="u")
    assert isinstance(error, MCPError)
    assert error.error.data == {"code": "rate_limited", "uri": "u"}
    assert error.error.message == "Too much. Wait, then repeat the call."


def test_what_a_schema_refuses_is_said_outside_of_tools_too() -> None:
    class Model(BaseModel):
        a: int

    with pytest.raises(Invalid) as caught, worded_as_invalid("search"):
        Model.model_validate({"a": "x"})
    assert caught.value.message.startswith("search: a: Input should be")
