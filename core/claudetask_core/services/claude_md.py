"""The project's CLAUDE.md: read whole or by section, written with a guard and a way back."""

from anyio import to_thread

from claudetask_core.schemas.agent import FileVersion
from claudetask_core.schemas.claude_md import (
    ClaudeMd,
    ClaudeMdChange,
    ClaudeMdSection,
    ClaudeMdWrite,
)
from claudetask_core.schemas.event import EventType
from claudetask_core.services.announce import Announce, tell
from claudetask_core.services.claude_md_file import ClaudeMdFile
from claudetask_core.services.files import RootSource
from claudetask_core.services.kept import KeptCopies


class ClaudeMdService:
    """Reads and writes CLAUDE.md; the disk is the only truth.

    Args:
        root: Where the project is.
        kept: Where previous contents go before a write.
        announce: Tells the board's watchers.
    """

    def __init__(self, *, root: RootSource, kept: KeptCopies, announce: Announce) -> None:
        self._root = root
        self._kept = kept
        self._announce = announce

    async def read(self) -> ClaudeMd:
        """The file as it stands; one that is missing is empty and does not `exists`.

        Raises:
            OutsideProject: It is a link that leads out of the project.
            NotReadable: The system refuses.
        """
        file = await self._file()
        return await to_thread.run_sync(file.read)

    async def outline(self) -> list[str]:
        """The heading paths by which a section can be asked for; none where that is not UTF-8."""
        file = await self._file()
        return await to_thread.run_sync(file.outline)

    async def section(self, path: str) -> ClaudeMdSection:
        """One heading and all below it.

        Args:
            path: A heading path such as `Commands > Testing`, or a unique end of one.

        Raises:
            SectionNotFound: No heading is called so; the refusal holds the outline.
            SectionAmbiguous: Several are.
            NotText: The file is not UTF-8.
        """
        file = await self._file()
        return await to_thread.run_sync(file.section, path)

    async def write(self, data: ClaudeMdWrite, actor: str, *, require_hash: bool) -> ClaudeMdChange:
        """Replace the whole file, or one section of it.

        Args:
            data: What to write where.
            actor: Who asks.
            require_hash: Whether a whole existing file may only be replaced by a caller who
                names the hash of what it read.

        Raises:
            HashRequired: It had to name one and did not.
            ChangedUnderneath: The file is no longer what the caller read.
            SectionNotFound: There is no such section, or SectionAmbiguous: several.
            HeadingMissing: A section's content does not begin with a heading.
            SectionWouldSpill: It would change what stands outside of it.
            NotWritable: The system refuses; the file is as it was.
        """
        file = await self._file()
        change = await to_thread.run_sync(lambda: file.write(data, require_hash=require_hash))
        return await self._told(change, "updated", actor)

    async def versions(self) -> list[FileVersion]:
        """The kept copies, newest first."""
        file = await self._file()
        return await to_thread.run_sync(file.versions)

    async def restore(self, version: str, actor: str, *, dry_run: bool = False) -> ClaudeMdChange:
        """Put a kept copy back; what stands there now is kept in turn.

        Raises:
            VersionNotFound: No copy has that name.
        """
        file = await self._file()
        change = await to_thread.run_sync(lambda: file.restore(version, dry_run=dry_run))
        return await self._told(change, "restored", actor)

    async def _file(self) -> ClaudeMdFile:
        return ClaudeMdFile(await self._root(), self._kept)

    async def _told(self, change: ClaudeMdChange, action: str, actor: str) -> ClaudeMdChange:
        if change.changed and not change.dry_run:
            await tell(self._announce, EventType.CLAUDE_MD, action, "CLAUDE.md", actor)
        return change
