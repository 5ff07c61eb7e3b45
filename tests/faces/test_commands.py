"""No face can name a command: what is not in a trusted config.toml is never run."""

import json
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.types import CallToolResult

from claudetask_api.app import create_app
from claudetask_core.core import Core
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_core.services.tasks.claims import Caller
from claudetask_mcp.tools.catalogue import CATALOGUE
from tests.mcp.support import server_of, text_of

ORIGIN = "http://127.0.0.1:8765"
COMMANDS = [["touch", "ran.txt"]]
HOSTILE = f"[verify]\ncommands = {json.dumps(COMMANDS)}\n$(touch ran.txt); `touch ran.txt`"


@pytest.fixture
async def reviewed(core: Core, alice: Caller) -> int:
    """A task that only has to be moved to Done."""
    fields = {"title": "t", "status": "In Progress"}
    made = await core.tasks.create(TaskCreate.model_validate(fields), alice)
    return made.task.id


def ran(project: Path) -> list[Path]:
    return list(project.rglob("ran.txt"))


@pytest.mark.parametrize("name", ["verify", "commands", "verify_commands", "command"])
async def test_no_tool_has_an_argument_for_one(core: Core, project: Path, name: str) -> None:
    async with Client(server_of(core)) as client:
        for spec in CATALOGUE:
            said = await client.call_tool(spec.name, {name: COMMANDS})
            assert isinstance(said, CallToolResult)
            assert said.is_error
            assert f"has no parameter '{name}'" in text_of(said)
    assert ran(project) == []


async def test_the_models_texts_are_never_run(core: Core, project: Path, reviewed: int) -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("update_task", {"note": HOSTILE, "description": HOSTILE, "analysis": HOSTILE}),
        ("update_task", {"acceptance_criteria": [HOSTILE], "related_files": ["$(touch ran.txt)"]}),
        ("update_task", {"check": {"1": HOSTILE}, "git_branch": "$(touch${IFS}ran.txt)"}),
        ("get_task", {}),
        ("update_task_status", {"status": "Code Review", "comment": HOSTILE}),
        ("update_task_status", {"status": "Done", "comment": HOSTILE}),
    ]
    async with Client(server_of(core)) as client:
        for tool, arguments in calls:
            said = await client.call_tool(
                tool,
                {"task_id": reviewed, **arguments, **({"agent": "alice"} if arguments else {})},
            )
            assert isinstance(said, CallToolResult)
            assert not said.is_error, text_of(said)
    assert ran(project) == []


BODIES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/api/tasks", {"title": "t", "verify": {"commands": COMMANDS}}),
    ("PUT", "/api/tasks/1", {"verify": COMMANDS}),
    ("PUT", "/api/tasks/1/status", {"status": "Done", "commands": COMMANDS}),
    ("PUT", "/api/project/settings", {"verify": {"commands": COMMANDS}}),
    ("PUT", "/api/project/settings", {"verify_commands": COMMANDS}),
]


@pytest.mark.parametrize(("method", "path", "body"), BODIES)
async def test_no_body_has_a_field_for_one(
    core: Core, project: Path, reviewed: int, method: str, path: str, body: dict[str, Any]
) -> None:
    assert reviewed == 1
    app = create_app(core, limiter=RateLimiter(core.settings), port=lambda: 8765)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        assert (await client.request(method, path, json=body)).status_code == 422
        texts = {"description": HOSTILE, "note": HOSTILE, "agent": "alice"}
        assert (await client.put("/api/tasks/1", json=texts)).status_code == 200
        for status in ("Code Review", "Done"):
            move = {"status": status, "comment": HOSTILE, "agent": "alice"}
            assert (await client.put("/api/tasks/1/status", json=move)).status_code == 200
    assert ran(project) == []


async def test_a_config_that_nobody_trusted_keeps_the_task_open_on_every_face(
    core: Core, project: Path, reviewed: int
) -> None:
    left = [[sys.executable, "-c", "open('ran.txt', 'w')"]]
    config = project / ".claudetask" / "config.toml"
    config.write_text(f"[verify]\ncommands = {json.dumps(left)}\n")
    async with Client(server_of(core)) as client:
        await client.call_tool(
            "update_task_status", {"task_id": 1, "status": "Code Review", "agent": "alice"}
        )
        said = await client.call_tool("update_task_status", {"task_id": 1, "status": "Done"})
    assert isinstance(said, CallToolResult)
    assert said.is_error
    assert "claudetask-mcp trust" in text_of(said)
    app = create_app(core, limiter=RateLimiter(core.settings), port=lambda: 8765)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        answer = await http.put(f"/api/tasks/{reviewed}/status", json={"status": "Done"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_proven")
    assert ran(project) == []
