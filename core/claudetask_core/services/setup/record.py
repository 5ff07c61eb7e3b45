"""What `init` wrote, so that `uninstall` can leave every byte as it was before.

The record lies on the board (or, for what goes for all projects, among the user's data) and holds
the very text that was put into each file. Without it, for instance in another person's clone,
`uninstall` finds our parts by what they are.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from claudetask_core.errors import Invalid
from claudetask_core.services.disk.files import Snapshot, digest
from claudetask_core.services.disk.json_edit import Insertion
from claudetask_core.services.disk.replace import NotWritable, sync_folder, write_beside

FILE = "setup.json"


class RecordBroken(Invalid):
    code = "setup_record_broken"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}, which says what init wrote, cannot be read.",
            next_step="Delete it: uninstall then finds what is ours by its name.",
        )


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WrittenPart(_Part):
    """Text that was put in behind so many bytes."""

    at: int
    text: str


class WrittenFile(_Part):
    """A file as it was left: its hash then, what was put in, and in which order."""

    created: bool
    hash: str
    parts: tuple[WrittenPart, ...]
    made: tuple[tuple[str, ...], ...] = ()
    """The containers that were not there before, as paths of keys."""

    def undone(self, data: bytes) -> bytes | None:
        """The file without what was put in; None where that is no longer told for certain."""
        same = digest(data) == self.hash
        for part in reversed(self.parts):
            text = part.text.encode()
            at = part.at if same else data.find(text)
            if at < 0 or data[at : at + len(text)] != text:
                return None
            if not same and data.find(text, at + 1) >= 0:
                return None
            data = data[:at] + data[at + len(text) :]
        return data


class Written(_Part):
    """All that was written for one folder: files and folders by their path below it."""

    files: dict[str, WrittenFile] = {}
    folders: tuple[str, ...] = ()
    board: bool = False
    """Whether the board's folder was made for this."""

    def with_file(self, name: str, file: WrittenFile) -> "Written":
        return self.model_copy(update={"files": {**self.files, name: file}})


class _Records(_Part):
    folders: dict[str, Written] = {}


@dataclass(frozen=True)
class SetupRecord:
    """The record of one folder, in the file that the worktrees of a repository share."""

    store: Path
    base: Path

    @property
    def path(self) -> Path:
        return self.store / FILE

    def read(self) -> Written:
        """What was written; nothing where there is no record.

        Raises:
            RecordBroken: It cannot be read.
        """
        return self._all().folders.get(self._name, Written())

    def others(self) -> list[Written]:
        """What was written for other folders of the repository.

        Raises:
            RecordBroken: It cannot be read.
        """
        return [one for name, one in self._all().folders.items() if name != self._name]

    def write(self, written: Written) -> None:
        """Keeps the record; one of nothing is taken away.

        Raises:
            NotWritable: The system refuses.
        """
        folders = dict(self._all().folders)
        before = folders.pop(self._name, Written())
        if written != Written():
            folders[self._name] = written
        elif before.board and folders:  # the last worktree that has us takes the board along
            name, other = next(iter(folders.items()))
            folders[name] = other.model_copy(update={"board": True})
        try:
            if not folders:
                self.path.unlink(missing_ok=True)
                return
            text = _Records(folders=folders).model_dump_json(indent=2)
            write_beside(self.path, text.encode(), mode=0o600).replace(self.path)
            sync_folder(self.store)
        except OSError as error:
            raise NotWritable(self.path, error) from None

    @property
    def _name(self) -> str:
        """The folder as the board sees it, so that a project that is moved keeps its record."""
        return os.path.relpath(os.path.realpath(self.base), os.path.realpath(self.store.parent))

    def _all(self) -> _Records:
        try:
            return _Records.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return _Records()
        except (OSError, ValidationError):
            raise RecordBroken(self.path) from None


def recorded(
    known: WrittenFile | None,
    before: Snapshot,
    after: bytes,
    parts: Sequence[Insertion],
    made: Sequence[tuple[str, ...]],
) -> WrittenFile:
    """What is known of a file once it was written again.

    A part's place goes with the parts before it: they are taken out in the opposite order. Where
    somebody wrote in between, places no longer hold, and the parts are found by their text.
    """
    new = tuple(WrittenPart(at=part.at, text=part.text) for part in parts)
    if known is None or before.data is None:
        return WrittenFile(
            created=before.data is None, hash=digest(after), parts=new, made=tuple(made)
        )
    return WrittenFile(
        created=known.created,
        hash=digest(after) if known.hash == before.hash else "",
        parts=known.parts + new,
        made=(*known.made, *made),
    )
