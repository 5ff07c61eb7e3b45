"""The project the board serves: its settings, and what a path is good for."""

import asyncio
import logging
import os
from pathlib import Path

from claudetask_core.clock import Clock
from claudetask_core.db.engine import Database, WriteSession
from claudetask_core.db.models import HistoryRow, ProjectSettingsRow
from claudetask_core.errors import DomainError, Invalid
from claudetask_core.schemas.claude_md import ClaudeMdWrite
from claudetask_core.schemas.event import EventType
from claudetask_core.schemas.project import (
    LONGEST_PATH,
    PathReport,
    ProjectSettings,
    ProjectSettingsUpdate,
)
from claudetask_core.services.claude_md.claude_md import ClaudeMdService
from claudetask_core.services.disk.files import RootSource
from claudetask_core.services.events import EventService
from claudetask_core.services.repository.git import git
from claudetask_core.services.repository.locate import Places
from claudetask_core.services.repository.machine import on_machine, on_this

SINGLETON = 1

log = logging.getLogger(__name__)


class ProjectPathInvalid(Invalid):
    code = "project_path_invalid"
    field = "project_path"


class ProjectRoot:
    """The folder that search, agents and CLAUDE.md look at: as the settings now say, else that of
    the session.
    """

    def __init__(self, database: Database, standing: RootSource, machine: str = "") -> None:
        self._database = database
        self._standing = standing
        self._machine = machine

    async def __call__(self) -> Path:
        async with self._database.read() as session:
            row = await session.get(ProjectSettingsRow, SINGLETON)
        named = on_this(self._machine, row.project_path) if row is not None else None
        return Path(named) if named else await self._standing()


class ProjectService:
    """Settings are one row; CLAUDE.md's text is shown with them but lives on disk."""

    def __init__(
        self,
        database: Database,
        events: EventService,
        clock: Clock,
        places: Places,
        standing: RootSource,
        claude_md: ClaudeMdService,
        machine: str = "",
    ) -> None:
        self._machine = machine
        self._database = database
        self._events = events
        self._clock = clock
        self._places = places
        self._standing = standing
        self._claude_md = claude_md

    async def settings(self) -> ProjectSettings:
        """The settings with CLAUDE.md's present text."""
        async with self._database.read() as session:
            row = await session.get(ProjectSettingsRow, SINGLETON)
        return ProjectSettings(
            id=SINGLETON,
            project_path=self._path(row) or str(await self._standing()),
            github_repo=row.github_repo if row else None,
            claude_config=await self._claude_config(),
            board_path=str(self._places.board),
            version=row.version if row else 1,
        )

    def _path(self, row: ProjectSettingsRow | None) -> str | None:
        """The folder that was named for this machine."""
        return on_this(self._machine, row.project_path) if row else None

    async def _claude_config(self) -> str:
        """CLAUDE.md's text; the settings are there also where that file may not be looked at."""
        try:
            return (await self._claude_md.read()).content
        except DomainError as error:
            log.warning("the settings are shown without CLAUDE.md: %s", error.code)
            return ""

    async def update(self, data: ProjectSettingsUpdate, actor: str) -> ProjectSettings:
        """Changes what is given; a null `github_repo` empties it.

        Raises:
            ProjectPathInvalid: The folder cannot be worked in; its problems are named.
        """
        if (
            data.project_path is not None
            and data.project_path != (await self.settings()).project_path
        ):
            report = await self.validate_path(data.project_path)
            if not report.valid:
                raise ProjectPathInvalid(
                    " ".join(report.problems),
                    next_step="Check it with POST /api/project/validate-path.",
                    problems=report.problems,
                )
        async with self._database.write() as session:
            await self._write(session, data, actor, str(await self._standing()))
        if data.claude_config is not None:
            wanted = ClaudeMdWrite(content=data.claude_config)
            await self._claude_md.write(wanted, actor, require_hash=False)
        return await self.settings()

    async def _write(
        self, session: WriteSession, data: ProjectSettingsUpdate, actor: str, standing: str
    ) -> None:
        row = await session.get(ProjectSettingsRow, SINGLETON)
        if row is None:
            row = ProjectSettingsRow(id=SINGLETON, project_path=None, github_repo=None, version=1)
            session.add(row)
        new = {"project_path": row.project_path, "github_repo": row.github_repo}
        present = self._path(row) or standing
        if data.project_path is not None and data.project_path != present:
            new["project_path"] = on_machine(self._machine, _absolute(data.project_path))
        if "github_repo" in data.model_fields_set:
            new["github_repo"] = data.github_repo
        changed = {name: value for name, value in new.items() if value != getattr(row, name)}
        if not changed:
            return
        row.version += 1
        for name, value in changed.items():
            session.add(self._entry(row, name, value, actor))
            setattr(row, name, value)
        await self._events.append(
            session, EventType.PROJECT, "updated", str(SINGLETON), actor, row.version
        )

    def _entry(
        self, row: ProjectSettingsRow, name: str, value: str | None, actor: str
    ) -> HistoryRow:
        return HistoryRow(
            task_id=0,  # no task: the project itself
            at=self._clock.now(),
            actor=actor,
            version=row.version,
            action="updated",
            field=name,
            old=getattr(row, name),
            new=value,
            reason=None,
        )

    async def validate_path(self, path: str) -> PathReport:
        """What stands at a path, and why a project cannot be there; nothing is changed."""
        report = await asyncio.to_thread(_look, path)
        if not (report.is_directory and report.readable):
            return report
        said = await git(Path(report.path), "rev-parse", "--is-inside-work-tree")
        is_repository = said is not None and said.strip() == "true"
        return report.model_copy(update={"is_git_repository": is_repository})


def _look(path: str) -> PathReport:
    if not path:
        return _unreadable(path, "it is empty")
    if len(path) > LONGEST_PATH:
        return _unreadable(path[:LONGEST_PATH], f"it is longer than {LONGEST_PATH:,} characters")
    try:
        folder = Path(path).expanduser()
        absolute = folder.is_absolute()
        folder = folder.resolve()
        exists, is_directory = folder.exists(), folder.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        return _unreadable(path, str(error))
    readable = exists and os.access(folder, os.R_OK | (os.X_OK if is_directory else 0))
    writable = exists and os.access(folder, os.W_OK)
    problems = _problems(folder, absolute, exists, is_directory, readable, writable)
    names = ("CLAUDE.md", ".claude/CLAUDE.md") if is_directory and readable else ()
    return PathReport(
        valid=not problems,
        path=str(folder),
        exists=exists,
        is_directory=is_directory,
        readable=readable,
        writable=writable,
        is_git_repository=False,
        has_claude_md=any((folder / name).is_file() for name in names),
        problems=problems,
    )


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().resolve())


def _problems(
    folder: Path, absolute: bool, exists: bool, is_directory: bool, readable: bool, writable: bool
) -> list[str]:
    if not absolute:
        return [f"The path must be absolute; taken from here it would be {folder}."]
    if not exists:
        return [f"{folder} does not exist."]
    if not is_directory:
        return [f"{folder} is a file, not a folder."]
    found: list[str] = []
    if not readable:
        found.append(f"{folder} cannot be read by this user.")
    if not writable:
        found.append(f"{folder} cannot be written by this user.")
    return found


def _unreadable(path: str, why: str) -> PathReport:
    return PathReport(
        valid=False,
        path=path,
        exists=False,
        is_directory=False,
        readable=False,
        writable=False,
        is_git_repository=False,
        has_claude_md=False,
        problems=[f"This is not a usable path: {why}."],
    )
