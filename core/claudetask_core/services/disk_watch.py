"""Notices what others change on disk: CLAUDE.md and the agents, by an editor or Claude itself.

Every `SECONDS` the files' times and sizes are compared with those before. A change that a server
made is already told of as an event, so only one without such an event since the last look becomes
one here; whichever process sees it first tells all others.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from claudetask_core.clock import Clock
from claudetask_core.errors import DomainError
from claudetask_core.schemas.event import EventType
from claudetask_core.services.agents.folders import above
from claudetask_core.services.agents.scan import AGENTS, scan
from claudetask_core.services.disk.files import RootSource
from claudetask_core.services.disk.lanes import Lane
from claudetask_core.services.events import EventService

log = logging.getLogger(__name__)

SECONDS = 2.0
GRACE_SECONDS = 0.3
"""Who writes a file tells of it right after; that is waited for."""

ACTOR = "disk"
CLAUDE_MD = ("CLAUDE.md", ".claude/CLAUDE.md", "CLAUDE.local.md")

Sign = tuple[int, int, int]
Change = tuple[EventType, str, str]


@dataclass(frozen=True)
class _Look:
    """What stood there: each file's sign, and the ids of the agents by file."""

    root: Path
    texts: dict[Path, Sign]
    agents: dict[Path, Sign]
    ids: dict[Path, str]


class DiskWatch:
    """Announces changes of files that nobody announced."""

    def __init__(self, root: RootSource, events: EventService, clock: Clock) -> None:
        self._root = root
        self._events = events
        self._clock = clock
        self._lane = Lane("disk")
        self._task: asyncio.Task[None] | None = None
        self._last: _Look | None = None
        self._looked = self._ended = clock.now()
        self._seen: set[tuple[EventType, str]] = set()

    def start(self) -> None:
        """Begins to look; again is harmless."""
        self._task = self._task or asyncio.create_task(self._run())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def look(self) -> None:
        """Compares the disk with the last look and announces what differs."""
        last, root = self._last, await self._root()
        self._last = await self._lane.run(_look, root, last)
        looked = self._clock.now()
        changes = _changes(last, self._last) if last is not None and last.root == root else []
        if changes:
            await asyncio.sleep(GRACE_SECONDS)
        for kind, action, subject in changes:
            # What was written after the last look had passed is seen only now, but told of then.
            since = self._ended if (kind, subject) in self._seen else self._looked
            await self._events.announce_unless_told(kind, action, subject, ACTOR, since=since)
        self._looked, self._ended = looked, self._clock.now()
        self._seen = {(kind, subject) for kind, _, subject in changes}

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except DomainError as error:
                log.info("the disk was not looked at: %s", error.code)
            await asyncio.sleep(SECONDS)


def _look(root: Path, last: _Look | None) -> _Look:
    texts = _signs(root / name for name in CLAUDE_MD)
    folders = (folder / AGENTS for folder in (root, *above(root, None)))
    agents = _signs(path for folder in folders for path in folder.rglob("*.[mM][dD]"))
    ids = last.ids if last is not None and last.agents == agents else _ids(root)
    return _Look(root, texts, agents, ids)


def _signs(paths: Iterable[Path]) -> dict[Path, Sign]:
    signs: dict[Path, Sign] = {}
    with suppress(OSError):  # a folder that is gone, or not ours to read, holds nothing
        for path in paths:
            with suppress(OSError):
                said = path.stat()
                signs[path] = (said.st_mtime_ns, said.st_size, said.st_ino)
    return signs


def _ids(root: Path) -> dict[Path, str]:
    return {found.path: found.id for found in scan(root, None)}


def _changes(last: _Look, now: _Look) -> list[Change]:
    names = {path.name for path in _differing(last.texts, now.texts)}
    changes: list[Change] = [(EventType.CLAUDE_MD, "updated", name) for name in sorted(names)]
    for path in _differing(last.agents, now.agents):
        before, after = last.agents.get(path), now.agents.get(path)
        action = "created" if before is None else "deleted" if after is None else "updated"
        subject = (now if after else last).ids.get(path, path.stem)
        changes.append((EventType.AGENT, action, subject))
    return sorted(changes, key=lambda change: change[2])


def _differing(before: dict[Path, Sign], after: dict[Path, Sign]) -> list[Path]:
    paths = before.keys() | after.keys()
    return [path for path in paths if before.get(path) != after.get(path)]
