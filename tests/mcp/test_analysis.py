"""An analysis as a client follows it, with a stand-in for Claude Code."""

import json
import sys
from pathlib import Path

import pytest
from mcp import Client

from claudetask_core.config import Settings
from claudetask_core.core import Core
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.tasks.claims import Caller
from claudetask_mcp.server import Server
from tests.mcp.support import answer

ANSWER = {
    "summary": "s",
    "approach": ["a"],
    "files": [],
    "risks": [],
    "acceptance_criteria": [],
    "size": "S",
}
RESULT = {"type": "result", "subtype": "success", "num_turns": 2, "total_cost_usd": 0.5}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    line = json.dumps({**RESULT, "structured_output": ANSWER})
    client = tmp_path / "claude"
    client.write_text(f"#!{sys.executable} -IS\nimport sys\nsys.stdin.read()\nprint({line!r})\n")
    client.chmod(0o700)
    return Settings(rate_limit_enabled=False, claude_bin=str(client), index_watch=False)


async def test_a_caller_that_waits_hears_how_far_it_is_and_gets_the_end(
    core: Core, server: Server, alice: Caller
) -> None:
    task = (await core.tasks.create(TaskCreate(title="Fix the login"), alice)).task
    heard: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(progress)

    async with Client(server) as client:
        arguments = {"task_id": task.id, "wait": True}
        result = await client.call_tool("analyze_task", arguments, progress_callback=hear)
        assert "Analysis of #1 succeeded" in str(result.content)
        assert "2 turns, 0.50 USD" in str(result.content)
        assert heard == sorted(set(heard))
        assert heard[-1] == 1.0
        assert "claude-code" in await answer(client, "analyze_task", task_id=task.id)
        (job,) = await core.analysis.unfinished()
        read = await client.read_resource(f"claudetask://jobs/{job.id}")
        assert job.id in str(read.contents)
