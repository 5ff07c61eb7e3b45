"""What starts us in a project beside its own `.mcp.json`: another scope's server, or the plugin.

One name has one server: of several scopes the client takes the narrowest. The plugin's server has
a name of its own and comes on top, unless both are started by the very same command.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claudetask_core.errors import DomainError
from claudetask_core.places import client_key
from claudetask_core.services.disk.files import look
from claudetask_core.services.disk.json_edit import parse
from claudetask_core.services.setup.ground import SERVER, Ground
from claudetask_core.services.setup.parts import SERVERS, has_hooks, members

MAX_BYTES = 64 * 1024 * 1024
"""Claude Code keeps what it knows of every project in the file with the user's servers."""
PROJECTS = "projects"
PLUGINS = "enabledPlugins"
VARIABLES = "env"
DECLINED = "disabledMcpjsonServers"
SWITCHED_OFF = "disabledMcpServers"
NO_HOOKS = "disableAllHooks"
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
    real client); one that cannot be read is left alone.

    Args:
        root: The project.
        own: The project's files.
        user: The user's.
        inherited: The variables of the environment that Claude Code is started in.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    known = _variables(user, inherited)
    found = [*_one(own.servers, "", _said(own, own.servers), known)]
    for folder in root.parents:
        above = folder / own.servers.name
        with suppress(DomainError):
            said = parse(above, look(folder, above, limit=MAX_BYTES).data or b"")
            found += _one(above, "", said, known)
    if user is not None:
        said = _said(user, user.servers)
        narrow = members(members(said, PROJECTS), client_key(str(root)))
        mine = _one(user.servers, " (for you, in this project)", narrow, known)
        found = [*mine, *found, *_one(user.servers, "", said, known)]
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


def given_up(user: Ground | None, now: float) -> tuple[Path, float] | None:
    """The file in which Claude Code notes that the plugin's server could not be started, and until
    when no session tries again; None where it does.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    if user is None:
        return None
    file = user.settings.with_name(GIVEN_UP)
    at = members(_said(user, file), PLUGIN_SERVER).get("timestamp")
    until = at / 1000 + GIVEN_UP_SECONDS if isinstance(at, int | float) else 0.0
    return (file, until) if now < until <= now + GIVEN_UP_SECONDS else None


def silenced(
    root: Path, own: Ground, user: Ground | None, *, hooked: bool = False
) -> Iterator[str]:
    """What it means that somebody told Claude Code to leave us alone, one sentence for each way.

    Args:
        root: The project.
        own: The project's files.
        user: The user's.
        hooked: Whether our hooks are about to be added.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    if (said := _declined(own, user)) is not None:
        yield said
    if user is not None:
        listed = members(members(_said(user, user.servers), PROJECTS), client_key(str(root))).get(
            SWITCHED_OFF
        )
        if isinstance(listed, list) and SERVER in listed:
            yield (
                f"The server {SERVER} is switched off for you in this project ({SWITCHED_OFF} in "
                f"{user.servers}). Enable it in Claude Code: /mcp."
            )
    file = _hooks_off(own, user)
    if file is not None and (hooked or plugin(own, user) or _has_hooks(own, user)):
        yield (
            f"Claude Code runs no hooks here ({NO_HOOKS} in {file}), so no session is told where "
            "the work stopped. Take that out there, or ask with /mcp__claudetask__resume."
        )


def _hooks_off(own: Ground, user: Ground | None) -> Path | None:
    """The file that says so; the narrowest one decides."""
    said = [(_said(ground, file).get(NO_HOOKS), file) for ground, file in _settings(own, user)]
    decided = [(value, file) for value, file in said if isinstance(value, bool)]
    return decided[-1][1] if decided and decided[-1][0] else None


def _has_hooks(own: Ground, user: Ground | None) -> bool:
    return any(has_hooks(_said(ground, file)) for ground, file in _settings(own, user))


def _variables(user: Ground | None, inherited: Mapping[str, str]) -> Mapping[str, str]:
    """What Claude Code knows when it reads who is to be started: a project's settings come later
    (seen in runs of the real client).
    """
    said = {} if user is None else members(_said(user, user.settings), VARIABLES)
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


def _declined(own: Ground, user: Ground | None) -> str | None:
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
                given=frozenset(members(entry, VARIABLES)),
                missing=_missing(entry, known),
            )
            return


def _missing(entry: Mapping[str, Any], known: Mapping[str, str]) -> tuple[str, ...]:
    named = (name for text in _texts(entry) for name in _NAMED.findall(text))
    return tuple(sorted({name for name in named if ":-" not in name and name not in known}))


def _said(ground: Ground, file: Path) -> dict[str, Any]:
    return parse(file, look(ground.within, file, limit=MAX_BYTES).data or b"")
