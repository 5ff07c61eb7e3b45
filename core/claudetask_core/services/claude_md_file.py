"""CLAUDE.md on disk; every method blocks, and writes under the board's lock."""

import os
from collections.abc import Callable
from pathlib import Path

from claudetask_core.errors import Invalid
from claudetask_core.schemas.agent import FileVersion
from claudetask_core.schemas.claude_md import (
    ClaudeMd,
    ClaudeMdChange,
    ClaudeMdSection,
    ClaudeMdWrite,
)
from claudetask_core.services.files import FileTooLarge, ProjectFolderMissing, Snapshot, look
from claudetask_core.services.kept import KeptCopies
from claudetask_core.services.replace import diff_of, refuse_stale, replace
from claudetask_core.services.sections import (
    NotText,
    find_section,
    outline_of,
    replace_section,
    sections_of,
)

NAME = "CLAUDE.md"
_BOM = b"\xef\xbb\xbf"


class HashRequired(Invalid):
    code = "hash_required"

    def __init__(self, current_hash: str | None) -> None:
        super().__init__(
            "CLAUDE.md exists, so replacing it whole needs expected_hash.",
            next_step="Call read_claude_md and send the hash it answers, or write one section.",
            current_hash=current_hash,
        )


class ClaudeMdFile:
    """The file of one project folder: `CLAUDE.md`, or `.claude/CLAUDE.md` where only that is."""

    def __init__(self, root: Path, kept: KeptCopies) -> None:
        self._root = root
        self._kept = kept

    def read(self) -> ClaudeMd:
        return _as_read(self._look())

    def outline(self) -> list[str]:
        try:
            return outline_of(sections_of(self._look().data or b""))
        except NotText:
            return []  # the text can still be read, and its sections not be written

    def section(self, path: str) -> ClaudeMdSection:
        now = self._look()
        data = now.data or b""
        found = find_section(sections_of(data), path)
        return ClaudeMdSection(
            section=found.path,
            content=data[found.start : found.end].decode(),
            path=str(now.path),
            hash=now.hash or "",
        )

    def write(self, data: ClaudeMdWrite, *, require_hash: bool) -> ClaudeMdChange:
        def make(now: Snapshot) -> bytes:
            if data.expected_hash is not None:
                known = self._kept.contents(self._root, self._label(now), data.expected_hash)
                refuse_stale(now, data.expected_hash, known)
            if data.section is not None:
                return _with_section(now, data.section, data.content)
            missing = data.expected_hash is None and now.data is not None
            if require_hash and missing and not data.dry_run:
                raise HashRequired(now.hash)
            return _whole(now, data.content)

        return self._change(make, dry_run=data.dry_run)

    def versions(self) -> list[FileVersion]:
        return self._kept.versions(self._root, self._label(self._look()))

    def restore(self, version: str, *, dry_run: bool) -> ClaudeMdChange:
        def make(now: Snapshot) -> bytes:
            return self._kept.get(self._root, self._label(now), version).data

        return self._change(make, dry_run=dry_run)

    def _change(self, make: Callable[[Snapshot], bytes], *, dry_run: bool) -> ClaudeMdChange:
        if dry_run:
            now = self._look()
            return _as_change(now, make(now), now, dry_run=True, kept_version=None)
        with self._kept.lock():
            before = self._look()
            data = make(before)
            if len(data) > before.limit:
                raise FileTooLarge(before.path, before.limit)
            if data == before.data:
                return _as_change(before, data, before, dry_run=False, kept_version=None)
            if not self._root.is_dir():
                raise ProjectFolderMissing(self._root)
            label, version = self._label(before), None
            if before.data is not None:
                version = self._kept.keep(self._root, label, before.path, before.data)
            replace(before, data)
            return _as_change(before, data, self._look(), dry_run=False, kept_version=version)

    def _look(self) -> Snapshot:
        path = self._root / NAME
        other = self._root / ".claude" / NAME
        if not os.path.lexists(path) and os.path.lexists(other):
            path = other
        return look(self._root, path)

    def _label(self, now: Snapshot) -> str:
        return now.path.relative_to(self._root).as_posix()


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


def _as_read(now: Snapshot) -> ClaudeMd:
    data = now.data or b""
    return ClaudeMd(
        content=data.removeprefix(_BOM).decode("utf-8", "replace"),
        path=str(now.path),
        exists=now.data is not None,
        hash=now.hash,
        updated_at=now.modified,
    )


def _as_change(
    before: Snapshot, data: bytes, after: Snapshot, *, dry_run: bool, kept_version: str | None
) -> ClaudeMdChange:
    return ClaudeMdChange(
        file=_as_read(after),
        diff=diff_of(before.data, data, f"a/{before.path.name}", f"b/{before.path.name}"),
        changed=data != before.data,
        dry_run=dry_run,
        kept_version=kept_version,
    )
