"""Copies of the board: one a day by itself, more when asked, and the way back from them.

They stand in `<board>/backups/`, named by moment and reason: `20261122T223606.123456Z-daily.db`.
A copy is one file that any SQLite reads. Each has a number too: clocks jump, and which copy is
older than another must not depend on what they said. Only a sound one is kept, so that a damaged
board never pushes out the copies of when it was well. What a restored copy replaced is kept too
(`replaced`).
"""

import asyncio
import logging
import re
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from claudetask_core.clock import Clock
from claudetask_core.db import copies
from claudetask_core.db.copies import Facts, Stop, never
from claudetask_core.db.engine import make_private_folder
from claudetask_core.db.refusals import BoardBroken, BoardUnwritable
from claudetask_core.db.revision import HEAD
from claudetask_core.errors import DomainError, NotFound, Unavailable
from claudetask_core.services.disk.lanes import Lane

log = logging.getLogger(__name__)

FOLDER: Final = "backups"
LAST: Final = "last"
DAILY: Final = "daily"
MANUAL: Final = "manual"
REPLACED: Final = "replaced"
DAY: Final = timedelta(hours=24)
CLOCKS: Final = 2
"""A machine may wake with a wrong clock each time, and set it right later: these are two."""
LOOK_SECONDS: Final = 3600.0
LOCK_SECONDS: Final = 60.0
_STAMP: Final = "%Y%m%dT%H%M%S.%fZ"
_NAME: Final = re.compile(rf"(\d{{8}}T\d{{6}}\.\d{{6}}Z)-({DAILY}|{MANUAL}|{REPLACED})\.db")


class CopyNotFound(NotFound):
    code = "copy_not_found"


class CopyDamaged(Unavailable):
    code = "copy_damaged"

    def __init__(self, source: Path, error: DomainError) -> None:
        super().__init__(
            f"The copy {source} is damaged ({error.__cause__ or error.message}); "
            "the board was left as it is.",
            next_step="Name another one; claudetask-mcp board check lists them.",
        )


class CopyTooNew(Unavailable):
    code = "copy_too_new"

    def __init__(self, source: Path) -> None:
        super().__init__(
            f"The copy {source} is of a newer claudetask-mcp; the board was left as it is.",
            next_step="Upgrade claudetask-mcp, or name an older copy; claudetask-mcp board check "
            "lists them.",
        )


class CopyBusy(Unavailable):
    code = "copy_busy"

    def __init__(self) -> None:
        super().__init__(
            "Another process is still copying the board.", next_step="Try again in a minute."
        )


class BoardGone(Unavailable):
    code = "board_gone"

    def __init__(self, file: Path, folder: Path) -> None:
        super().__init__(
            f"The board {file} is missing or empty, though copies of it are kept.",
            next_step="Bring it back with claudetask-mcp board restore; to begin a new board "
            f"instead, move {folder} away.",
        )


@dataclass(frozen=True)
class BoardCopy:
    """A kept copy: where it stands, from when it is and why it was made."""

    path: Path
    at: datetime
    why: str
    number: int


@dataclass(frozen=True)
class Restored:
    """What was put back, and where that is which it replaced."""

    source: Path
    facts: Facts
    replaced: Path | None


