"""Changing the user's files: whole or not at all, and never over somebody else's change."""

import contextlib
import difflib
import os
import re
import secrets
import time
from collections.abc import Generator
from pathlib import Path

from claudetask_core.errors import Stale, Unavailable
from claudetask_core.services.disk.being_written import refuse_written
from claudetask_core.services.disk.files import ProjectFolderMissing, Snapshot, digest, inside, look

DIFF_CHARACTERS = 2000
DIFF_LINES = 5000
SHOWN = 60
STALE_SECONDS = 60


class NotWritable(Unavailable):
    code = "not_writable"

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"{path} cannot be written: {error.strerror or error}. Nothing was changed.",
            next_step="Free the space or correct the permissions, then try again.",
        )


class ChangedUnderneath(Stale):
    code = "changed_underneath"

    def __init__(self, path: Path, current_hash: str | None, diff: str = "") -> None:
        now = f"its hash is now {current_hash}" if current_hash else "it no longer exists"
        super().__init__(
            f"{path.name} was changed by someone else: {now}. Nothing was written.{_told(diff)}",
            next_step="Read it again and repeat the change on what it holds now.",
            current_hash=current_hash,
            **({"diff": diff} if diff else {}),
        )


def _told(diff: str) -> str:
    """A few words of a difference, where one is known."""
    lines = diff.splitlines()[2:]
    added, removed = ([one for one in lines if one.startswith(sign)] for sign in "+-")
    if not added and not removed:
        return ""
    first = (added or removed)[0][:SHOWN]
    return f" Since it was read: {len(added)} lines added, {len(removed)} removed, e.g. {first!r}."


def refuse_stale(now: Snapshot, expected_hash: str | None, known: bytes | None = None) -> None:
    """Refuse a caller who read something else than what stands there now.

    Args:
        now: The file as it stands.
        expected_hash: The hash of what the caller read; None asks for no check.
        known: The contents of that hash, where a copy was kept.

    Raises:
        ChangedUnderneath: The hashes differ.
    """
    if expected_hash is not None and expected_hash != now.hash:
        shown = diff_of(known, now.data, "read", "now") if known is not None else ""
        raise ChangedUnderneath(now.path, now.hash, shown[:DIFF_CHARACTERS])


def replace(before: Snapshot, data: bytes) -> None:
    """Put `data` where `before` was read; a symlink stays and its target is written.

    Raises:
        BeingWritten: Another program has it open to write.
        ChangedUnderneath: The file is no longer what `before` says.
        NotWritable: The system refuses; the file is as it was.
    """
    target = before.target
    mode = 0o666 if before.data is None else before.mode
    with _refusals(before.path):
        sweep(target, STALE_SECONDS)
        temporary = write_beside(target, data, mode=mode)
        try:
            if before.data is not None:
                _like(temporary, before)
                refuse_written(target)
            _still(before)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(target.parent)


def remove(before: Snapshot) -> None:
    """Delete the file (of a symlink, the link alone).

    Raises:
        BeingWritten: Another program has it open to write.
        ChangedUnderneath: The file is no longer what `before` says.
        NotWritable: The system refuses.
    """
    with _refusals(before.path):
        refuse_written(before.path)
        _still(before)
        before.path.unlink()


def move(before: Snapshot, name: str) -> Path:
    """Give the file another name in its folder; the caller has seen that the name is free.

    Raises:
        NotWritable: The system refuses.
    """
    moved = before.path.with_name(name)
    with _refusals(before.path):
        before.path.rename(moved)
    return moved


def make_folder(base: Path, folder: Path) -> None:
    """Make `folder` below the project, which must exist itself.

    Raises:
        ProjectFolderMissing: There is no `base`.
        NotWritable: The system refuses.
    """
    inside(base, folder)
    if not base.is_dir():
        raise ProjectFolderMissing(base)
    with _refusals(folder):
        folder.mkdir(parents=True, exist_ok=True)


def create_beside(target: Path, mode: int) -> tuple[Path, int]:
    """A new file in the folder of `target`, and a handle that writes to it.

    Raises:
        OSError: It cannot be made.
    """
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return temporary, os.open(temporary, flags, mode & 0o777)


def write_beside(target: Path, data: bytes, *, mode: int, durable: bool = True) -> Path:
    """A new file in the folder of `target` that holds `data`, where durable on disk for certain."""
    temporary, handle = create_beside(target, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def sweep(target: Path, seconds: float) -> None:
    """Remove what a writer left that was killed: what is older than one at work can be."""
    ours = re.compile(rf"\.{re.escape(target.name[:100])}\.[0-9a-f]{{12}}\.tmp")
    with contextlib.suppress(OSError):
        for path in target.parent.iterdir():
            if ours.fullmatch(path.name) and time.time() - path.stat().st_mtime > seconds:
                path.unlink()


def sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut, on the systems that can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def diff_of(old: bytes | None, new: bytes | None, old_name: str, new_name: str) -> str:
    """A unified diff for people; bytes that are no text show as replacement characters."""
    before, after = _lines(old), _lines(new)
    if max(len(before), len(after)) > DIFF_LINES:  # difflib takes minutes for the worst of them
        return f"({len(before)} lines became {len(after)}: too many for a diff)\n"
    return "".join(difflib.unified_diff(before, after, old_name, new_name))


def _lines(data: bytes | None) -> list[str]:
    text = (data or b"").decode("utf-8", "replace")
    return [f"{line}\n" for line in text.removesuffix("\n").split("\n")] if text else []


def _still(before: Snapshot) -> None:
    now = look(before.base, before.path, limit=before.limit)
    if now.data != before.data or now.target != before.target:
        shown = diff_of(before.data, now.data, "read", "now")[:DIFF_CHARACTERS]
        current = None if now.data is None else digest(now.data)
        raise ChangedUnderneath(before.path, current, shown)


def _like(temporary: Path, before: Snapshot) -> None:
    status = temporary.stat()
    if (status.st_uid, status.st_gid) != before.owner:
        with contextlib.suppress(PermissionError):
            os.chown(temporary, *before.owner)
    temporary.chmod(before.mode)


@contextlib.contextmanager
def _refusals(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise NotWritable(path, error) from None
