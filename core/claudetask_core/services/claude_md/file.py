"""CLAUDE.md on disk; every method blocks, and writes under the board's lock."""

import os
from collections.abc import Callable
from pathlib import Path

from claudetask_core.errors import Forbidden, Invalid, NotFound, Stale
from claudetask_core.home import Home
from claudetask_core.schemas.agent import FileVersion
from claudetask_core.schemas.claude_md import (
    ClaudeMd,
    ClaudeMdChange,
    ClaudeMdHint,
    ClaudeMdOverview,
    ClaudeMdSection,
    ClaudeMdWrite,
    Place,
    SectionMode,
)
from claudetask_core.services.claude_md.agents_md import (
    all_hidden_by_a_first,
    block_beside,
    hidden_by,
    takes_the_place,
)
from claudetask_core.services.claude_md.block import with_block, without_block
from claudetask_core.services.claude_md.hints import denied_by, hints_of
from claudetask_core.services.claude_md.imports import imports_of
from claudetask_core.services.claude_md.others import NAMES, OtherFiles
from claudetask_core.services.claude_md.sections import (
    NotText,
    append_to_section,
    find_section,
    outline_of,
    replace_section,
    sections_of,
)
from claudetask_core.services.disk.files import FileTooLarge, ProjectFolderMissing, Snapshot, look
from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.disk.replace import (
    diff_of,
    make_folder,
    refuse_stale,
    remove,
    replace,
)
from claudetask_core.services.tasks.seen import Seen

NAME = "CLAUDE.md"
LOCAL = "CLAUDE.local.md"
_BOM = b"\xef\xbb\xbf"


class HashRequired(Invalid):
    code = "hash_required"

    def __init__(self, current_hash: str | None) -> None:
        super().__init__(
            "CLAUDE.md exists, so replacing it whole needs expected_hash.",
            next_step="Call read_claude_md and send the hash it answers, or write one section.",
            current_hash=current_hash,
        )


class AlreadyThere(Stale):
    code = "already_there"

    def __init__(self, path: Path, current_hash: str | None) -> None:
        super().__init__(
            f"{path.name} is there already, and was to be written only where it is not. "
            "Nothing was written.",
            next_step="Read it, and say with its hash that it is to be replaced.",
            current_hash=current_hash,
        )


class NoHome(NotFound):
    code = "no_home"

    def __init__(self) -> None:
        super().__init__(
            "There is no home folder, so no CLAUDE.md of the user.",
            next_step="Ask for another place.",
        )


class UserClaudeMdReadOnly(Forbidden):
    code = "user_claude_md_read_only"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is the user's own, for all projects; it is only read here.",
            next_step="Write the project's CLAUDE.md, or the local one for yourself alone.",
        )


