"""CLAUDE.md as it stands on disk, and what may be written to it."""

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
from claudetask_core.schemas.task import KIB

ClaudeMdContent = Annotated[Text, at_most_bytes(1024 * KIB)]
SectionPath = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), NoNul
]
VersionName = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._-]+$")
]


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


class ClaudeMdWrite(WriteModel):
    """A whole file, or with `section` what replaces that one (its heading line included)."""

    content: ClaudeMdContent
    section: SectionPath | None = None
    expected_hash: Annotated[Text, StringConstraints(min_length=1, max_length=100)] | None = None
    dry_run: bool = False


class ClaudeMdChange(ReadModel):
    """What a write did, or with `dry_run` would do; `kept_version` restores what was there.

    `file` is the file as it stands on disk: with `dry_run` as it was.
    """

    file: ClaudeMd
    diff: str
    changed: bool
    dry_run: bool
    kept_version: str | None
