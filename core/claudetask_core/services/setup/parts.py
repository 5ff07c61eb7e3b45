"""The parts that `init` adds to Claude Code's files, each with how it is found again."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from claudetask_core.services.disk.json_edit import APPEND, Insertion, add, parse, remove
from claudetask_core.services.setup.ground import SERVER, Launch

SERVERS = "mcpServers"
HOOKS = "hooks"
EVENTS = ("SessionStart", "PreCompact")
APPROVED = "enabledMcpjsonServers"
HOOK_SECONDS = 10
_PROGRAM = re.compile(r"claudetask[-_]mcp")
_OURS = re.compile(r"(^|[\s/\\'\"])claudetask[-_]mcp(\.exe)?['\"]? prime(\s+--project\s.*)?\s*$")


@dataclass(frozen=True)
class Added:
    """A file's new contents, what was put in, and which containers were not there before."""

    data: bytes
    parts: tuple[Insertion, ...] = ()
    made: tuple[tuple[str, ...], ...] = ()


def with_server(path: Path, data: bytes, launch: Launch) -> Added:
    """Has the server started by its name; an entry that is there stays as it is."""
    if SERVER in members(parse(path, data), SERVERS):
        return Added(data)
    return _added(path, Added(data), (SERVERS, SERVER), launch.entry)


def server_of(path: Path, data: bytes) -> Any:
    """The entry under our name, or None."""
    return members(parse(path, data), SERVERS).get(SERVER)


def with_hooks(path: Path, data: bytes, launch: Launch) -> Added:
    """Tells a new or compacted session where the work stopped, once."""
    hook = {"type": "command", "command": launch.hook, "timeout": HOOK_SECONDS}
    added = Added(data)
    for event in EVENTS:
        if not any(steps[1] == event for steps in _our_hooks(parse(path, added.data))):
            added = _added(path, added, (HOOKS, event, APPEND), {"hooks": [hook]})
    return added


def with_approval(path: Path, data: bytes) -> Added:
    """Answers for one person that the project's server may be started."""
    said: Any = parse(path, data).get(APPROVED)
    if isinstance(said, list) and SERVER in said:
        return Added(data)
    return _added(path, Added(data), (APPROVED, APPEND), SERVER)


def starts_us(entry: Any) -> bool:
    """Whether an entry that nobody recorded is one of ours, by the program that it names."""
    arguments = _list(part_of(entry, "args"))
    return any(_PROGRAM.search(str(word)) for word in (part_of(entry, "command"), *arguments))


def without_server(path: Path, data: bytes) -> bytes:
    there = SERVER in members(parse(path, data), SERVERS)
    return remove(data, (SERVERS, SERVER)) if there else data


def without_hooks(path: Path, data: bytes) -> bytes:
    for steps in reversed(list(_our_hooks(parse(path, data)))):
        data = remove(data, steps)
    return data


def has_hooks(said: Mapping[str, Any]) -> bool:
    return any(_our_hooks(said))


def without_approval(path: Path, data: bytes) -> bytes:
    said: Any = parse(path, data).get(APPROVED)
    listed = cast("list[Any]", said) if isinstance(said, list) else []
    for index in reversed(range(len(listed))):
        if listed[index] == SERVER:
            data = remove(data, (APPROVED, index))
    return data


def without_empty(path: Path, data: bytes, made: Sequence[tuple[str, ...]]) -> bytes:
    """Takes the containers out that were made and hold nothing any more, the innermost first."""
    for steps in sorted(set(made), key=len, reverse=True):
        here: Any = parse(path, data)
        for step in steps:
            here = part_of(here, step)
        if here in ({}, []):
            data = remove(data, steps)
    return data


def _added(path: Path, before: Added, steps: tuple[str, ...], value: Any) -> Added:
    data, part = add(path, before.data, steps, value)
    made = tuple(steps[:depth] for depth in range(1, len(steps)))
    said = parse(path, before.data)
    new = tuple(one for one in made if not _reached(said, one))
    return Added(data, (*before.parts, part), (*before.made, *new))


def _reached(said: Any, steps: Sequence[str]) -> bool:
    for step in steps:
        if not isinstance(said, dict) or step not in said:
            return False
        said = cast("dict[str, Any]", said)[step]
    return True


def members(said: Mapping[str, Any], key: str) -> dict[str, Any]:
    """An object in an object; nothing where there is none."""
    found = said.get(key)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _our_hooks(said: Mapping[str, Any]) -> Iterator[tuple[str | int, ...]]:
    """The paths to our hooks, of whatever event; to the group where it holds nothing else."""
    for event, groups in members(said, HOOKS).items():
        for at, group in enumerate(_list(groups)):
            hooks = _list(part_of(group, HOOKS))
            ours = [index for index, hook in enumerate(hooks) if _is_ours(hook)]
            if ours and len(ours) == len(hooks):
                yield (HOOKS, event, at)
            else:
                yield from ((HOOKS, event, at, HOOKS, index) for index in ours)


def part_of(value: Any, key: str) -> Any:
    """A member of what may be no object at all."""
    return cast("dict[str, Any]", value).get(key) if isinstance(value, dict) else None


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _is_ours(hook: Any) -> bool:
    command = part_of(hook, "command")
    return isinstance(command, str) and bool(_OURS.search(command))
