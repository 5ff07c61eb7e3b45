"""The files by which others install us, kept in step with the program.

    python -m tools.manifests

writes the version of the package into each, the plugin's agents out of the templates that come
with the program, and the bundle's list of tools out of what the server lists. Tests compare.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from claudetask_core import __version__
from claudetask_core.services.agents.templates import TEMPLATES, template

ROOT = Path(__file__).parents[2]
LISTING = ROOT / "tests" / "mcp" / "tools_list.json"
VERSIONED = (
    "plugin/.claude-plugin/plugin.json",
    "plugin/.mcp.json",
    "plugin/hooks/hooks.json",
    ".claude-plugin/marketplace.json",
    "mcpb/manifest.json",
    "mcpb/pyproject.toml",
    "server.json",
    "Dockerfile",
)
VERSION = re.compile(
    r'(?P<before>"version": "|\bversion = "|claudetask-mcp(?:@|==)|CLAUDETASK_VERSION=)'
    r"(?P<version>[0-9][0-9A-Za-z.+-]*)"
)
IN_PROJECT = "mcp__claudetask__"
IN_PLUGIN = "mcp__plugin_claudetask_claudetask__"
"""Claude Code names a plugin's tools after the plugin as well as the server."""


def wanted() -> Iterator[tuple[Path, bytes]]:
    """Every file as it should be."""
    for name in VERSIONED:
        text = (ROOT / name).read_text("utf-8")
        if name == "mcpb/manifest.json":
            text = _with_tools(text)
        yield ROOT / name, VERSION.sub(rf"\g<before>{__version__}", text).encode()
    for name in TEMPLATES:
        agent = template(name).decode().replace(IN_PROJECT, IN_PLUGIN)
        yield ROOT / "plugin" / "agents" / f"{name}.md", agent.encode()


def versions() -> Iterator[tuple[str, str]]:
    """Every version that a file names."""
    for name in VERSIONED:
        for found in VERSION.finditer((ROOT / name).read_text("utf-8")):
            yield name, found["version"]


def _with_tools(text: str) -> str:
    manifest: dict[str, Any] = json.loads(text)
    listed: list[dict[str, Any]] = json.loads(LISTING.read_text("utf-8"))
    manifest["tools"] = [
        {"name": tool["name"], "description": _first_sentence(tool["description"])}
        for tool in listed
    ]
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[a-z)])\. ", text, maxsplit=1)[0].rstrip(".")
