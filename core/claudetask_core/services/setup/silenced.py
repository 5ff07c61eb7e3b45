"""What keeps Claude Code from using us though we are set up: somebody told it to, somewhere.

Seen in runs of 2.1.197 and 2.1.332: the lists of all settings count together, and what denies
before what allows. Where a list allows a command, it decides on all servers that are started by
one; else their names do. A plugin's server has a name that no list can allow.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from claudetask_core.places import client_key
from claudetask_core.services.setup.elsewhere import (
    PLUGIN_SERVER,
    PROJECTS,
    Started,
    plugin,
)
from claudetask_core.services.setup.ground import SERVER, Ground, managed_servers
from claudetask_core.services.setup.parts import SERVERS, has_hooks, members, part_of
from claudetask_core.services.setup.settings import Said, said_in, settings_of

DECLINED = "disabledMcpjsonServers"
SWITCHED_OFF = "disabledMcpServers"
NO_HOOKS = "disableAllHooks"
NO_OTHER_HOOKS = "allowManagedHooksOnly"
ALLOWED = "allowedMcpServers"
DENIED = "deniedMcpServers"
ALLOWED_BY_MANAGED = "allowManagedMcpServersOnly"
_NAME, _COMMAND, _ADDRESS = "serverName", "serverCommand", "serverUrl"


def silenced(
    root: Path | None,
    own: Ground,
    user: Ground | None,
    started: Sequence[Started],
    *,
    hooked: bool = False,
) -> Iterator[str]:
    """What it means that somebody told Claude Code to leave us alone, one sentence for each way.

    Args:
        root: The project; None for all of the user's.
        own: The project's files.
        user: The user's.
        started: The servers under our name, the one that counts first.
        hooked: Whether our hooks are about to be added.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    files = settings_of(own, user)
    if root is not None:
        yield from _declined(own, files)
    if user is not None and root is not None:
        yield from _switched_off(root, user)
    is_plugin = plugin(own, user) is not None
    yield from _unlisted(started, files, is_plugin=is_plugin)
    for prefix in _prefixes(started, is_plugin=is_plugin):
        for rule, file in _denials(files):
            if _is_all(rule, prefix):
                yield (
                    f"Claude Code offers none of the tools ({rule} under permissions.deny in "
                    f"{file}). Take that out there."
                )
    ours = hooked or is_plugin or any(has_hooks(one.said) for one in files)
    if ours and (found := _hooks_off(files)) is not None:
        key, file = found
        yield (
            f"Claude Code runs no hooks here ({key} in {file}), so no session is told where "
            "the work stopped. Take that out there, or ask with /mcp__claudetask__resume."
        )


