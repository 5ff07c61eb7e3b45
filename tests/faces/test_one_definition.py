"""Each set of names has one definition; both faces and the database show the same."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from claudetask_api.errors import STATUS
from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, Core, open_core
from claudetask_core.errors import Code
from claudetask_core.schemas.task import Priority, TaskType
from claudetask_core.schemas.workflow import DEFAULT, Workflow
from claudetask_mcp import cli
from claudetask_mcp.tools.catalogue import CATALOGUE
from tests.faces.conftest import mcp_client, rest_client
from tests.support import in_own_task

NAMES = {
    "status": list(DEFAULT.statuses),
    "priority": list(Priority),
    "type": list(TaskType),
}
SCHEMAS = {"status": "Status", "priority": "Priority", "type": "TaskType"}


async def tools(core: Core) -> dict[str, dict[str, Any]]:
    async with in_own_task(mcp_client(core)) as client:
        assert isinstance(client, Client)
        listing = await client.list_tools()
        return {tool.name: tool.input_schema["properties"] for tool in listing.tools}


@pytest.mark.parametrize("name", sorted(NAMES))
async def test_the_tools_and_the_api_offer_exactly_the_cores_names(core: Core, name: str) -> None:
    """A tool offered a status that the database refused."""
    expected = [str(value) for value in NAMES[name]]
    offered = [
        schema[name]["enum"]
        for tool, schema in (await tools(core)).items()
        if name in schema and tool != "save_agent"
    ]
    assert len(offered) >= 2
    assert all(values == expected for values in offered)
    async with rest_client(core) as client:
        document = (await client.get("/openapi.json")).json()
    assert document["components"]["schemas"][SCHEMAS[name]]["enum"] == expected


@pytest.mark.parametrize(
    ("tool", "path"),
    [("search_codebase", "/api/search"), ("find_similar_tasks", "/api/tasks/similar")],
)
async def test_a_question_may_ask_for_as_many_answers_through_either_face(
    core: Core, tool: str, path: str
) -> None:
    offered = (await tools(core))[tool]["top_k"]
    async with rest_client(core) as client:
        operation = (await client.get("/openapi.json")).json()["paths"][path]["get"]
    described = next(p["schema"] for p in operation["parameters"] if p["name"] == "top_k")
    bounds = ("minimum", "maximum", "default")
    assert [offered[bound] for bound in bounds] == [described[bound] for bound in bounds]
    assert offered["maximum"] == 100


OWN = Workflow.model_validate(
    {
        "status": [
            {"name": "Todo", "kind": "todo", "moves": ["Doing"]},
            {"name": "Doing", "kind": "doing", "moves": ["Shipped"]},
            {"name": "Shipped", "kind": "done", "moves": []},
        ]
    }
)


async def test_a_projects_own_workflow_is_what_every_face_offers(
    project: Path, settings: Settings
) -> None:
    own = settings.model_copy(update={"workflow": OWN})
    async with open_core(own, start=project, home=None) as core:
        async with rest_client(core) as client:
            document = (await client.get("/openapi.json")).json()
            assert (await client.get("/api/tasks?status=Ready")).status_code == 422
            assert (await client.get("/api/tasks/similar?query=a&status=Ready")).status_code == 422
        assert document["components"]["schemas"]["Status"]["enum"] == ["Todo", "Doing", "Shipped"]
        assert "Backlog" not in json.dumps(document)
        listing = [spec.build(core.settings.workflow) for spec in CATALOGUE]
        assert [
            tool.parameters["properties"]["status"]["enum"]
            for tool in listing
            if "status" in tool.parameters["properties"]
        ] == [["Todo", "Doing", "Shipped"]] * 3
        said = "".join(f"{tool.description}" for tool in listing)
        assert not [name for name in DEFAULT.statuses if name in said]


def test_the_api_has_a_status_for_every_kind_of_failure() -> None:
    assert set(STATUS) == set(Code)


async def test_every_tool_of_the_product_is_there(core: Core) -> None:
    assert sorted(await tools(core)) == sorted(
        """analyze_task create_task delete_agent delete_task find_similar_tasks get_agent
        get_next_task get_task list_agents list_tasks project_status read_claude_md save_agent
        search_codebase update_claude_md update_task update_task_status""".split()  # noqa: SIM905 — one name a word
    )


@pytest.mark.embedded(reason="reads the schema out of the file")
@pytest.mark.parametrize("workflow", [DEFAULT, OWN], ids=["default", "own"])
async def test_the_database_and_the_command_line_know_the_same_names(
    project: Path,
    settings: Settings,
    workflow: Workflow,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = settings.model_copy(update={"workflow": workflow})
    async with open_core(own, start=project, home=None) as core:
        file = core.places.board / DATABASE
    with closing(sqlite3.connect(file)) as board:
        rows = board.execute("SELECT name FROM statuses ORDER BY position").fetchall()
        (table,) = board.execute("SELECT sql FROM sqlite_master WHERE name = 'tasks'").fetchone()
    assert [name for (name,) in rows] == [str(status) for status in workflow.statuses]
    for name in ("priority", "type"):
        allowed = ", ".join(f"'{value}'" for value in NAMES[name])
        assert f"CHECK ({name} IN ({allowed}))" in table
        for value in [*map(str, NAMES[name]), "Other"]:
            known = value in map(str, NAMES[name])
            assert _parses(["task", "list", f"--{name}", value]) is known
    columns = "\n".join(
        f'[[workflow.status]]\nname = "{column.name}"\nkind = "{column.kind}"\n'
        f"moves = {[str(name) for name in column.moves]}"
        for column in workflow.status
    )
    (project / ".claudetask" / "config.toml").write_text(columns)
    monkeypatch.chdir(project)
    for status in {*DEFAULT.statuses, *OWN.statuses}:
        code = await asyncio.to_thread(cli.main, ["task", "list", "--status", str(status)])
        assert (code == 0) is (status in workflow.statuses), capsys.readouterr()


def _parses(arguments: list[str]) -> bool:
    try:
        cli.parser().parse_args(arguments)
    except SystemExit:
        return False
    return True
