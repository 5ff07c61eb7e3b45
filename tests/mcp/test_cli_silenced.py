"""`doctor` and `init` tell where lists of Claude Code's settings leave us out.

What each of them does was seen in runs of 2.1.197 and 2.1.332.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.services.setup import ground as setup_ground
from tests.mcp.support import Run

OURS = {"mcpServers": {"claudetask": {"command": sys.executable, "args": ["-m", "${WHAT:-x}"]}}}
COMMAND = [sys.executable, "-m", "x"]
BY_NAME = {"serverName": "claudetask"}
OTHER = {"serverName": "github"}


@pytest.fixture(autouse=True)
def managed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An administrator's folder."""
    folder = tmp_path / "managed"
    monkeypatch.setattr(setup_ground, "MANAGED", folder)
    return folder


def write(file: Path, said: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(said), "utf-8")
    return file


@pytest.fixture
def local(project: Path) -> Path:
    """A project with the server, and the file of one's own settings for it."""
    write(project / ".mcp.json", OURS)
    return project / ".claude" / "settings.local.json"


@pytest.mark.parametrize("entry", [BY_NAME, {"serverCommand": COMMAND}])
@pytest.mark.parametrize("name", ["managed-settings.json", "managed-settings.d/10-more.json"])
def test_a_list_of_an_administrators_that_denies_the_server_is_told(
    run: Run, managed: Path, local: Path, entry: object, name: str
) -> None:
    file = write(managed / name, {"deniedMcpServers": [OTHER, entry]})
    told = f"Claude Code was told not to use the server claudetask (deniedMcpServers in {file})"
    code, out, _ = run("doctor")
    assert code == 1
    assert f"wrong     {told}" in out
    assert f"Note: {told}" in run("init", "--dry-run")[1]


def test_a_list_of_ones_own_counts_too(run: Run, local: Path) -> None:
    write(local, {"deniedMcpServers": [BY_NAME], "allowedMcpServers": [BY_NAME]})
    assert f"(deniedMcpServers in {local})" in run("doctor")[1]


@pytest.mark.parametrize(
    ("allowed", "more", "is_told"),
    [
        ([OTHER], [], True),
        ([], [], True),
        ([BY_NAME], [], False),
        ([OTHER], [BY_NAME], False),
        ([{"serverCommand": COMMAND}], [], False),
        ([BY_NAME, {"serverCommand": ["x"]}], [], True),
        ([BY_NAME, {"serverUrl": "https://*"}], [], False),
        ([{"serverUrl": "https://*"}], [], True),
        (["claudetask", 5], [], True),
    ],
)
def test_lists_that_allow_others_alone_are_told(
    run: Run, managed: Path, local: Path, allowed: list[Any], more: list[Any], is_told: bool
) -> None:
    file = write(managed / "managed-settings.json", {"allowedMcpServers": allowed})
    write(local, {"allowedMcpServers": more} if more else {})
    told = f"uses only servers that allowedMcpServers names (in {file}), and claudetask is not"
    code, out, _ = run("doctor")
    assert (told in out) is is_told
    assert code == int(is_told)


def test_an_administrators_list_may_be_the_only_one(run: Run, managed: Path, local: Path) -> None:
    write(local, {"allowedMcpServers": [BY_NAME], "allowManagedMcpServersOnly": True})
    assert run("doctor")[0] == 0
    alone = {"allowManagedMcpServersOnly": True, "allowedMcpServers": [OTHER]}
    file = write(managed / "managed-settings.json", alone)
    assert f"allowedMcpServers names (in {file})" in run("doctor")[1]
    write(file, {"allowManagedMcpServersOnly": True})
    assert run("doctor")[0] == 0


def test_init_says_before_it_writes_that_the_server_would_not_be_used(
    run: Run, managed: Path, project: Path
) -> None:
    file = write(managed / "managed-settings.json", {"allowedMcpServers": [OTHER]})
    told = f"Note: Claude Code uses only servers that allowedMcpServers names (in {file})"
    for scope in ("project", "user"):
        shown = run("init", "--dry-run", "--scope", scope)[1]
        assert told in shown
        assert 'Add {"serverName": "claudetask"} there' in shown
    assert "Nothing is wrong." in run("doctor")[1]


def test_where_an_administrator_names_all_servers_ours_has_to_be_among_them(
    run: Run, managed: Path, local: Path
) -> None:
    file = write(managed / "managed-mcp.json", {"mcpServers": {"github": {"command": "gh"}}})
    code, out, _ = run("doctor")
    assert f"Claude Code uses the servers of {file} alone" in out
    assert code == 1
    write(file, OURS)
    code, out, _ = run("doctor")
    assert f"setup     {file} starts {sys.executable}\n" in out
    assert code == 0


@pytest.mark.parametrize("rule", ["mcp__claudetask", "mcp__claudetask__*", "mcp__*", "*"])
def test_a_rule_that_denies_all_of_the_tools_is_told(run: Run, local: Path, rule: str) -> None:
    write(local, {"permissions": {"deny": ["Bash(rm *)", rule, 5]}})
    code, out, _ = run("doctor")
    assert f"offers none of the tools ({rule} under permissions.deny in {local})" in out
    assert code == 1


def test_a_rule_that_denies_some_of_the_tools_is_shown_and_nothing_wrong(
    run: Run, local: Path
) -> None:
    some = "mcp__claudetask__delete_task"
    write(local, {"permissions": {"deny": [some, "mcp__claudetask__get_task(*)", "mcp__other__*"]}})
    code, out, _ = run("doctor")
    assert f"without the tools that are denied by {some} (permissions.deny in {local})\n" in out
    assert out.count("denied by") == 1
    assert code == 0


def test_the_plugins_server_has_another_name_that_no_list_can_allow(
    run: Run, managed: Path, project: Path
) -> None:
    settings = project / ".claude" / "settings.json"
    write(settings, {"enabledPlugins": {"claudetask@board": True}})
    file = write(managed / "managed-settings.json", {"allowedMcpServers": [BY_NAME]})
    told = f"(in {file}), and plugin:claudetask:claudetask is not among them."
    assert f"{told} Add its command as serverCommand there" in run("doctor")[1]
    write(file, {"deniedMcpServers": [BY_NAME]})
    assert "deniedMcpServers" not in run("doctor")[1]
    rule = "mcp__plugin_claudetask_claudetask"
    write(file, {"permissions": {"deny": [rule]}})
    assert f"offers none of the tools ({rule} " in run("doctor")[1]


def test_an_administrator_may_leave_hooks_to_themselves_and_decides_on_all(
    run: Run, managed: Path, local: Path
) -> None:
    run("init", "--hooks", "--yes")
    write(local, {"allowManagedHooksOnly": True})
    assert "no hooks" not in run("doctor")[1]
    file = write(managed / "managed-settings.json", {"allowManagedHooksOnly": True})
    assert f"runs no hooks here (allowManagedHooksOnly in {file})" in run("doctor")[1]
    write(local, {"disableAllHooks": True})
    write(file, {"disableAllHooks": False})
    assert "no hooks" not in run("doctor")[1]
