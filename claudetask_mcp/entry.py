"""What an entry point reads from its surroundings, once, for all below to be handed."""

import gc
import os
import secrets
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claudetask_core.config import (
    CONFIG_FILE,
    ConfigurationInvalid,
    Settings,
    load_settings,
    trust_folder,
    unknown_settings,
)
from claudetask_core.errors import Unavailable
from claudetask_core.home import VARIABLE, Home, Misnamed, misnamed, moved_to
from claudetask_core.places import board_on_disk
from claudetask_core.schemas.workflow import Workflow
from claudetask_mcp.client_process import Client
from claudetask_mcp.hook import session_name

if TYPE_CHECKING:
    from claudetask_core.core import Core
    from claudetask_core.services.repository.locate import Places
    from claudetask_mcp.launch import Site

PROJECT_VARIABLE = "CLAUDE_PROJECT_DIR"
SESSION_VARIABLE = "CLAUDE_CODE_SESSION_ID"
NUMBER_VARIABLE = "CLAUDE_PID"
UNNAMED = "mcp"
"""Stands in a caller's name for the client's, which a process learns only when it is greeted."""


class FolderGone(Unavailable):
    code = "folder_gone"


@dataclass(frozen=True)
class Entry:
    """The settings, where to look for the project from, and who asks."""

    settings: Settings
    overrides: Mapping[str, Any]
    start: Path
    home: Home | None
    session: str | None
    number: str | None = None
    """What Claude Code says its process is; its servers are not told."""

    @cached_property
    def client(self) -> Client:
        """The process of Claude Code that started this one, as the board knows it."""
        return Client(self._early_board(), self.session, self.number)

    def process(self) -> str:
        """The caller's name now: the session of Claude Code, else one for a run of the server."""
        session = self.client.session()
        return caller_of(session) if session else self._run

    @cached_property
    def _run(self) -> str:
        return f"{UNNAMED}:{secrets.token_hex(4)}"

    def open(self, *, following: bool = False) -> "AbstractAsyncContextManager[Core]":
        """Opens the core; its imports are not wanted before.

        Args:
            following: Whether the project is that of the client's session, wherever it goes.
        """
        from claudetask_core.core import open_core  # noqa: PLC0415 — not wanted before

        gc.enable()  # the start went without, and from here on there may be much, and for long
        return open_core(
            self.settings,
            start=self.start,
            home=self.home,
            refine=self.refined,
            trusted=trust_folder(),
            client=self.client.folder if following else None,
        )

    def early_workflow(self) -> Workflow:
        """What the board's own config says, as far as a look at the disk finds it.

        The tools are listed before git is asked where the board is. What is wrong with the config
        is said when the board is opened.
        """
        board = self._early_board()
        if not Path(board, CONFIG_FILE).is_file():
            return self.settings.workflow
        try:
            return self.refined(Path(board)).workflow
        except ConfigurationInvalid:
            return self.settings.workflow

    def _early_board(self) -> str:
        return board_on_disk(
            str(self.start),
            exact=self.settings.project_path is not None,
            named=None if self.settings.data_dir is None else str(self.settings.data_dir),
        )

    async def locate(self) -> "Places":
        """Where the project and its board are; nothing is created."""
        from claudetask_core.services.repository.locate import locate  # noqa: PLC0415 — as above

        named = self.settings.project_path
        return await locate(
            named or self.start, exact=named is not None, board=self.settings.data_dir
        )

    def refined(self, board: Path) -> Settings:
        """The settings with what the board's own config says.

        Raises:
            ConfigurationInvalid: It says something wrong.
        """
        return load_settings(self.overrides, board=board)


def caller_of(session: str | None) -> str:
    return f"claude-code:{session_name(session) or secrets.token_hex(4)}"


def read_entry(overrides: Mapping[str, Any]) -> Entry:
    """Reads the environment and the current folder.

    Args:
        overrides: What the command line said, by setting name.

    Raises:
        ConfigurationInvalid: A setting is wrong; the sentence names it.
        FolderGone: The current folder was deleted.
    """
    settings = load_settings(overrides)
    named = settings.project_path
    if named is not None and not named.expanduser().is_dir():
        raise ConfigurationInvalid(
            f"Setting CLAUDETASK_PROJECT_PATH (or --project) is wrong: {named} is no folder.",
            next_step="Name the project's folder.",
        )
    return Entry(
        settings=settings,
        overrides=overrides,
        start=named or _start(),
        home=_home(),
        session=os.environ.get(SESSION_VARIABLE),
        number=os.environ.get(NUMBER_VARIABLE),
    )


def misnamed_settings() -> list[str]:
    """A sentence for each variable of the environment that is named like a setting and is none."""
    return unknown_settings(os.environ)


def inherited() -> Mapping[str, str]:
    """The variables of the environment, which Claude Code has too where it is started here."""
    return os.environ


def misnamed_client_folder() -> Misnamed | None:
    """What is wrong with how the environment names Claude Code's own folder, where it does."""
    return misnamed(os.environ.get(VARIABLE))


def user_store() -> Path:
    """Where it is kept what was written for all of the user's projects."""
    from platformdirs import user_data_path  # noqa: PLC0415 — only one command wants it

    return user_data_path("claudetask") / "setup"


def site() -> "Site":
    """Where this program was installed and is being run from."""
    from claudetask_mcp.launch import Site  # noqa: PLC0415 — only one command wants it

    return Site(
        prefix=Path(sys.prefix),
        in_environment=sys.prefix != sys.base_prefix,
        path=os.environ.get("PATH", os.defpath),
        active=os.environ.get("VIRTUAL_ENV"),
        uv=os.environ.get("UV"),
    )


def _start() -> Path:
    told = os.environ.get(PROJECT_VARIABLE)
    if told:
        return Path(told)
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise FolderGone(
            "The current folder does not exist any more.", next_step="Change to another one."
        ) from None


def _home() -> Home | None:
    named = os.environ.get(VARIABLE)
    is_whole = not named or Path(named).is_absolute()
    try:
        return Home(Path.home(), moved_to(named, Path() if is_whole else _start()))
    except RuntimeError:
        return None
