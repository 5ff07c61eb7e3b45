"""What agent files may name: MCP servers and skills, as Claude Code would find them.

Only read, and only names are taken: of a server not its command, of a settings file nothing.
What cannot be read is answered as unknown, which no rule complains about.
"""

import json
import re
from pathlib import Path
from typing import Any, cast

from claudetask_core.errors import DomainError
from claudetask_core.home import Home
from claudetask_core.places import client_key
from claudetask_core.services.agents.folders import above
from claudetask_core.services.disk.files import is_there, look

_MAX_SKILLS = 1000
BUILT_IN_SKILLS = frozenset(
    {
        "batch",
        "claude-api",
        "code-review",
        "debug",
        "deep-research",
        "fewer-permission-prompts",
        "keybindings-help",
        "loop",
        "run",
        "run-skill-generator",
        "simplify",
        "update-config",
        "verify",
    }
)


def servers_of(root: Path, home: Home | None) -> frozenset[str] | None:
    """The names under which the tools of configured MCP servers are offered in this project."""
    names: set[str] = set()
    key = client_key(str(root))
    for folder in (root, *root.parents):
        names |= _keys(_read(folder, folder / ".mcp.json"), "mcpServers")
    if home is not None:
        said = _read(home.state.parent, home.state)
        if said is None and is_there(home.state, unknown=True):
            return None
        projects = said.get("projects") if said else None
        here: Any = cast("dict[str, Any]", projects).get(key) if _is_map(projects) else None
        names |= _keys(said, "mcpServers") | _keys(here, "mcpServers")
    return frozenset(re.sub(r"[^A-Za-z0-9_-]", "_", name) for name in names)


def skills_of(root: Path, home: Home | None) -> frozenset[str] | None:
    """The names of the skills and commands of the project, of its user, and of Claude Code."""
    names = set(BUILT_IN_SKILLS)
    folders = [base / ".claude" for base in (root, *above(root, home))]
    for folder in folders if home is None else (*folders, home.client):
        names |= _skills(folder / "skills") | _commands(folder / "commands")
    return frozenset(names)


def _skills(folder: Path) -> set[str]:
    try:
        found = [entry for entry in sorted(folder.iterdir()) if (entry / "SKILL.md").is_file()]
    except OSError:
        return set()
    return {entry.name for entry in found[:_MAX_SKILLS]}


def _commands(folder: Path) -> set[str]:
    try:
        return {path.stem for path in sorted(folder.glob("*.md"))[:_MAX_SKILLS]}
    except OSError:
        return set()


def _read(base: Path, path: Path) -> dict[str, Any] | None:
    try:
        data = look(base, path).data
        said = json.loads(data) if data else None
    except (DomainError, ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", said) if _is_map(said) else None


def _keys(said: Any, key: str) -> set[str]:
    inner: Any = cast("dict[str, Any]", said).get(key) if _is_map(said) else None
    return {str(name) for name in cast("dict[str, Any]", inner)} if _is_map(inner) else set()


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)
