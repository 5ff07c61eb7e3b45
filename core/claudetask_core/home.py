"""Where Claude Code keeps what is one user's own, as 2.1.197 and 2.1.332 have it.

All of it lies in `~/.claude` and the file `~/.claude.json` beside it, or, where
`CLAUDE_CONFIG_DIR` names another folder, all of it in that one and nothing in the home. The name is
taken as it stands: `~` is no home there, and what does not begin at the root begins where the
client was started.
"""

import os
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "CLAUDE_CONFIG_DIR"
FOLDER = ".claude"
STATE = ".claude.json"
FORMER_STATE = ".config.json"
"""Where that one is in the client's folder, it is read in the place of the other."""


@dataclass(frozen=True)
class Home:
    """A user's home, and where Claude Code was moved to."""

    folder: Path
    moved: Path | None = None

    @property
    def client(self) -> Path:
        """The folder of agents, skills, rules, settings and the user's CLAUDE.md."""
        return self.moved or self.folder / FOLDER

    @property
    def state(self) -> Path:
        """The file with the user's servers, and with what was answered for each project."""
        former = self.client / FORMER_STATE
        is_there = os.path.exists(former)  # noqa: PTH110 — says no where the folder is closed
        return former if is_there else (self.moved or self.folder) / STATE

    @property
    def base(self) -> Path:
        """The folder that no link among the client's files may lead out of."""
        real = os.path.realpath(self.client)
        is_below = Path(real).is_relative_to(os.path.realpath(self.folder))
        return self.folder if is_below and self.client.is_relative_to(self.folder) else self.client

    def shown(self, path: Path) -> str:
        """A path as the user writes it."""
        if path.is_relative_to(self.folder):
            return f"~/{path.relative_to(self.folder).as_posix()}"
        return path.as_posix()


def moved_to(named: str | None, start: Path) -> Path | None:
    """The folder that the variable names; None where it is left unset.

    Args:
        named: What the variable says.
        start: Where the client was started.
    """
    return start / named if named else None


@dataclass(frozen=True)
class Misnamed:
    """What it means that the variable names no one folder, and what to do."""

    said: str
    mend: str

    def __str__(self) -> str:
        return f"{self.said} {self.mend}"


def misnamed(named: str | None) -> Misnamed | None:
    """What is wrong with what the variable says; None where it names a folder, or is not set."""
    if named is None or Path(named).is_absolute():
        return None
    if not named:
        return Misnamed(
            f"{VARIABLE} is set and empty: Claude Code then takes whatever folder it is started "
            "in for its own, and reads nothing of ~/.claude.",
            "Unset it, or name the folder.",
        )
    return Misnamed(
        f"{VARIABLE} is {named}: Claude Code looks for that below the folder that it is started "
        "in, also where it begins with ~.",
        "Name the folder from / on.",
    )