class ClaudeMdFile:
    """One of the files of a project folder; by default `CLAUDE.md`, or `.claude/CLAUDE.md` where
    only that is.
    """

    def __init__(
        self, root: Path, home: Home | None, kept: KeptCopies, seen: Seen, place: Place
    ) -> None:
        self._root = root
        self._home = home
        self._kept = kept
        self._seen = seen
        self._place = place

    def read(self) -> ClaudeMd:
        now = self._look()
        self._seen.note(now.data)
        return as_read(now)

    def outline(self) -> list[str]:
        return _outline(self._look().data or b"")

    def overview(self) -> ClaudeMdOverview:
        now = self._look()
        data = now.data or b""
        base = now.path.parent if self._place is Place.USER else now.base
        imports = imports_of(base, self._home and self._home.folder, now.path, data)
        denied = denied_by(self._root, self._home)
        self._seen.note(now.data)
        return ClaudeMdOverview(
            place=self._place,
            path=str(now.path),
            exists=now.data is not None,
            hash=now.hash,
            size=len(data),
            outline=_outline(data),
            imports=imports,
            hints=[*self._hidden(now, now.data), *hints_of(data, imports, denied)]
            if now.data is not None
            else [],
        )

    def section(self, path: str) -> ClaudeMdSection:
        now = self._look()
        data = now.data or b""
        found = find_section(sections_of(data), path)
        self._seen.note(now.data)
        return ClaudeMdSection(
            section=found.path,
            content=data[found.start : found.end].decode(),
            path=str(now.path),
            hash=now.hash or "",
        )

    def write(
        self, data: ClaudeMdWrite, *, require_hash: bool, only_new: bool = False
    ) -> ClaudeMdChange:
        def make(now: Snapshot) -> bytes:
            if only_new and now.data is not None:
                raise AlreadyThere(now.path, now.hash)
            if data.expected_hash is not None:
                refuse_stale(now, data.expected_hash, self._known(now, data.expected_hash))
            if data.mode is SectionMode.APPEND:
                return _appended(now, data.section, data.content)
            content = "" if data.mode is SectionMode.DELETE else data.content
            if data.section is not None:
                return _with_section(now, data.section, content)
            missing = data.expected_hash is None and now.data is not None
            if require_hash and missing and not data.dry_run:
                raise HashRequired(now.hash)
            return _whole(now, content)

        return self._change(make, dry_run=data.dry_run)

    def set_block(self, *, present: bool, dry_run: bool) -> ClaudeMdChange:
        def make(now: Snapshot) -> bytes | None:
            if present:
                others = [path for path in places_in(self._root) if path != now.path]
                text = block_beside(self._root, now.path, now.data, others)
                return with_block(now.data, text)
            return None if now.data is None else without_block(now.data)

        return self._change(make, dry_run=dry_run)

    def versions(self) -> list[FileVersion]:
        return self._kept.versions(self._root, self._label(self._look()))

    def restore(self, version: str, *, dry_run: bool) -> ClaudeMdChange:
        def make(now: Snapshot) -> bytes:
            copy = self._kept.get(self._root, self._label(now), version, present=now.data)
            return copy.data

        return self._change(make, dry_run=dry_run)

    def _change(self, make: Callable[[Snapshot], bytes | None], *, dry_run: bool) -> ClaudeMdChange:
        """Writes what `make` answers; None takes the file away."""
        if dry_run:
            now = self._look()
            data = make(now)
            hints = self._newly_hidden(now, data)
            return _as_change(now, data, now, dry_run=True, kept_version=None, hints=hints)
        if self._place is Place.USER:
            raise UserClaudeMdReadOnly(self._look().path)
        with self._kept.lock():
            before = self._look()
            data = make(before)
            if data == before.data:
                return _as_change(before, data, before, dry_run=False, kept_version=None, hints=[])
            version = self._put(before, data)
            hints = self._newly_hidden(before, data)
            return _as_change(
                before, data, self._look(), dry_run=False, kept_version=version, hints=hints
            )

    def _hidden(self, now: Snapshot, data: bytes | None) -> list[ClaudeMdHint]:
        return [] if self._place is Place.USER else hidden_by(self._root, now.path, data)

    def _newly_hidden(self, before: Snapshot, data: bytes | None) -> list[ClaudeMdHint]:
        """That AGENTS.md is not read any more, where that was not so before."""
        if (before.data or b"").strip():
            return []
        return [*self._hidden(before, data), *self._hidden_below(before, data)]

    def _hidden_below(self, before: Snapshot, data: bytes | None) -> list[ClaudeMdHint]:
        """The same of sub-folders, where no other CLAUDE.md of the project says anything."""
        beside = [name for name in NAMES if self._root / name != before.path]
        is_first = self._place is not Place.USER and (data or b"").strip()
        if not is_first or not takes_the_place(self._root, "", beside):
            return []
        paths = OtherFiles(self._root, None).hidden_by_a_first()
        if not paths:
            return []
        message = all_hidden_by_a_first(paths)
        return [ClaudeMdHint(rule="agents_md_unread", line=1, message=message)]

    def _put(self, before: Snapshot, data: bytes | None) -> str | None:
        """Keeps what was there, then writes; answers the kept version."""
        if data is not None and len(data) > before.limit:
            raise FileTooLarge(before.path, before.limit)
        if not self._root.is_dir():
            raise ProjectFolderMissing(self._root)
        label, version = self._label(before), None
        if before.data is not None:
            version = self._kept.keep(self._root, label, before.path, before.data)
        if data is None:
            remove(before)
            return version
        if self._place is Place.DOT_CLAUDE:
            make_folder(self._root, before.path.parent)
        replace(before, data)
        self._seen.note(data)
        return version

    def _known(self, now: Snapshot, content_hash: str) -> bytes | None:
        known = self._kept.contents(self._root, self._label(now), content_hash)
        return known if known is not None else self._seen.get(content_hash)

    def _look(self) -> Snapshot:
        if self._place is Place.USER:
            if self._home is None:
                raise NoHome
            return look(self._home.base, self._home.client / NAME)
        return look(self._root, path_in(self._root, self._place))

    def _label(self, now: Snapshot) -> str:
        return now.path.relative_to(now.base).as_posix()


def path_in(root: Path, place: Place) -> Path:
    """Where a project's file stands."""
    path, other = root / NAME, root / ".claude" / NAME
    if place is Place.LOCAL:
        return root / LOCAL
    only_other = not os.path.lexists(path) and os.path.lexists(other)
    return other if place is Place.DOT_CLAUDE or only_other else path


def places_in(root: Path) -> list[Path]:
    """Where a project's files may stand."""
    return [root / NAME, root / ".claude" / NAME, root / LOCAL]


def _outline(data: bytes) -> list[str]:
    try:
        return outline_of(sections_of(data))
    except NotText:
        return []  # the text can still be read, and its sections not be written


def _appended(now: Snapshot, section: str | None, content: str) -> bytes:
    data = now.data or b""
    found = find_section(sections_of(data), section) if section is not None else None
    return append_to_section(data, found, content)


def _with_section(now: Snapshot, section: str, content: str) -> bytes:
    data = now.data or b""
    return replace_section(data, find_section(sections_of(data), section), content)


def _whole(now: Snapshot, content: str) -> bytes:
    """The bytes of a new content, with the byte order mark and line endings the file has."""
    old = now.data or b""
    text = content
    if "\r" not in text and b"\r\n" in old and old.count(b"\r\n") == old.count(b"\n"):
        text = text.replace("\n", "\r\n")
    mark = _BOM if old.startswith(_BOM) and not text.startswith("\ufeff") else b""
    return mark + text.encode()


def as_read(now: Snapshot) -> ClaudeMd:
    data = now.data or b""
    return ClaudeMd(
        content=data.removeprefix(_BOM).decode("utf-8", "replace"),
        path=str(now.path),
        exists=now.data is not None,
        hash=now.hash,
        updated_at=now.modified,
    )


def _as_change(
    before: Snapshot,
    data: bytes | None,
    after: Snapshot,
    *,
    dry_run: bool,
    kept_version: str | None,
    hints: list[ClaudeMdHint],
) -> ClaudeMdChange:
    return ClaudeMdChange(
        file=as_read(after),
        diff=diff_of(before.data, data, f"a/{before.path.name}", f"b/{before.path.name}"),
        changed=data != before.data,
        dry_run=dry_run,
        kept_version=kept_version,
        hints=hints,
    )
