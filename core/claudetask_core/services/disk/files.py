"""Reading the user's files: what they hold, as bytes, and only inside the project."""

import errno
import hashlib
import os
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from claudetask_core.errors import Forbidden, Invalid, NotFound, Unavailable

RootSource = Callable[[], Awaitable[Path]]
"""The project's folder, which may change while the program runs."""

MAX_BYTES = 4 * 1024 * 1024
NO_MORE_FILES = (errno.EMFILE, errno.ENFILE)
NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class OutsideProject(Forbidden):
    code = "outside_project"

    def __init__(self, path: Path, target: Path) -> None:
        super().__init__(
            f"{path} leads out of the folder it belongs to, to {target}, and is left alone.",
            next_step="Put a real file there, or a link to one inside the same folder.",
        )


class FileTooLarge(Invalid):
    code = "file_too_large"

    def __init__(self, path: Path, limit: int) -> None:
        super().__init__(
            f"{path} is larger than {limit} bytes and is left alone.",
            next_step="Make the file smaller by hand first.",
        )


class NotAFile(Invalid):
    code = "not_a_file"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is not a regular file.", next_step="Put a regular file in its place."
        )


class NotReadable(Unavailable):
    code = "not_readable"

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"{path} cannot be read: {error.strerror}.",
            next_step="Close some clients, or raise the limit of open files (ulimit -n), then try "
            "again."
            if error.errno in NO_MORE_FILES
            else "Correct its permissions and try again.",
        )


class ProjectFolderMissing(NotFound):
    code = "project_folder_missing"

    def __init__(self, root: Path) -> None:
        super().__init__(
            f"The project's folder {root} does not exist.",
            next_step="Set project_path to a folder that exists.",
        )


@dataclass(frozen=True)
class Snapshot:
    """A file at one moment; `data` is None where there is none.

    `path` is its name, `target` what that leads to once every symlink is followed.
    """

    base: Path
    path: Path
    target: Path
    data: bytes | None
    mode: int
    owner: tuple[int, int]
    modified: datetime | None
    limit: int

    @property
    def hash(self) -> str | None:
        return None if self.data is None else digest(self.data)


def digest(data: bytes) -> str:
    """The hash by which callers name what they read."""
    return hashlib.sha256(data).hexdigest()


def inside(base: Path, path: Path) -> Path:
    """Where `path` really leads.

    Raises:
        OutsideProject: It leads out of `base`, by a symlink or by its own words.
    """
    target = Path(os.path.realpath(path))
    if not target.is_relative_to(os.path.realpath(base)):
        raise OutsideProject(path, target)
    return target


def is_folder(path: Path) -> bool:
    """Whether a folder is there; what the system does not let us look at is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_there(path: Path, *, unknown: bool) -> bool:
    """Whether something is there; `unknown` where the system does not let us know.

    `Path.exists` would do, but since Python 3.14 it takes what it cannot know for no.
    """
    try:
        path.stat()
    except OSError as error:
        return unknown and error.errno not in NOTHING_THERE
    return True


def look(base: Path, path: Path, *, limit: int = MAX_BYTES) -> Snapshot:
    """What stands at `path` now.

    Raises:
        OutsideProject: It leads out of `base`.
        FileTooLarge: It has more than `limit` bytes.
        NotAFile: It is a folder, a pipe or a device.
        NotReadable: The system refuses.
    """
    target = inside(base, path)
    try:
        # The target has no link left in it: one that appears now is somebody's trick.
        handle = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR}:
            return Snapshot(base, path, target, None, 0, (-1, -1), None, limit)
        raise NotReadable(path, error) from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise NotAFile(path)
        data = _read(handle, limit + 1)
    except OSError as error:
        raise NotReadable(path, error) from None
    finally:
        os.close(handle)
    if len(data) > limit:
        raise FileTooLarge(path, limit)
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    owner = (status.st_uid, status.st_gid)
    return Snapshot(base, path, target, data, stat.S_IMODE(status.st_mode), owner, modified, limit)


def _read(handle: int, most: int) -> bytes:
    pieces: list[bytes] = []
    while most > 0 and (piece := os.read(handle, min(most, 1 << 20))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)
