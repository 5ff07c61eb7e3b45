"""CLAUDE.md in its four places: read whole or by section, written with a guard and a way back."""

from pathlib import Path

from anyio import to_thread

from claudetask_core.home import Home
from claudetask_core.schemas.agent import FileVersion
from claudetask_core.schemas.claude_md import (
    ClaudeMd,
    ClaudeMdChange,
    ClaudeMdOthers,
    ClaudeMdOverview,
    ClaudeMdSection,
    ClaudeMdWrite,
    Place,
)
from claudetask_core.schemas.event import EventType
from claudetask_core.services.announce import Announce, tell
from claudetask_core.services.claude_md.file import ClaudeMdFile, as_read
from claudetask_core.services.claude_md.others import OtherFiles
from claudetask_core.services.disk.files import RootSource
from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.tasks.seen import Seen


class ClaudeMdService:
    """Reads and writes CLAUDE.md; the disk is the only truth.

    Args:
        root: Where the project is.
        home: The user's home, whose CLAUDE.md is read; None for none.
        kept: Where previous contents go before a write.
        announce: Tells the board's watchers.
    """

    def __init__(
        self, *, root: RootSource, home: Home | None, kept: KeptCopies, announce: Announce
    ) -> None:
        self._root = root
        self._home = home
        self._kept = kept
        self._seen = Seen()
        self._announce = announce

    async def read(self, place: Place = Place.PROJECT) -> ClaudeMd:
        """The file as it stands; one that is missing is empty and does not `exists`.

        Raises:
            OutsideProject: It is a link that leads out of the project.
            NotReadable: The system refuses.
        """
        file = await self._file(place)
        return await to_thread.run_sync(file.read)

    async def outline(self, place: Place = Place.PROJECT) -> list[str]:
        """The heading paths by which a section can be asked for; none where that is not UTF-8."""
        file = await self._file(place)
        return await to_thread.run_sync(file.outline)

    async def places(self) -> list[ClaudeMdOverview]:
        """Every place with its sections, imports and hints, in the order of `Place`."""
        places = [place for place in Place if place is not Place.USER or self._home is not None]
        return [await self.overview(place) for place in places]

    async def overview(self, place: Place = Place.PROJECT) -> ClaudeMdOverview:
        """One place with its sections, what it takes in by `@path`, and what could be better."""
        file = await self._file(place)
        return await to_thread.run_sync(file.overview)

    async def others(self) -> ClaudeMdOthers:
        """What else Claude Code loads: rules, and the CLAUDE.md of sub-folders."""
        others = OtherFiles(await self._root(), self._home)
        return await to_thread.run_sync(others.find)

    async def other(self, path: str) -> ClaudeMd:
        """One of those files, which are only read.

        Args:
            path: As `others` names it.

        Raises:
            NotLoaded: The path is none that Claude Code would load.
            NoSuchFile: Nothing stands there.
            OutsideProject: It leads out of the project.
        """
        others = OtherFiles(await self._root(), self._home)
        return as_read(await to_thread.run_sync(others.snapshot, path))

    async def section(self, path: str, place: Place = Place.PROJECT) -> ClaudeMdSection:
        """One heading and all below it.

        Args:
            path: A heading path such as `Commands > Testing`, or a unique end of one.
            place: Of which file.

        Raises:
            SectionNotFound: No heading is called so; the refusal holds the outline.
            SectionAmbiguous: Several are.
            NotText: The file is not UTF-8.
        """
        file = await self._file(place)
        return await to_thread.run_sync(file.section, path)

    async def write(
        self, data: ClaudeMdWrite, actor: str, *, require_hash: bool, only_new: bool = False
    ) -> ClaudeMdChange:
        """Replace the whole file or one section of it, add to one, or take one out.

        Args:
            data: What to write where.
            actor: Who asks.
            require_hash: Whether a whole existing file may only be replaced by a caller who
                names the hash of what it read.
            only_new: Whether to write only where there is no file.

        Raises:
            HashRequired: It had to name one and did not.
            ChangedUnderneath: The file is no longer what the caller read.
            AlreadyThere: There is one, and it was to be `only_new`.
            SectionNotFound: There is no such section, or SectionAmbiguous: several.
            HeadingMissing: A section's content does not begin with a heading.
            HeadingTooHigh: What is added would end the section it is added to.
            UserClaudeMdReadOnly: It is the user's.
            SectionWouldSpill: It would change what stands outside of it.
            NotWritable: The system refuses; the file is as it was.
        """
        file = await self._file(data.place)
        change = await to_thread.run_sync(
            lambda: file.write(data, require_hash=require_hash, only_new=only_new)
        )
        return await self._told(change, "updated", actor)

    async def set_block(
        self, *, present: bool, actor: str, dry_run: bool = False, place: Place = Place.PROJECT
    ) -> ClaudeMdChange:
        """See that our own block is there exactly once, or that no byte of it is left.

        Raises:
            UserClaudeMdReadOnly: It is the user's.
            NotWritable: The system refuses; the file is as it was.
        """
        file = await self._file(place)
        change = await to_thread.run_sync(lambda: file.set_block(present=present, dry_run=dry_run))
        return await self._told(change, "updated", actor)

    async def versions(self, place: Place = Place.PROJECT) -> list[FileVersion]:
        """The kept copies, newest first."""
        file = await self._file(place)
        return await to_thread.run_sync(file.versions)

    async def restore(
        self,
        version: str,
        actor: str,
        *,
        dry_run: bool = False,
        place: Place = Place.PROJECT,
    ) -> ClaudeMdChange:
        """Put a kept copy, or the `last` that differs, back; what stands there is kept in turn.

        Raises:
            VersionNotFound: No copy has that name.
        """
        file = await self._file(place)
        change = await to_thread.run_sync(lambda: file.restore(version, dry_run=dry_run))
        return await self._told(change, "restored", actor)

    async def _file(self, place: Place) -> ClaudeMdFile:
        return ClaudeMdFile(await self._root(), self._home, self._kept, self._seen, place)

    async def _told(self, change: ClaudeMdChange, action: str, actor: str) -> ClaudeMdChange:
        if change.changed and not change.dry_run:
            name = Path(change.file.path).name
            await tell(self._announce, EventType.CLAUDE_MD, action, name, actor)
        return change
