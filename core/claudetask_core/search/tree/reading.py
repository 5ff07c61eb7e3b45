"""Reads one file of the tree, and tells whether it is still the file that was indexed."""

import os
import stat
import time
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from claudetask_core.search.text.decoding import decoded

_TICK_NS: Final = 20_000_000
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_NOWHERE: Final = ("", ".", "..")


class Signature(NamedTuple):
    """What changes when a file does: its size, its times and its inode; no program can set
    `changed_ns` back.
    """

    size: int
    mtime_ns: int
    inode: int
    changed_ns: int


class Identity(NamedTuple):
    """All that tells one state of a file from another; no program can set `changed_ns` back."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes as they were when it had `signature`, read after it had `identity`."""

    signature: Signature
    data: bytes
    identity: Identity

    @property
    def digest(self) -> bytes:
        return blake2b(self.data, digest_size=12).digest()

    @property
    def lines(self) -> list[str]:
        return split_lines(self.data)


def text_of(data: bytes) -> str:
    """The text of a file with one line feed after every line, as editors count these."""
    text = decoded(data)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def split_lines(data: bytes) -> list[str]:
    """The lines of a file without their ends; a final line end starts no line."""
    lines = text_of(data).split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


def _signature(status: os.stat_result) -> Signature:
    return Signature(status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns)


def identity(path: str) -> Identity | None:
    """The identity of whatever is at a path, None where nothing is."""
    try:
        return _identity(os.lstat(path))
    except (OSError, ValueError):
        return None


def _identity(status: os.stat_result) -> Identity:
    return Identity(
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    )


def look(path: str) -> Signature | None:
    """The signature of a regular file, None for anything else (a symlink, a missing file)."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return _signature(status) if stat.S_ISREG(status.st_mode) else None


def read(root: Path, relative: str, max_bytes: int, safe: set[str] | None = None) -> Content | None:
    """A file inside `root`, None where there is none, it is too large or leads outside.

    No symlink is followed: neither the file's own (O_NOFOLLOW) nor one among its folders.

    Args:
        root: The tree, resolved.
        relative: The file's path in it.
        max_bytes: The size that is still read.
        safe: Folders that were looked at a moment ago; grows with those that are found safe.
    """
    if not is_inside(root, relative, safe):
        return None
    try:
        handle = os.open(f"{root}/{relative}", _FLAGS)
    except (OSError, ValueError):
        return None
    try:
        return _content(handle, max_bytes)
    except OSError:
        return None
    finally:
        os.close(handle)


def is_inside(root: Path, relative: str, safe: set[str] | None = None) -> bool:
    """Whether only real folders lead from `root` to a path; arguments as for `read`."""
    safe = set[str]() if safe is None else safe
    if relative.rpartition("/")[0] in safe:
        return True
    end = relative.find("/")
    while end >= 0:
        folder = relative[:end]
        if folder not in safe and not _is_folder(root, folder):
            return False
        safe.add(folder)
        end = relative.find("/", end + 1)
    return True


def _is_folder(root: Path, folder: str) -> bool:
    """Whether it is a folder and no symlink; those around it were looked at before."""
    if folder.rpartition("/")[2] in _NOWHERE:
        return False
    try:
        return stat.S_ISDIR(os.lstat(f"{root}/{folder}").st_mode)
    except (OSError, ValueError):
        return False


def _content(handle: int, max_bytes: int) -> Content | None:
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_size > max_bytes:
        return None
    data = os.read(handle, status.st_size + 1)
    if len(data) != status.st_size:
        return None
    return Content(_settled(_signature(status)), data, _identity(status))


def _settled(signature: Signature) -> Signature:
    """A file written this very moment may be written again within one tick of the file
    system's clock, so its time is not trusted: the next look finds it changed.
    """
    if abs(time.time_ns() - signature.mtime_ns) < _TICK_NS:
        return signature._replace(mtime_ns=0)
    return signature
