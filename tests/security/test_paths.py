"""No parameter that takes a path or a name leads out of the project, by words or by links."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from tests.faces.conftest import mcp_client, rest_client
from tests.support import in_own_task

SECRET = "kept-outside-of-the-project"
NEIGHBOUR = "a project-outside"
NAMES = [
    "../outside/secret",
    "../../outside/secret.md",
    f"../{NEIGHBOUR}/secret",
    "..\\..\\outside\\secret",
    "%2e%2e%2foutside%2fsecret",
    "a/../../../outside/secret",
    "\x00../outside/secret",
    "~/secret",
    "link",
    "link/secret",
    ".",
    "..",
    "",
]


@pytest.fixture
def outside(project: Path, own_home: Path) -> Path:
    """Secrets beside the project and in the home, and links to them in the project.

    The name of one folder begins with the project's: a check by `startswith` takes it for inside.
    """
    folder, neighbour = project.parent / "outside", project.parent / NEIGHBOUR
    assert neighbour.name.startswith(project.name)
    for place in (folder, neighbour, own_home):
        place.mkdir(exist_ok=True)
        for name in ("secret", "secret.md", "config.toml"):
            (place / name).write_text(f"---\nname: secret\ndescription: {SECRET}\n---\n{SECRET}\n")
    agents = project / ".claude" / "agents"
    agents.mkdir(parents=True)
    (agents / "link").symlink_to(neighbour)
    (agents / "link.md").symlink_to(neighbour / "secret.md")
    (project / "link").symlink_to(folder)
    (project / "link.py").symlink_to(folder / "secret")
    (project / "CLAUDE.md").write_text("# A\n@../outside/secret.md\n@link/secret.md\n@~/secret\n")
    (project / "CLAUDE.local.md").symlink_to(neighbour / "secret.md")
    return folder


def names(outside: Path) -> list[str]:
    return [*NAMES, str(outside / "secret"), str(outside / "secret.md")]


def state(*folders: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def tool_calls(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each parameter of a tool that names a file, an agent, a version or a place."""
    agent = {"description": "d", "prompt": "p"}
    yield "search_codebase", {"query": SECRET, "path": name, "detail": "full"}
    yield "get_agent", {"name": name}
    yield "save_agent", {"name": name, **agent}
    yield "save_agent", {"name": "good", "action": f"rename {name}", **agent}
    yield "save_agent", {"name": "good", "action": f"restore {name}"}
    yield "save_agent", {"name": name, "action": "restore last"}
    yield "save_agent", {"name": name, "action": "install"}
    yield "delete_agent", {"name": name}
    yield "read_claude_md", {"section": name}
    yield "read_claude_md", {"place": name}
    yield "read_claude_md", {"place": "local"}
    yield "read_claude_md", {"section": "*"}
    yield "update_claude_md", {"content": "# B\n", "place": name}
    yield "update_claude_md", {"content": "# B\n", "place": "local", "section": "A"}
    yield "update_claude_md", {"restore": name}
    yield "update_task", {"task_id": 1, "related_files": [name]}
    yield "get_task", {"task_id": 1, "pack": 8000}


async def test_no_tool_reads_or_writes_outside(core: Core, outside: Path, own_home: Path) -> None:
    before = state(outside, outside.with_name(NEIGHBOUR), own_home)
    async with in_own_task(mcp_client(core)) as client:
        await client.call_tool("create_task", {"title": "a"})
        for name in names(outside):
            for tool, arguments in tool_calls(name):
                if name in {"", SECRET} and tool == "search_codebase":
                    continue
                answer = await client.call_tool(tool, arguments)
                said = str([getattr(content, "text", "") for content in answer.content])
                assert SECRET not in said.replace(str(arguments), ""), (tool, arguments)
    assert state(outside, outside.with_name(NEIGHBOUR), own_home) == before


def requests(name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The same for the REST API: method, path and what goes with it."""
    coded = quote(name, safe="")
    agent = {"name": name, "description": "d", "prompt": "p"}
    for segment in {coded, quote(name)}:
        yield "GET", f"/api/agents/{segment}", {}
        yield "PUT", f"/api/agents/{segment}", {"json": {"prompt": "p"}}
        yield "DELETE", f"/api/agents/{segment}", {}
        yield "GET", f"/api/agents/{segment}/versions", {}
        yield "POST", f"/api/agents/{segment}/restore", {"json": {"version": "last"}}
        yield "GET", f"/api/jobs/{segment}", {}
        yield "GET", f"/dashboard/{segment}", {}
        yield "GET", f"/dashboard/js/{segment}", {}
    yield "POST", "/api/agents", {"json": agent}
    yield "POST", "/api/claude/config/restore", {"json": {"version": name}}
    yield "GET", "/api/search", {"params": {"query": "a", "path": name}}
    yield "PUT", "/api/tasks/1", {"json": {"related_files": [name]}}
    yield "POST", "/api/project/validate-path", {"json": {"path": name}}


async def test_no_request_reads_or_writes_outside(
    core: Core, outside: Path, own_home: Path
) -> None:
    before = state(outside, outside.with_name(NEIGHBOUR), own_home)
    async with rest_client(core) as client:
        await client.post("/api/tasks", json={"title": "a"})
        for name in names(outside):
            for method, path, more in requests(name):
                answer = await client.request(method, path, **more)
                assert SECRET not in answer.text, (method, path)
                assert answer.status_code < 500, (method, path, answer.text)
        settings = (await client.get("/api/project/settings")).text
        config = (await client.get("/api/claude/config")).text
    assert SECRET not in settings + config
    assert state(outside, outside.with_name(NEIGHBOUR), own_home) == before


@pytest.mark.parametrize("name", ["backups", "kept", "index", "claudetask.db", ".gitignore"])
async def test_no_part_of_the_board_may_be_a_link_that_leads_out(
    project: Path, tmp_path: Path, name: str, settings: Any
) -> None:
    from claudetask_core.core import open_core  # noqa: PLC0415 — beside its one use

    link = project / ".claudetask" / name
    link.unlink(missing_ok=True)
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DomainError) as refusal:
        async with open_core(settings, start=project, home=None):
            pass
    assert refusal.value.code == "board_leads_out"
    assert not os.path.lexists(tmp_path / "elsewhere")
