"""The configuration files that people copy."""

import json
import os
import shutil
import subprocess
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


CLAUDE = os.environ.get("CLAUDE_BIN") or shutil.which("claude")


@pytest.mark.slow
@pytest.mark.skipif(CLAUDE is None, reason="Claude Code is not installed")
@pytest.mark.parametrize("options", [["--approve"], ["--scope", "user"]])
def test_after_init_claude_code_itself_says_connected(tmp_path: Path, options: list[str]) -> None:
    assert CLAUDE is not None
    home, project = tmp_path / "home", tmp_path / "shop"
    home.mkdir()
    trusted = {"projects": {str(project): {"hasTrustDialogAccepted": True}}}
    (home / ".claude.json").write_text(
        json.dumps(trusted)
    )  # 2.1.207 and later heed no other folder's answer
    (project / "src").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(project)], check=True, timeout=20)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "DISABLE_AUTOUPDATER": "1"}

    def run(folder: Path, *command: str) -> str:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=True,
        )
        return done.stdout

    program = str(Path(sys.executable).parent / "claudetask-mcp")
    run(project / "src", program, "init", "--yes", *options)
    assert "✔ Connected" in run(project, CLAUDE, "mcp", "list")
    run(project, program, "uninstall", "--yes", *(options if "--scope" in options else []))
    assert "No MCP servers configured" in run(project, CLAUDE, "mcp", "list")
    assert sorted(path.name for path in project.iterdir()) == [".git", "src"]
