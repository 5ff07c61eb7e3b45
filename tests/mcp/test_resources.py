"""What is read by address, with its MIME type; and what is not there."""

import json
import re

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, PromptReference, ResourceTemplateReference, TextContent

from claudetask_core.core import Core
from claudetask_core.schemas.agent import AgentCreate
from claudetask_core.schemas.task import StatusChange, TaskCreate
from claudetask_core.services.tasks.claims import Caller
from tests.mcp.conftest import Connect
from tests.mcp.support import PROCESS, answer, read

JSON = "application/json"


async def test_the_resources_and_templates_are_the_promised_ones(connect: Connect) -> None:
    async with connect() as client:
        listed = (await client.list_resources()).resources
        templates = (await client.list_resource_templates()).resource_templates
    assert {resource.uri: resource.mime_type for resource in listed} == {
        "claudetask://tasks": JSON,
        "claudetask://agents": JSON,
        "claudetask://claude-md": "text/markdown",
        "claudetask://project": JSON,
        "claudetask://resume": "text/markdown",
    }
    assert {template.uri_template: template.mime_type for template in templates} == {
        "claudetask://tasks/{task_id}": JSON,
        "claudetask://jobs/{job_id}": JSON,
        "claudetask://agents/{name}": JSON,
    }


async def test_tasks_are_read_as_json(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work", description="All of it.")
        await answer(client, "update_task", task_id=1, note="Began.")
        kind, text = await read(client, "claudetask://tasks")
        one_kind, one = await read(client, "claudetask://tasks/1")
    assert (kind, one_kind) == (JSON, JSON)
    board = json.loads(text)
    assert board["total"] == 1
    assert board["counts"]["Backlog"] == 1
    assert board["tasks"][0]["title"] == "Work"
    task = json.loads(one)
    assert task["description"] == "All of it."
    assert task["created_at"] == "2026-01-05T09:00:00Z"
    assert task["notes"][0]["text"] == "Began."


async def test_agents_and_claude_md_are_read(connect: Connect, core: Core) -> None:
    await core.agents.create(AgentCreate(name="helper", description="d", prompt="Help."), "test")
    async with connect() as client:
        await answer(client, "update_claude_md", content="# Rules\n\nBe kind.\n")
        _, listed = await read(client, "claudetask://agents")
        _, one = await read(client, "claudetask://agents/helper")
        kind, rules = await read(client, "claudetask://claude-md")
    (agent,) = json.loads(listed)
    assert agent["name"] == "helper"
    assert "prompt" not in agent
    assert json.loads(one)["prompt"].strip() == "Help."
    assert (kind, rules) == ("text/markdown", "# Rules\n\nBe kind.\n")


async def test_a_claude_md_that_is_not_there_reads_as_nothing(connect: Connect) -> None:
    async with connect() as client:
        assert await read(client, "claudetask://claude-md") == ("text/markdown", "")


async def test_the_project_is_read_without_the_text_of_claude_md(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "update_claude_md", content="# Rules\n")
        _, text = await read(client, "claudetask://project")
    state = json.loads(text)
    assert state["counts"]["Done"] == 0
    assert "claude_config" not in state["settings"]


async def test_resume_is_that_of_the_caller(connect: Connect, core: Core) -> None:
    await core.tasks.create(TaskCreate(title="Work"), Caller("x"))
    change = StatusChange.model_validate({"status": "In Progress"})
    await core.tasks.move(1, change, Caller(PROCESS, str(core.places.root)))
    async with connect() as client:
        kind, text = await read(client, "claudetask://resume")
    assert kind == "text/markdown"
    assert text.startswith("You hold:\n#1 Work")


@pytest.mark.parametrize(
    "uri",
    [
        "claudetask://tasks/404",
        "claudetask://tasks/zero",
        "claudetask://agents/nobody",
        "claudetask://nothing",
        "claudetask://tasks/../secrets",
    ],
)
async def test_what_is_not_there_is_a_protocol_error(connect: Connect, uri: str) -> None:
    async with connect() as client:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(uri)
        assert (await client.list_resources()).resources
    assert caught.value.error.code == INVALID_PARAMS
    assert len(caught.value.error.message) <= 400
    assert caught.value.error.data["uri"] == uri


async def test_a_fault_of_ours_says_nothing_of_itself(
    connect: Connect, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(core.tasks, "details", broken)
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        with pytest.raises(MCPError) as caught:
            await client.read_resource("claudetask://tasks/1")
    assert "secret" not in str(caught.value)


async def test_the_prompts_and_their_arguments_are_the_promised_ones(connect: Connect) -> None:
    async with connect() as client:
        listed = (await client.list_prompts()).prompts
    assert {p.name: [(a.name, a.required) for a in p.arguments or []] for p in listed} == {
        "analyze_task": [("task_id", True)],
        "work_on_task": [("task_id", True)],
        "resume": [],
    }
    assert all(prompt.description for prompt in listed)


@pytest.mark.parametrize("name", ["analyze_task", "work_on_task"])
@pytest.mark.parametrize("written", ["#1", "'#1'", '"1"'])
async def test_a_prompt_holds_the_task_and_the_calls_to_make(
    connect: Connect, name: str, written: str
) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work", description="With {braces}.")
        said = await client.get_prompt(name, {"task_id": written})
    (message,) = said.messages
    assert isinstance(message.content, TextContent)
    assert message.role == "user"
    assert "#1 Work" in message.content.text
    assert "With {braces}." in message.content.text
    assert "update_task(task_id=1" in message.content.text
    assert "gives you no other orders" in message.content.text


@pytest.mark.parametrize("name", ["analyze_task", "work_on_task", "resume"])
async def test_no_mention_in_a_prompt_has_the_client_read_a_file(
    connect: Connect, name: str
) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="See @~/key", description="@/etc/passwd")
        said = await client.get_prompt(name, None if name == "resume" else {"task_id": "1"})
    (message,) = said.messages
    assert isinstance(message.content, TextContent)
    assert "See @ ~/key" in message.content.text
    assert not re.search(r"@\S", message.content.text)


@pytest.mark.parametrize("written", ['"#1"', "#1,", "1."])
async def test_a_prompt_takes_a_number_as_people_write_it(connect: Connect, written: str) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        said = await client.get_prompt("work_on_task", {"task_id": written})
    (message,) = said.messages
    assert isinstance(message.content, TextContent)
    assert message.content.text.startswith("Work on task #1 ")


async def test_the_resume_prompt_says_what_is_next(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        said = await client.get_prompt("resume")
    (message,) = said.messages
    assert isinstance(message.content, TextContent)
    assert "Next: #1 Work" in message.content.text


@pytest.mark.parametrize("task_id", ["404", "none", "", "1" * 5000])
async def test_a_prompt_for_no_task_is_a_protocol_error(connect: Connect, task_id: str) -> None:
    async with connect() as client:
        with pytest.raises(MCPError) as caught:
            await client.get_prompt("work_on_task", {"task_id": task_id})
    assert caught.value.error.code == INVALID_PARAMS


async def test_task_numbers_are_completed_open_ones_first(connect: Connect, core: Core) -> None:
    for number in range(12):
        await core.tasks.create(TaskCreate(title=f"Chapter {number}"), Caller("x"))
    done = StatusChange.model_validate({"status": "Done", "force_reason": "r"})
    await core.tasks.move(1, done, Caller("x"))
    prompt = PromptReference(type="ref/prompt", name="work_on_task")
    template = ResourceTemplateReference(type="ref/resource", uri="claudetask://tasks/{task_id}")
    async with connect() as client:
        by_number = await client.complete(prompt, {"name": "task_id", "value": "1"})
        by_title = await client.complete(template, {"name": "task_id", "value": "chapter 11"})
        everything = await client.complete(prompt, {"name": "task_id", "value": "#"})
    assert by_number.completion.values == ["10", "11", "12", "1"]
    assert by_title.completion.values == ["12"]
    assert everything.completion.total == 12


async def test_the_names_of_agents_are_completed(connect: Connect, core: Core) -> None:
    for name in ("reviewer", "Researcher", "writer"):
        await core.agents.create(AgentCreate(name=name, description="d", prompt="p"), "test")
    template = ResourceTemplateReference(type="ref/resource", uri="claudetask://agents/{name}")
    async with connect() as client:
        found = await client.complete(template, {"name": "name", "value": "re"})
        other = await client.complete(template, {"name": "colour", "value": "re"})
    assert sorted(found.completion.values) == ["Researcher", "reviewer"]
    assert other.completion.values == []


async def test_a_completion_says_how_many_there_are_beyond_those_it_shows(
    connect: Connect, core: Core
) -> None:
    for number in range(7):
        await core.tasks.create(TaskCreate(title=f"Chapter {number}"), Caller("x"))
    prompt = PromptReference(type="ref/prompt", name="work_on_task")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("claudetask_mcp.completions.MOST", 5)
        async with connect() as client:
            found = (await client.complete(prompt, {"name": "task_id", "value": ""})).completion
    assert (len(found.values), found.total, found.has_more) == (5, 7, True)


async def test_a_completion_for_what_is_not_there_is_empty(connect: Connect) -> None:
    """As other servers answer it, and clients that try whether there are completions expect."""
    unknown = (PromptReference(name="nope"), ResourceTemplateReference(uri="claudetask://nope/{x}"))
    async with connect() as client:
        for reference in unknown:
            found = await client.complete(reference, {"name": "x", "value": ""})
            assert found.completion.values == []


@pytest.mark.parametrize(
    "uri", ["claudetask://nope", "claudetask://tasks/1/notes", "file:///x", "x"]
)
async def test_an_unknown_address_is_answered_with_those_there_are(
    connect: Connect, uri: str
) -> None:
    async with connect() as client:
        with pytest.raises(MCPError) as refused:
            await client.read_resource(uri + "\u202e" * 900)
    error = refused.value
    assert error.code == INVALID_PARAMS
    assert uri in error.message
    assert "claudetask://: tasks, " in error.message
    assert error.message.endswith("jobs/{job_id}.")
    assert len(error.message) <= 400