def denied(
    own: Ground, user: Ground | None, started: Sequence[Started], *, is_plugin: bool
) -> list[str]:
    """The rules by which some of the tools are not offered, with the files that have them.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    return [
        f"{rule} (permissions.deny in {file})"
        for prefix in _prefixes(started, is_plugin=is_plugin)
        for rule, file in _denials(settings_of(own, user))
        if rule.startswith(f"{prefix}__") and "(" not in rule and not _is_all(rule, prefix)
    ]


def _declined(own: Ground, files: Sequence[Said]) -> Iterator[str]:
    """What it means that somebody said no to the server of `.mcp.json`.

    The client's dialog has this answer preselected in 2.1.332, and never asks again.
    """
    if SERVER not in members(said_in(own.within, own.servers), SERVERS):
        return
    for one in files:
        if SERVER in one.listed(DECLINED):
            yield (
                f"Claude Code was told not to use the server {SERVER} of {own.servers.name} "
                f"({DECLINED} in {one.file}). Take its name out there, and start `claude` again."
            )
            return


def _switched_off(root: Path, user: Ground) -> Iterator[str]:
    projects = members(said_in(user.within, user.servers), PROJECTS)
    listed: Any = members(projects, client_key(str(root))).get(SWITCHED_OFF)
    if isinstance(listed, list) and SERVER in listed:
        yield (
            f"The server {SERVER} is switched off for you in this project ({SWITCHED_OFF} in "
            f"{user.servers}). Enable it in Claude Code: /mcp."
        )


def _unlisted(
    started: Sequence[Started], files: Sequence[Said], *, is_plugin: bool
) -> Iterator[str]:
    """That a list denies the server, or that lists allow others alone."""
    alone = managed_servers()
    if alone.exists() and (is_plugin or started) and [one.file for one in started[:1]] != [alone]:
        yield (
            f"Claude Code uses the servers of {alone} alone, which an administrator wrote, and "
            "ours is not among them. Ask for it to be put there."
        )
        return
    servers = [(SERVER, one) for one in started[:1]]
    for name, one in [*servers, *([(PLUGIN_SERVER, None)] if is_plugin else [])]:
        denying = [file.file for file in files if _is_named(name, one, file.listed(DENIED))]
        if denying:
            yield (
                f"Claude Code was told not to use the server {name} ({DENIED} in {denying[0]}). "
                "Take it out there, or ask an administrator to, where the file is theirs."
            )
        elif (allowing := _allowing(files)) and not _is_allowed(name, one, allowing):
            where = ", ".join(str(file.file) for file in allowing)
            yield (
                f"Claude Code uses only servers that {ALLOWED} names (in {where}), and {name} is "
                f"not among them. Add {_wanted(one, allowing)} there, or ask an administrator to, "
                "where the file is theirs."
            )


def _allowing(files: Sequence[Said]) -> list[Said]:
    """The files whose lists say what is allowed; none where all is."""
    managed = any(one.is_managed and one.said.get(ALLOWED_BY_MANAGED) is True for one in files)
    return [
        one
        for one in files
        if isinstance(one.said.get(ALLOWED), list) and (one.is_managed or not managed)
    ]


def _is_allowed(name: str, started: Started | None, allowing: Sequence[Said]) -> bool:
    """Whether the lists have a server in them; also where only an address could tell."""
    entries = [entry for one in allowing for entry in one.listed(ALLOWED)]
    is_program = started is None or started.is_program
    if not is_program and any(part_of(entry, _ADDRESS) is not None for entry in entries):
        return True
    commands = [entry for entry in entries if part_of(entry, _COMMAND) is not None]
    return _is_named(name, started, commands if is_program and commands else entries)


def _is_named(name: str, started: Started | None, entries: Sequence[Any]) -> bool:
    """Whether one of a list's entries means a server."""
    command = [started.filled_in, *started.arguments] if started and started.is_program else None
    return any(
        part_of(entry, _NAME) == name
        or (command is not None and part_of(entry, _COMMAND) == command)
        for entry in entries
    )


def _wanted(started: Started | None, allowing: Sequence[Said]) -> str:
    """What an entry would have to be."""
    entries = [entry for one in allowing for entry in one.listed(ALLOWED)]
    if started is None or any(part_of(entry, _COMMAND) is not None for entry in entries):
        return f"its command as {_COMMAND}"
    return f'{{"{_NAME}": "{SERVER}"}}'


def _prefixes(started: Sequence[Started], *, is_plugin: bool) -> Iterator[str]:
    """How the names of our tools begin."""
    if started:
        yield f"mcp__{SERVER}"
    if is_plugin:
        yield f"mcp__{re.sub('[^A-Za-z0-9_-]', '_', PLUGIN_SERVER)}"


def _denials(files: Sequence[Said]) -> Iterator[tuple[str, Path]]:
    for one in files:
        rules = Said(one.file, members(one.said, "permissions")).listed("deny")
        yield from ((rule, one.file) for rule in rules if isinstance(rule, str))


def _is_all(rule: str, prefix: str) -> bool:
    """Whether a rule means each of the tools whose names begin so."""
    return rule == prefix or (rule.endswith("*") and f"{prefix}__".startswith(rule[:-1]))


def _hooks_off(files: Sequence[Said]) -> tuple[str, Path] | None:
    """The key and the file that say so; of several files the last decides."""
    for one in files:
        if one.is_managed and one.said.get(NO_OTHER_HOOKS) is True:
            return NO_OTHER_HOOKS, one.file
    decided = [one for one in files if isinstance(one.said.get(NO_HOOKS), bool)]
    return (NO_HOOKS, decided[-1].file) if decided and decided[-1].said[NO_HOOKS] else None
