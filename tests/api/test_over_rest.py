"""What to do next is said in requests, not in tools, which a client of REST has not."""

import json
import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from httpx2 import AsyncClient

from claudetask_api.app import ROUTERS
from claudetask_api.over_rest import CALLS, over_rest
from tests.api.support import MakeTask

LISTING = Path(__file__).parents[1] / "mcp" / "tools_list.json"
TOOLS = [tool["name"] for tool in json.loads(LISTING.read_text("utf-8"))]


@pytest.mark.parametrize("tool", TOOLS)
def test_every_tool_has_a_request(tool: str) -> None:
    assert re.fullmatch(r"See it \([A-Z]+ /api/\S+\)\.", over_rest(f"See it ({tool})."))


@pytest.mark.parametrize("call", CALLS.values())
def test_every_request_is_one_of_the_api(call: str) -> None:
    method, path = call.removeprefix("check of ").replace(r"\1", "{task_id}").split(" ")
    routes = [r for router in ROUTERS for r in router.routes if isinstance(r, APIRoute)]
    assert any(route.path_format == path and method in (route.methods or ()) for route in routes)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("Read it with get_task(task_id=7).", "Read it with GET /api/tasks/7."),
        ("get_next_task(claim=true) takes it.", "POST /api/tasks/next takes it."),
        ("Check each (update_task, check).", "Check each (check of PUT /api/tasks/{task_id})."),
        ("my_list_tasks and list_tasks_of", "my_list_tasks and list_tasks_of"),
    ],
)
def test_a_step_is_put_into_requests(step: str, said: str) -> None:
    assert over_rest(step) == said


async def test_a_refusal_names_the_request_that_helps(
    client: AsyncClient, make_task: MakeTask
) -> None:
    missing = (await client.get("/api/tasks/9")).json()["detail"]
    assert missing == "There is no task #9. List the tasks (GET /api/tasks) to see which there are."
    await make_task("a")
    await client.put("/api/tasks/1/status", json={"status": "In Progress", "agent": "ann"})
    held = await client.put("/api/tasks/1/status", json={"status": "Testing", "agent": "ben"})
    assert "Take another with POST /api/tasks/next" in held.json()["detail"]
