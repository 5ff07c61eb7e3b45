"""Previous contents of the files we write, so that nothing of the user's is ever lost.

Copies stand under `<board>/kept/<subject>/`, one folder per file, named by moment and content:
`20261122T223606.123456Z-1a2b3c4d5e6f`. A folder's `about.json` says which file it belongs to,
so that a deleted one can be put back. One lock per board orders all writers, whatever process
they are in: a write is a few milliseconds, and an order is what makes "keep, compare, replace"
one step.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from claudetask_core.clock import Clock, SystemClock
from claudetask_core.errors import NotFound, Unavailable
from claudetask_core.schemas.agent import FileVersion
from claudetask_core.services.disk.files import NotReadable, digest, inside
from claudetask_core.services.disk.replace import NotWritable, sync_folder, write_beside

LIMIT = 50
LAST = "last"
"""Stands for the newest copy that is not what is there already."""

LOCK_SECONDS = 10.0
_STAMP = "%Y%m%dT%H%M%S.%fZ"
_HASH_CHARACTERS = 12
_ABOUT = "about.json"


class VersionNotFound(NotFound):
    code = "version_not_found"

    def __init__(self, label: str, version: str, known: list[str]) -> None:
        newest = f"The newest are: {', '.join(known[:3])}."
        named = f"No kept copy of {label} is named {version[:100]!r}. {newest}"
        super().__init__(
            named if known else f"No copy of {label} is kept, so there is none to restore.",
            next_step="Name one of these, or last for the newest."
            if known
            else "From now on each write keeps what was there before.",
            versions=known[:10],
        )


class KeeperBusy(Unavailable):
    code = "keeper_busy"

    def __init__(self) -> None:
        super().__init__(
            "Another process has been writing these files for too long.", next_step="Try again."
        )


@dataclass(frozen=True)
class KeptCopy:
    """A previous content and the path, relative to the project, where it stood."""

    path: str
    data: bytes


class KeptCopies:
    """The copies of one board.

    Args:
        folder: Where they go, `<board>/kept`; it is made with the first copy.
        clock: What time it is.
        limit: How many copies of one file stay.
        lock_seconds: How long a writer waits for the others.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock | None = None,
        *,
        limit: int = LIMIT,
        lock_seconds: float = LOCK_SECONDS,
    ) -> None:
        self._kept = folder
        self._board = folder.parent
        self._clock = clock or SystemClock()
        self._limit = limit
        self._lock_seconds = lock_seconds

    @contextlib.contextmanager
    def lock(self) -> Generator[None]:
        """Keep every other writer of this board's files out, in any process.

        Raises:
            KeeperBusy: It was not free within a bounded time.
            NotWritable: The board's folder takes no lock file.
        """
        from filelock import FileLock, Timeout  # noqa: PLC0415 — 50 ms of a start that writes nothing

        path = self._made(self._kept) / "lock"
        lock = FileLock(path, timeout=self._lock_seconds, poll_interval=0.01, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            raise KeeperBusy from None
        except OSError as error:
            raise NotWritable(path, error) from None
        try:
            yield
        finally:
            lock.release()

    def keep(self, root: Path, label: str, path: Path, data: bytes) -> str:
        """Keep `data` as a previous content of `label`, and answer the version's name.

        Raises:
            NotWritable: It cannot be kept, so its original must not be written.
        """
        folder = self._made(self._folder(root, label))
        newest = self._names(folder)[:1]
        if newest and _read(folder / newest[0]) == data:
            return newest[0]
        name = f"{self._stamp(newest)}-{digest(data)[:_HASH_CHARACTERS]}"
        relative = os.path.relpath(path, root)
        about = {"label": label, "root": str(root), "path": relative}
        self._put(folder / _ABOUT, json.dumps(about).encode())
        self._put(folder / name, data)
        for old in self._names(folder)[self._limit :]:
            with contextlib.suppress(OSError):  # one copy too many is no reason to stop
                (folder / old).unlink()
        return name

    def versions(self, root: Path, label: str) -> list[FileVersion]:
        """The kept copies of `label`, newest first."""
        folder = self._folder(root, label)
        copies = ((name, _read(folder / name)) for name in self._names(folder))
        return [_version(name, data) for name, data in copies if data is not None]

    def get(
        self, root: Path, label: str, version: str, *, present: bytes | None = None
    ) -> KeptCopy:
        """One kept copy.

        Args:
            root: The project.
            label: What the copies are of.
            version: Its name, or LAST.
            present: What stands there now.

        Raises:
            VersionNotFound: No copy of `label` has that name.
        """
        folder = self._folder(root, label)
        known = self._names(folder)
        if version == LAST:
            others = (name for name in known if _read(folder / name) != present)
            version = next(others, LAST)
        data = _read(folder / version) if version in known else None
        about = _read(folder / _ABOUT)
        if data is None or about is None:
            raise VersionNotFound(label, version, known)
        return KeptCopy(path=str(json.loads(about)["path"]), data=data)

    def contents(self, root: Path, label: str, content_hash: str) -> bytes | None:
        """The kept contents that have this hash, where there are any."""
        folder = self._folder(root, label)
        for name in self._names(folder):
            if name.endswith(f"-{content_hash[:_HASH_CHARACTERS]}"):
                data = _read(folder / name)
                if data is not None and digest(data) == content_hash:
                    return data
        return None

    def _folder(self, root: Path, label: str) -> Path:
        # Relative where it can be, so that a project that is moved finds its copies again.
        real, home = Path(os.path.realpath(root)), os.path.realpath(self._board.parent)
        base = real.relative_to(home) if real.is_relative_to(home) else real
        subject = f"{base.as_posix()}\x00{label}".encode("utf-8", "surrogatepass")
        return self._kept / hashlib.sha256(subject).hexdigest()[:32]

    def _made(self, folder: Path) -> Path:
        inside(self._board, folder)
        try:
            for path in (self._board, self._kept, folder):
                path.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise NotWritable(folder, error) from None
        return folder

    def _stamp(self, newest: list[str]) -> str:
        now = self._clock.now().astimezone(UTC)
        if newest:
            now = max(now, _moment(newest[0]) + timedelta(microseconds=1))
        return now.strftime(_STAMP)

    @staticmethod
    def _names(folder: Path) -> list[str]:
        try:
            found = [entry.name for entry in folder.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted((name for name in found if _is_version(name)), reverse=True)

    @staticmethod
    def _put(path: Path, data: bytes) -> None:
        try:
            temporary = write_beside(path, data, mode=0o600)
            temporary.replace(path)
        except OSError as error:
            raise NotWritable(path, error) from None
        sync_folder(path.parent)


def _is_version(name: str) -> bool:
    with contextlib.suppress(ValueError):
        return bool(_moment(name))
    return False


def _moment(name: str) -> datetime:
    return datetime.strptime(name.rpartition("-")[0], _STAMP).replace(tzinfo=UTC)


def _version(name: str, data: bytes) -> FileVersion:
    return FileVersion(version=name, kept_at=_moment(name), hash=digest(data), size=len(data))


def _read(path: Path) -> bytes | None:
    """A copy's contents; None where another process has just dropped it as too old."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotReadable(path, error) from None
