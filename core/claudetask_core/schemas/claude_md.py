"""CLAUDE.md as it stands on disk, and what may be written to it."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from claudetask_core.schemas.base import (
    NoNul,
    OnDisk,
    ReadModel,
    Text,
    Timestamp,
    WriteModel,
    at_most_bytes,
)
from claudetask_core.schemas.forms import KEPT_VERSION
from claudetask_core.schemas.task import KIB

ClaudeMdContent = Annotated[Text, at_most_bytes(1024 * KIB)]
SectionPath = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), NoNul
]
OtherPath = Annotated[str, StringConstraints(min_length=1, max_length=4096), NoNul]
VersionName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=KEPT_VERSION)]


class Place(StrEnum):
    """Where a CLAUDE.md stands.

    `project` is the project's CLAUDE.md, or `.claude/CLAUDE.md` where only that is; `dot-claude`
    is that one by name, `local` CLAUDE.local.md, which is not committed, and `user` the user's
    own for all projects, which is only read.
    """

    PROJECT = "project"
    DOT_CLAUDE = "dot-claude"
    LOCAL = "local"
    USER = "user"


class ImportState(StrEnum):
    """What Claude Code does with an `@path`."""

    LOADED = "loaded"
    REPEATED = "repeated"
    LOOP = "loop"
    MISSING = "missing"
    TOO_DEEP = "too_deep"
    OUTSIDE = "outside"
    UNREADABLE = "unreadable"


class ClaudeMdImport(ReadModel):
    """A file that is taken in: `written` on `line` of `file`; `depth` 1 is the file itself."""

    written: OnDisk
    file: OnDisk
    line: int
    path: OnDisk
    depth: int
    state: ImportState
    size: int | None


class ClaudeMdHint(ReadModel):
    """Something a person may want to change; nothing does it for them."""

    rule: str
    line: int
    message: OnDisk


class ClaudeMd(ReadModel):
    """The file: `hash` is that of its bytes; all three last are null where it is missing."""

    content: OnDisk
    path: OnDisk
    exists: bool
    hash: str | None
    updated_at: Timestamp | None


class ClaudeMdSection(ReadModel):
    """One heading and all below it; `section` is its path, `hash` that of the whole file."""

    section: OnDisk
    content: OnDisk
    path: OnDisk
    hash: str


class ClaudeMdOverview(ReadModel):
    """One place with the heading paths of its sections, what it takes in, and what could be better.

    `size` counts bytes, without the imports.
    """

    place: Place
    path: OnDisk
    exists: bool
    hash: str | None
    size: int
    outline: list[OnDisk]
    imports: list[ClaudeMdImport]
    hints: list[ClaudeMdHint]


class LoadedWhen(StrEnum):
    """When Claude Code loads a file: at the start, with a file that matches `paths`, with a file
    in `folder`; or not at all: an AGENTS.md of a sub-folder is hidden by the project's CLAUDE.md.
    Or it leads outside and is left alone here, or cannot be read.
    """

    START = "start"
    PATHS = "paths"
    FOLDER = "folder"
    HIDDEN = "hidden"
    OUTSIDE = "outside"
    UNREADABLE = "unreadable"


class ClaudeMdOther(ReadModel):
    """A file besides the four that Claude Code loads: a rule, what stands in a sub-folder, or an
    AGENTS.md, which newer versions read where no CLAUDE.md of the project says anything.

    `path` starts from the project; a rule of the user's own begins with `~/`, or with `/` where
    Claude Code's folder is outside of the home. `folder` is the sub-folder that it is for, empty
    for all; `paths` are relative to that folder.
    """

    path: OnDisk
    size: int | None
    when: LoadedWhen
    folder: OnDisk
    paths: list[OnDisk]


class ClaudeMdOthers(ReadModel):
    """Those files; not `complete` where there is too much to look through, or too many."""

    complete: bool
    files: list[ClaudeMdOther]


class SectionMode(StrEnum):
    REPLACE = "replace"
    APPEND = "append"
    DELETE = "delete"


class ClaudeMdWrite(WriteModel):
    """A whole file, or with `section` what replaces that one (its heading line included).

    To append adds the content at the end of the section, or of the file; to delete takes the
    section out, or empties the file.
    """

    content: ClaudeMdContent = ""
    section: SectionPath | None = None
    mode: SectionMode = SectionMode.REPLACE
    place: Place = Place.PROJECT
    expected_hash: Annotated[Text, StringConstraints(min_length=1, max_length=100)] | None = None
    dry_run: bool = False


class ClaudeMdChange(ReadModel):
    """What a write did, or with `dry_run` would do; `kept_version` restores what was there.

    `file` is the file as it stands on disk: with `dry_run` as it was. `hints` say what else comes
    of it.
    """

    file: ClaudeMd
    diff: str
    changed: bool
    dry_run: bool
    kept_version: str | None
    hints: list[ClaudeMdHint]
