"""What starts us in a project beside its own `.mcp.json`: another scope's server, or the plugin.

One name has one server: of several scopes the client takes the narrowest. The plugin's server has
a name of its own and comes on top, unless both are started by the very same command.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claudetask_core.places import LINK, git_folders
from claudetask_core.services.disk.files import look
from claudetask_core.services.disk.json_edit import parse
from claudetask_core.services.setup.ground import SERVER, Ground
from claudetask_core.services.setup.parts import SERVERS, members

MAX_BYTES = 64 * 1024 * 1024
"""Claude Code keeps what it knows of every project in the file with the user's servers."""
PROJECTS = "projects"
PLUGINS = "enabledPlugins"
VARIABLES = "env"
DECLINED = "disabledMcpjsonServers"
PLUGIN = "claudetask@"
"""How the plugin is called, before the name of the marketplace that it came from."""


@dataclass(frozen=True)
class Started:
    """One way in which Claude Code reaches us: the file that says so, for whom, what it names."""

    file: Path
    whose: str
    command: str
    is_program: bool
    given: frozenset[str] = frozenset()
    """The variables that this server alone is given."""

    def __str__(self) -> str:
        verb = "starts" if self.is_program else "connects to"
        return f"{self.file}{self.whose} {verb} {self.command}"


def servers(root: Path, own: Ground, user: Ground | None) -> list[Started]:
    """Every server under our name that Claude Code knows of in a project, the narrowest first.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    found = [*_one(own, "", _said(own, own.servers))]
    if user is not None:
        said = _said(user, user.servers)
        narrow = members(members(said, PROJECTS), _key(root))
        found = [*_one(user, " (for you, in this project)", narrow), *found, *_one(user, "", said)]
    return found


def plugin(own: Ground, user: Ground | None) -> tuple[str, Path] | None:
    """The plugin, where it is enabled, and the file that says so; the narrowest one decides.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    on: dict[str, tuple[object, Path]] = {}
    for ground, file in _settings(own, user):
        listed = members(_said(ground, file), PLUGINS)
        on |= {name: (value, file) for name, value in listed.items() if name.startswith(PLUGIN)}
    return next(((name, file) for name, (value, file) in on.items() if value is True), None)


def declined(own: Ground, user: Ground | None) -> str | None:
    """What it means that somebody said no to the server of `.mcp.json`; None where nobody did.

    The client's dialog has this answer preselected in 2.1.332, and never asks again.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    if SERVER not in members(_said(own, own.servers), SERVERS):
        return None
    for ground, file in _settings(own, user):
        listed = _said(ground, file).get(DECLINED)
        if isinstance(listed, list) and SERVER in listed:
            return (
                f"Claude Code was told not to use the server {SERVER} of {own.servers.name} "
                f"({DECLINED} in {file}). Take its name out there, and start `claude` again."
            )
    return None


def given_to_all(own: Ground, user: Ground | None) -> set[str]:
    """The variables that Claude Code gives to whatever it starts: servers, hooks and shells.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    files = _settings(own, user)
    return {name for ground, file in files for name in members(_said(ground, file), VARIABLES)}


def twice(name: str, file: Path) -> str:
    """What it means to have the plugin and a server."""
    return (
        f"With the plugin {name} (enabled in {file}) and a server of the same program, tools and "
        f"hooks are there twice. Keep one: `claude plugin uninstall {name}`, or "
        "`claudetask-mcp uninstall`."
    )


def _settings(own: Ground, user: Ground | None) -> Iterator[tuple[Ground, Path]]:
    """The files with settings, the widest first."""
    if user is not None:
        yield user, user.settings
    yield own, own.settings
    if own.approvals is not None:
        yield own, own.approvals


def _one(ground: Ground, whose: str, said: Mapping[str, Any]) -> Iterator[Started]:
    entry = members(members(said, SERVERS), SERVER)
    for key in ("command", "url"):
        if isinstance(entry.get(key), str):
            given = frozenset(members(entry, VARIABLES))
            yield Started(ground.servers, whose, entry[key], key == "command", given)
            return


def _key(root: Path) -> str:
    """The folder under which Claude Code keeps what is for a project: the main worktree's."""
    top, common = git_folders(str(root))
    if common is not None and Path(common).name == LINK:
        return str(Path(common).parent)
    return top or str(root)


def _said(ground: Ground, file: Path) -> dict[str, Any]:
    return parse(file, look(ground.base, file, limit=MAX_BYTES).data or b"")
