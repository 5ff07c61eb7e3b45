"""Each set of names has one definition; both faces and the database show the same."""

from typing import Any

import pytest
from mcp import Client

from claudetask_api.errors import STATUS
from claudetask_core.core import Core
from claudetask_core.errors import Code
from claudetask_core.schemas.task import Priority, Status, TaskType
from tests.faces.conftest import mcp_client, rest_client
from tests.support import in_own_task

NAMES = {"status": Status, "priority": Priority, "type": TaskType}


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
    assert document["components"]["schemas"][NAMES[name].__name__]["enum"] == expected


def test_the_api_has_a_status_for_every_kind_of_failure() -> None:
    assert set(STATUS) == set(Code)


async def test_every_tool_of_the_product_is_there(core: Core) -> None:
    assert sorted(await tools(core)) == sorted(
        """analyze_task create_task delete_agent delete_task find_similar_tasks get_agent
        get_next_task get_task list_agents list_tasks project_status read_claude_md save_agent
        search_codebase update_claude_md update_task update_task_status""".split()  # noqa: SIM905 — one name a word
    )
