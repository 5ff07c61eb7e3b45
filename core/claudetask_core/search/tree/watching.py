"""Asks the kernel what changed in the folders of a tree, where it can tell (inotify of Linux).

A write is in the kernel's queue before the program that wrote goes on, so a question that finds
the queue empty needs no look at the tree. The folders are watched one by one: only those that
are not ignored cost anything. Where there are too many, or where others may write past this
kernel (a network's or a host's file system), nothing is watched, and the tree is looked at.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, Final

from claudetask_core.search.text.wordlist import words_of

_log = logging.getLogger(__name__)

MOST_SHARE: Final = 4
"""One tree takes at most one in so many of the watches that its user may have."""

_LIMIT: Final = Path("/proc/sys/fs/inotify/max_user_watches")
_MOUNTS: Final = Path("/proc/self/mountinfo")
_LOCAL: Final = words_of(
    "ext2 ext3 ext4 xfs btrfs zfs f2fs bcachefs jfs reiserfs tmpfs ramfs overlay"
)
_RULES: Final = frozenset({".gitignore", ".gitmodules"})
_CHANGED: Final = 0x2 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200  # written, closed, moved, made, deleted
_SELF: Final = 0x400 | 0x800  # the folder itself deleted or moved
_OVER: Final = 0x8000  # no more will come of this watch
_LOST: Final = 0x2000 | 0x4000  # unmounted, or too many events
_IS_FOLDER: Final = 0x40000000
_ONLY_FOLDERS: Final = 0x01000000 | 0x02000000 | 0x04000000  # no link followed, nothing unlinked


@dataclass(slots=True)
class Changes:
    """What may have changed: files, or more than can be told (`unclear`)."""

    paths: set[str] = field(default_factory=set[str])
    unclear: bool = False


class Watch:
    """Watches folders of a tree from the first that is named; may be used by several threads.

    Args:
        root: The tree, resolved.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = Lock()
        self._folders: dict[int, str] = {}
        self._covered: set[str] = set()
        self._met: set[str] = set()
        self._kernel: Any = None
        self._is_open = False

    @property
    def works(self) -> bool:
        """Whether `changes` can tell anything, as far as is known."""
        return self._kernel is not None or not self._is_open

    def cover(self, folders: Iterable[str]) -> list[str]:
        """Watches these folders too.

        Args:
            folders: Their paths in the tree, an empty one for the tree itself.

        Returns:
            Those that were not watched before.
        """
        with self._lock:
            if not self._is_open:
                self._kernel, self._is_open = _opened(self._root), True
            added = [folder for folder in folders if folder not in self._covered]
            if self._kernel is None or not added:
                return []
            if len(self._covered) + len(added) > _limit() // MOST_SHARE:
                self._give_up("there are too many folders")
                return []
            try:
                for folder in added:
                    self._add(folder)
            except OSError as error:
                self._give_up(str(error))
                return []
            return added

    def changes(self) -> Changes:
        """What happened since the last call."""
        with self._lock:
            found = Changes(unclear=self._kernel is None)
            if self._kernel is None:
                return found
            for number, mask, _, name in self._kernel.read(timeout=0):
                self._note(found, number, mask, name)
            return found

    def met(self) -> set[str]:
        """The folders in which a folder came to stand since the last call."""
        with self._lock:
            met, self._met = self._met, set()
            return met & self._covered

    def close(self) -> None:
        with self._lock:
            self._release()

    def _add(self, folder: str) -> None:
        try:
            number = self._kernel.add_watch(self._root / folder, _CHANGED | _SELF | _ONLY_FOLDERS)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return  # gone since it was listed: what is above it tells
        self._folders[number] = folder
        self._covered.add(folder)

    def _note(self, found: Changes, number: int, mask: int, name: str) -> None:
        folder = self._folders.get(number)
        if mask & _OVER:
            self._folders.pop(number, None)
        if mask & _LOST or folder is None:
            found.unclear |= bool(mask & _LOST)
            return
        if mask & _SELF:
            self._forget(folder)
        if mask & (_SELF | _IS_FOLDER) or name in _RULES:
            found.unclear = True
            self._met.add(folder)
        elif mask & _CHANGED:
            found.paths.add(f"{folder}/{name}" if folder else name)

    def _forget(self, folder: str) -> None:
        """Has a folder that was moved or deleted, and all below it, be watched anew if met again.

        Their old watches tell of a place that is no longer theirs, which asks for a look.
        """
        below = f"{folder}/"
        for covered in [one for one in self._covered if one == folder or one.startswith(below)]:
            self._covered.discard(covered)

    def _give_up(self, why: str) -> None:
        _log.info("the tree is not watched: %s", why)
        self._release()

    def _release(self) -> None:
        self._is_open = True
        if self._kernel is not None:
            self._kernel.close()
            self._kernel = None


def _opened(root: Path) -> Any:  # the library tells no types
    """The kernel's queue, None where there is none or where it would not see every write."""
    if _file_system(root) not in _LOCAL:
        return None
    try:
        return import_module("inotify_simple").INotify()
    except (ImportError, OSError) as error:
        _log.info("the tree is not watched: %s", error)
        return None


def _limit() -> int:
    try:
        return int(_LIMIT.read_text("ascii"))
    except (OSError, ValueError):
        return 0


def _file_system(root: Path) -> str | None:
    """The kind of the file system that a folder is on."""
    best, kind = "", None
    try:
        mounts = _MOUNTS.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    for mount in mounts:
        before, _, after = mount.partition(" - ")
        place = before.split(" ")[4].replace("\\040", " ")
        if len(place) >= len(best) and root.is_relative_to(place):
            best, kind = place, after.split(" ")[0]
    return kind
