"""What others install us by names this very version, and this very program."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from claudetask_core import __version__
from claudetask_core.config import ENV_PREFIX, Settings
from claudetask_mcp.cli import parser
from tools.manifests import ROOT, VERSIONED, versions, wanted

CLAUDE = os.environ.get("CLAUDE_BIN") or shutil.which("claude")
MCPB = os.environ.get("MCPB_BIN") or shutil.which("mcpb")


def read(name: str) -> Any:
    return json.loads((ROOT / name).read_text("utf-8"))


def test_every_manifest_is_as_the_program_says() -> None:
    """`python -m tools.manifests` writes them anew."""
    stale = [str(path.relative_to(ROOT)) for path, data in wanted() if path.read_bytes() != data]
    assert stale == []


def test_every_file_that_names_a_version_names_this_one() -> None:
    found = list(versions())
    assert {name for name, _ in found} == set(VERSIONED)
    assert {version for _, version in found} == {__version__}
    assert len(found) == 11


def test_no_agent_of_the_plugin_stands_there_that_has_no_template() -> None:
    names = {path for path, _ in wanted()}
    assert set((ROOT / "plugin" / "agents").iterdir()) <= names


def test_the_plugins_hooks_and_server_start_what_the_command_line_knows() -> None:
    server = read("plugin/.mcp.json")["mcpServers"]["claudetask"]
    started = [server["command"], *server["args"]]
    hooks = read("plugin/hooks/hooks.json")["hooks"]
    assert set(hooks) == {"SessionStart", "PreCompact"}
    for groups in hooks.values():
        words = groups[0]["hooks"][0]["command"].split()
        assert words[: len(started)] == started
        assert parser().parse_args(words[len(started) :]).command == "prime"


def test_the_registrys_entry_keeps_the_registrys_rules() -> None:
    entry = read("server.json")
    assert len(entry["description"]) <= 100
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", entry["name"])
    [package] = entry["packages"]
    assert (package["registryType"], package["transport"]) == ("pypi", {"type": "stdio"})
    for variable in package["environmentVariables"]:
        assert variable["name"].removeprefix(ENV_PREFIX).lower() in Settings.model_fields
    # the registry looks for this line in the package's description to see that both are one's own
    assert f"mcp-name: {entry['name']}" in (ROOT / "README.md").read_text("utf-8")


def test_the_bundle_starts_the_program_in_the_project_that_was_chosen() -> None:
    manifest = read("mcpb/manifest.json")
    arguments = manifest["server"]["mcp_config"]["args"]
    assert arguments[-2:] == ["--project", "${user_config.project}"]
    assert manifest["server"]["entry_point"] in arguments
    assert (ROOT / "mcpb" / manifest["server"]["entry_point"]).is_file()
    listed = {tool["name"] for tool in read("tests/mcp/tools_list.json")}
    assert {tool["name"] for tool in manifest["tools"]} == listed


def test_container_and_compose_name_only_settings_that_exist() -> None:
    container = (ROOT / "Dockerfile").read_text("utf-8")
    compose = (ROOT / "compose.yaml").read_text("utf-8")
    named = set(re.findall(rf"\b{ENV_PREFIX}([A-Z_]+)\b", container + compose)) - {"VERSION"}
    assert named
    assert named <= {name.upper() for name in Settings.model_fields}
    services = YAML(typ="safe").load(compose)["services"]  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] — any YAML
    assert services["claudetask"]["ports"] == ["127.0.0.1:8765:8765"]
    assert 'ENTRYPOINT ["claudetask-mcp"]' in container
    health = re.search(r"^HEALTHCHECK.*\n *CMD (.*)$", container, re.MULTILINE)
    assert health is not None
    assert f"os.environ['{ENV_PREFIX}PORT']" in health[1]
    assert "chmod 1777 /board" in container, "compose.yaml lets the repository's owner run it"
    folders = re.findall(r"^COPY (?!--)(.*) \S+$", container, re.MULTILINE)
    for name in " ".join(folders).split():
        assert (ROOT / name).exists()
        assert f"!{name}" in (ROOT / ".dockerignore").read_text("utf-8").splitlines()


@pytest.mark.slow
@pytest.mark.skipif(CLAUDE is None, reason="Claude Code is not installed")
@pytest.mark.parametrize("folder", ["plugin", "."])
def test_claude_code_itself_finds_nothing_wrong(folder: str, tmp_path: Path) -> None:
    assert CLAUDE is not None
    done = subprocess.run(
        [CLAUDE, "plugin", "validate", "--strict", str(ROOT / folder)],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DISABLE_AUTOUPDATER": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.skipif(MCPB is None, reason="@anthropic-ai/mcpb is not installed")
def test_the_bundles_own_tool_finds_nothing_wrong() -> None:
    assert MCPB is not None
    done = subprocess.run(
        [MCPB, "validate", str(ROOT / "mcpb")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