class Backups:
    """The copies of one board's file.

    Args:
        file: The board's own file.
        folder: Where the copies are.
        clock: What time it is.
        keep: How many daily copies stay; none are made where it is 0.
    """

    def __init__(self, file: Path, folder: Path, clock: Clock, *, keep: int) -> None:
        self.file = file
        self.folder = folder
        self._clock = clock
        self._keep = keep
        self._ending = threading.Event()
        self._lane = Lane("copy")
        self._task: asyncio.Task[None] | None = None
        self._end: asyncio.Event | None = None

    def copies(self) -> list[BoardCopy]:
        """All copies, the one that was made last first, whatever the clock said."""
        try:
            names = [entry.name for entry in self.folder.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        found = [
            BoardCopy(path, _moment(match[1]), match[2], copies.number(path))
            for name in sorted(names, reverse=True)
            if (match := _NAME.fullmatch(name)) and (path := self.folder / name)
        ]
        return sorted(found, key=lambda one: (one.number, one.at), reverse=True)

    def refuse_loss(self) -> None:
        """Raises BoardGone where a new board would be made in the place of one that is lost."""
        gone = not self.file.exists() or self.file.stat().st_size == 0
        if gone and self.copies():
            raise BoardGone(self.file, self.folder)

    def make(self) -> Path:
        """Copies the board as it stands.

        Raises:
            CopyBusy: Another process has been copying for too long.
            BoardBroken: It is damaged; no copy was made.
            BoardUnwritable: The copy cannot be written.
        """
        try:
            with self._lock(LOCK_SECONDS):
                return self._copied(MANUAL)
        except Timeout:
            raise CopyBusy from None

    def _copied(self, why: str, stop: Stop = never) -> Path:
        for left in self.folder.glob("*.db.tmp*"):  # of a process that was killed
            left.unlink(missing_ok=True)
        made = self._named(why)
        part = _part(made)
        number = max((one.number for one in self.copies()), default=0) + 1
        try:
            copies.copy(self.file, part, stop=stop, number=number)
            part.rename(made)
        except OSError as error:
            raise BoardUnwritable(
                f"The board cannot be copied: {error.strerror}.",
                next_step="Free some disk space or mend the permissions, then try again.",
            ) from error
        return made

    def _lock(self, seconds: float) -> AbstractContextManager[object]:
        make_private_folder(self.folder)
        return FileLock(self.folder / "lock", mode=0o600).acquire(timeout=seconds)

    def find(self, name: str) -> Path:
        """The copy of that name, the newest sound one for LAST, or a file somewhere else.

        Raises:
            CopyNotFound: There is none.
        """
        known = self.copies()
        if name == LAST:
            for one in known:
                if one.why != REPLACED and not copies.problems(one.path, copies.at_rest(one.path)):
                    return one.path
        elif any(one.path.name == name for one in known):
            return self.folder / name
        elif Path(name).is_file():
            return Path(name)
        listed = ", ".join(one.path.name for one in known[:5]) or "none"
        raise CopyNotFound(
            f"There is no copy {name[:100]!r} to go back to. Kept: {listed}.",
            next_step="Name one of them, or the file of a copy that is kept elsewhere.",
        )

    def restore(self, source: Path) -> Restored:
        """Makes the board what a copy holds, and keeps what it was.

        This process must have the board open nowhere.

        Raises:
            CopyDamaged, CopyTooNew: As their sentences say.
            BoardInUse: Another process has the board open.
            BoardUnwritable: There is no room.
        """
        try:
            with self._lock(LOCK_SECONDS):
                return self._restored(source)
        except Timeout:
            raise CopyBusy from None

    def _restored(self, source: Path) -> Restored:
        aside = self._named(REPLACED)
        part = _part(aside)
        try:
            copies.copy(source, part, copies.at_rest(source))
            held = copies.facts(part, copies.at_rest(part))
            if held.revision is not None and held.revision > HEAD:
                raise CopyTooNew(source)
            kept = copies.overwrite(self.file, part, aside)
        except BoardBroken as error:
            raise CopyDamaged(source, error) from error
        except OSError as error:
            raise BoardUnwritable(
                f"The board cannot be restored: {error.strerror}.",
                next_step="Free some disk space or mend the permissions, then restore again.",
            ) from error
        finally:
            part.unlink(missing_ok=True)
        return Restored(source, held, aside if kept else None)

    def start(self) -> None:
        """Makes a copy a day from now on."""
        if self._keep and self._task is None:
            self._end = asyncio.Event()
            self._task = asyncio.create_task(self._run(self._end))

    async def close(self) -> None:
        """Gives up a copy that is being made, and ends."""
        self._ending.set()
        if self._task is not None and self._end is not None:
            self._end.set()
            await self._task

    async def _run(self, end: asyncio.Event) -> None:
        while not end.is_set():
            await self._lane.run(self.look)
            with suppress(TimeoutError):
                await asyncio.wait_for(end.wait(), LOOK_SECONDS)

    def look(self) -> None:
        """Makes the daily copy where it is due; what prevents it is said in the log."""
        try:
            self.daily()
        except copies.Stopped:
            return
        except (DomainError, OSError) as error:
            log.error("The board's daily copy could not be made: %s", error)  # noqa: TRY400 — the sentence says it all

    def daily(self) -> Path | None:
        """Copies the board where that is due; of all processes one does."""
        if not self._due():
            return None
        try:
            with self._lock(0):
                if not self._due() or self._unchanged():
                    return None
                made = self._copied(DAILY, self._ending.is_set)
                self._drop_oldest()
                return made
        except Timeout:
            return None

    def _due(self) -> bool:
        now = self._clock.now()
        return not any(abs(now - one.at) < DAY for one in self._dailies()[:CLOCKS])

    def _unchanged(self) -> bool:
        present = copies.facts(self.file, "mode=rw")
        if not present.last_event:
            return True
        for one in self.copies()[:1]:
            with suppress(DomainError):
                return copies.facts(one.path, copies.at_rest(one.path)) == present
        return False

    def _dailies(self) -> Sequence[BoardCopy]:
        return [one for one in self.copies() if one.why == DAILY]

    def _drop_oldest(self) -> None:
        for one in self._dailies()[self._keep :]:
            one.path.unlink(missing_ok=True)

    def _named(self, why: str) -> Path:
        at = self._clock.now().astimezone(UTC)
        while any(self.folder.glob(f"{at.strftime(_STAMP)}-*")):
            at += timedelta(microseconds=1)
        return self.folder / f"{at.strftime(_STAMP)}-{why}.db"


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.tmp")


def _moment(stamp: str) -> datetime:
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
