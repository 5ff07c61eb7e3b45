"""The configuration files that people copy."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

ROOT = Path(__file__).parents[2]


def server(file: str) -> dict[str, object]:
    return json.loads((ROOT / file).read_text("utf-8"))["mcpServers"]["claudetask"]


@pytest.mark.slow
async def test_the_project_example_starts_a_server_that_answers(
    tmp_path: Path, own_home: Path
) -> None:
    entry = server("mcp.example.json")
    beside = Path(sys.executable).parent
    command = shutil.which(str(entry["command"]), path=str(beside))
    assert command is not None, "the console script is not installed"
    assert entry["args"] == []
    parameters = StdioServerParameters(
        command=command, args=[], cwd=str(tmp_path), env={"HOME": str(own_home)}
    )
    async with Client(parameters) as client:
        tools = await client.list_tools()
        assert {"get_next_task", "search_codebase"} <= {tool.name for tool in tools.tools}


def test_the_desktop_example_names_the_same_program_and_a_project() -> None:
    entry = server("claude_desktop_config.example.json")
    assert entry["command"] == server("mcp.example.json")["command"]
    assert entry["args"] == ["--project", "/absolute/path/to/your/project"]
