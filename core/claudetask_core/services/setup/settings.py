"""What the settings of Claude Code say, of all who have a say; they are only read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from claudetask_core.services.disk.files import look
from claudetask_core.services.disk.json_edit import parse
from claudetask_core.services.setup.ground import Ground, managed_folder, managed_settings

MAX_BYTES = 64 * 1024 * 1024
"""Claude Code keeps what it knows of every project in the file with the user's servers."""


@dataclass(frozen=True)
class Said:
    """What one file says, and whether it is an administrator's."""

    file: Path
    said: dict[str, Any]
    is_managed: bool = False

    def listed(self, key: str) -> list[Any]:
        """A list; nothing where there is none."""
        found = self.said.get(key)
        return cast("list[Any]", found) if isinstance(found, list) else []


def settings_of(own: Ground, user: Ground | None) -> list[Said]:
    """The files with settings, each after those that it goes before.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    files = [] if user is None else [(user.within, user.settings)]
    files.append((own.within, own.settings))
    if own.approvals is not None:
        files.append((own.within, own.approvals))
    people = [Said(file, said_in(within, file)) for within, file in files]
    folder = managed_folder()
    return [*people, *(Said(file, said_in(folder, file), True) for file in managed_settings())]


def said_in(within: Path, file: Path) -> dict[str, Any]:
    """What an object's file says; nothing where it is not there.

    Raises:
        NotJson, WrongShape, OutsideProject: As their sentences say.
    """
    return parse(file, look(within, file, limit=MAX_BYTES).data or b"")
