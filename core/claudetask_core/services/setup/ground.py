"""Which of Claude Code's files say that it starts us, for a project or for all of one's own."""

import shlex
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Event
from time import monotonic, time

from claudetask_core.errors import Unavailable
from claudetask_core.home import Home
from claudetask_core.places import git_folders
from claudetask_core.services.disk.replace import NotWritable

SERVER = "claudetask"
PROGRAM = "claudetask-mcp"
MANAGED = Path(
    "/Library/Application Support/ClaudeCode" if sys.platform == "darwin" else "/etc/claude-code"
)
"""Where an administrator says what holds for everyone on the machine."""
CLIENT_LOCK_SECONDS = 5.0
CLIENT_LOCK_STALE = 10.0
"""Claude Code itself takes a lock of this age for one that its owner left behind."""


class ClientBusy(Unavailable):
    code = "client_busy"

    def __init__(self, lock: Path) -> None:
        super().__init__(
            f"Claude Code is writing the file beside {lock}. Nothing was changed.",
            next_step="Try again.",
        )


class Scope(StrEnum):
    PROJECT = "project"
    USER = "user"


@dataclass(frozen=True)
class Launch:
    """The command that starts the program, as Claude Code will run it.

    `exact` says that the folder that Claude Code works in is itself the project, such as a package
    of a larger repository; otherwise the program finds the repository around it.
    """

    command: str
    arguments: tuple[str, ...] = ()
    exact: bool = False

    @property
    def entry(self) -> dict[str, object]:
        exact = ["--project", "."] if self.exact else []
        return {"command": self.command, "args": [*self.arguments, *exact]}

    @property
    def hook(self) -> str:
        """The line that a shell runs for a hook, whose current folder may be any."""
        line = shlex.join([self.command, *self.arguments, "prime"])
        return f'{line} --project "$CLAUDE_PROJECT_DIR"' if self.exact else line


@dataclass(frozen=True)
class Ground:
    """The files of one scope.

    `base` is the folder that names begin at, `within` the one that no link may lead out of;
    `approvals` is where a project's servers
    are approved by one person, `locked` says whether Claude Code writes `servers` itself, and
    `git` is git's common folder, where there is one.
    """

    base: Path
    within: Path
    servers: Path
    settings: Path
    approvals: Path | None
    locked: bool
    git: Path | None = None

    def name(self, path: Path) -> str:
        """The path as a person reads it: below the base, where it is."""
        return (path.relative_to(self.base) if path.is_relative_to(self.base) else path).as_posix()

    def make(self) -> None:
        """Makes the folder of the user's files, as Claude Code does where it is not there yet.

        Raises:
            NotWritable: The system refuses.
        """
        try:
            if self.locked:
                self.base.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise NotWritable(self.base, error) from None

    @contextmanager
    def client_lock(self, path: Path) -> Generator[None]:
        """Keeps Claude Code from writing its own file meanwhile, by the lock that it takes.

        Raises:
            ClientBusy: It was not free within a bounded time.
            NotWritable: The system refuses.
        """
        if not self.locked or path != self.servers:
            yield
            return
        lock = path.with_name(f"{path.name}.lock")
        _take(lock)
        try:
            yield
        finally:
            with suppress(OSError):
                lock.rmdir()


def project_ground(root: Path) -> Ground:
    folder = root / ".claude"
    _, common = git_folders(str(root))
    return Ground(
        base=root,
        within=root,
        servers=root / ".mcp.json",
        settings=folder / "settings.json",
        approvals=folder / "settings.local.json",
        locked=False,
        git=Path(common) if common else None,
    )


def user_ground(home: Home) -> Ground:
    """The user's own files."""
    return Ground(
        base=home.moved or home.folder,
        within=home.base if home.moved else home.folder,
        servers=home.state,
        settings=home.client / "settings.json",
        approvals=None,
        locked=True,
    )


def managed_folder() -> Path:
    return MANAGED


def managed_settings() -> list[Path]:
    """An administrator's settings, each after those that it goes before."""
    return [MANAGED / "managed-settings.json", *sorted(MANAGED.glob("managed-settings.d/*.json"))]


def managed_servers() -> Path:
    """The file that names all servers there are, where an administrator wrote it."""
    return MANAGED / "managed-mcp.json"


def _take(lock: Path) -> None:
    until = monotonic() + CLIENT_LOCK_SECONDS
    while True:
        try:
            lock.mkdir()
        except FileExistsError:
            _break_stale(lock)
        except OSError as error:
            raise NotWritable(lock, error) from None
        else:
            return
        if monotonic() > until:
            raise ClientBusy(lock)
        Event().wait(0.02)


def _break_stale(lock: Path) -> None:
    with suppress(OSError):
        if time() - lock.stat().st_mtime > CLIENT_LOCK_STALE:
            lock.rmdir()
