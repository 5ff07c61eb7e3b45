"""What starts us in a project beside its own `.mcp.json`: another scope's server, or the plugin.

One name has one server: of several scopes the client takes the narrowest. The plugin's server has
a name of its own and comes on top, unless both are started by the very same command.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from claudetask_core.errors import DomainError
from claudetask_core.places import client_key
from claudetask_core.services.disk.files import look
from claudetask_core.services.disk.json_edit import parse
from claudetask_core.services.setup.ground import (
    SERVER,
    Ground,
    Launch,
    managed_folder,
    managed_servers,
)
from claudetask_core.services.setup.parts import SERVERS, members
from claudetask_core.services.setup.settings import MAX_BYTES, said_in, settings_of

PROJECTS = "projects"
PLUGINS = "enabledPlugins"
VARIABLES = "env"
PLUGIN = "claudetask@"
"""How the plugin is called, before the name of the marketplace that it came from."""
PLUGIN_SERVER = f"plugin:{SERVER}:{SERVER}"
PLUGIN_RUNNER = "uvx"
GIVEN_UP = "mcp-needs-auth-cache.json"
GIVEN_UP_SECONDS = 15 * 60
"""Seen in runs of the real client, which keeps this of a plugin's servers alone."""
_NAMED = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Started:
    """One way in which Claude Code reaches us: the file that says so, for whom, what it names."""

    file: Path
    whose: str
    command: str
    is_program: bool
    filled_in: str
    """The command or address with the values of the variables that it names; may hold secrets."""
    arguments: tuple[str, ...] = ()
    """What the command is given, with those values too."""
    given: frozenset[str] = frozenset()
    """The variables that this server alone is given."""
    missing: tuple[str, ...] = ()
    """The variables that the entry names and nobody sets: the client leaves `${NAME}` there."""

    def __str__(self) -> str:
        verb = "starts" if self.is_program else "connects to"
        return f"{self.file}{self.whose} {verb} {self.command}"


def servers(
    root: Path, own: Ground, user: Ground | None, inherited: Mapping[str, str]
) -> list[Started]:
    """Every server under our name that Claude Code knows of in a project, the narrowest first.

    The `.mcp.json` of a folder above counts too, also beyond the repository (seen in runs of the
    real client); one that cannot be read is left alone. An administrator's goes before all.

    Args:
        root: The project.
        own: The project's files.
        user: The user's.
        inherited: The variables of the environment that Claude Code is started in.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    known = _variables(user, inherited)
    found = [*_one(own.servers, "", said_in(own.within, own.servers), known)]
    for folder in root.parents:
        above = folder / own.servers.name
        with suppress(DomainError):
            said = parse(above, look(folder, above, limit=MAX_BYTES).data or b"")
            found += _one(above, "", said, known)
    if user is not None:
        said = said_in(user.within, user.servers)
        narrow = members(members(said, PROJECTS), client_key(str(root)))
        mine = _one(user.servers, " (for you, in this project)", narrow, known)
        found = [*mine, *found, *_one(user.servers, "", said, known)]
    alone = managed_servers()
    return [*_one(alone, "", said_in(managed_folder(), alone), known), *found]


def planned(own: Ground, launch: Launch) -> Started:
    """The server that is about to be put into the files of a scope."""
    return Started(
        file=own.servers,
        whose="",
        command=launch.command,
        is_program=True,
        filled_in=launch.command,
        arguments=tuple(cast("list[str]", launch.entry["args"])),
    )


def plugin(own: Ground, user: Ground | None) -> tuple[str, Path] | None:
    """The plugin, where it is enabled, and the file that says so; the narrowest one decides.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    on: dict[str, tuple[object, Path]] = {}
    for one in settings_of(own, user):
        listed = members(one.said, PLUGINS)
        on |= {name: (value, one.file) for name, value in listed.items() if name.startswith(PLUGIN)}
    return next(((name, file) for name, (value, file) in on.items() if value is True), None)


def given_up(user: Ground | None, now: float) -> tuple[Path, float] | None:
    """The file in which Claude Code notes that the plugin's server could not be started, and until
    when no session tries again; None where it does.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    if user is None:
        return None
    file = user.settings.with_name(GIVEN_UP)
    at = members(said_in(user.within, file), PLUGIN_SERVER).get("timestamp")
    until = at / 1000 + GIVEN_UP_SECONDS if isinstance(at, int | float) else 0.0
    return (file, until) if now < until <= now + GIVEN_UP_SECONDS else None


def _variables(user: Ground | None, inherited: Mapping[str, str]) -> Mapping[str, str]:
    """What Claude Code knows when it reads who is to be started: a project's settings come later
    (seen in runs of the real client).
    """
    said = {} if user is None else members(said_in(user.within, user.settings), VARIABLES)
    return {**inherited, **{name: text for name, text in said.items() if isinstance(text, str)}}


def _filled_in(text: str, known: Mapping[str, str]) -> str:
    """With the values of `${NAME}` and `${NAME:-default}`, as far as there are any."""

    def value(found: re.Match[str]) -> str:
        name, has_default, default = found[1].partition(":-")
        return known.get(name, default if has_default else found[0])

    return _NAMED.sub(value, text)


def _texts(value: Any) -> Iterator[str]:
    """All texts in a server's entry."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left += one.values()
        elif isinstance(one, list):
            left += one


def given_to_all(own: Ground, user: Ground | None) -> set[str]:
    """The variables that Claude Code gives to whatever it starts: servers, hooks and shells.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    return {name for one in settings_of(own, user) for name in members(one.said, VARIABLES)}


def twice(name: str, file: Path) -> str:
    """What it means to have the plugin and a server."""
    return (
        f"With the plugin {name} (enabled in {file}) and a server of the same program, tools and "
        f"hooks are there twice. Keep one: `claude plugin uninstall {name}`, or "
        "`claudetask-mcp uninstall`."
    )


def _one(
    file: Path, whose: str, said: Mapping[str, Any], known: Mapping[str, str]
) -> Iterator[Started]:
    entry = members(members(said, SERVERS), SERVER)
    for key in ("command", "url"):
        if isinstance(entry.get(key), str):
            yield Started(
                file=file,
                whose=whose,
                command=entry[key],
                is_program=key == "command",
                filled_in=_filled_in(entry[key], known),
                arguments=_arguments(entry, known),
                given=frozenset(members(entry, VARIABLES)),
                missing=_missing(entry, known),
            )
            return


def _arguments(entry: Mapping[str, Any], known: Mapping[str, str]) -> tuple[str, ...]:
    given = cast("list[object]", entry["args"]) if isinstance(entry.get("args"), list) else []
    return tuple(_filled_in(str(one), known) for one in given)


def _missing(entry: Mapping[str, Any], known: Mapping[str, str]) -> tuple[str, ...]:
    named = (name for text in _texts(entry) for name in _NAMED.findall(text))
    return tuple(sorted({name for name in named if ":-" not in name and name not in known}))
