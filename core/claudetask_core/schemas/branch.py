"""What git knows of the branch a task is worked on in."""

from enum import StrEnum

from claudetask_core.schemas.base import OnDisk, ReadModel, Timestamp


class BranchState(StrEnum):
    """`trunk` is the branch that others go into; `missing` is a name that git does not know."""

    NONE = "none"
    UNKNOWN = "unknown"
    MISSING = "missing"
    TRUNK = "trunk"
    OPEN = "open"
    MERGED = "merged"


class Commit(ReadModel):
    hash: str
    subject: OnDisk
    author: OnDisk
    at: Timestamp | None


class Branch(ReadModel):
    """A task's branch: its commits that the trunk did not have, newest first, and their files.

    `worktree` is the folder it is checked out in; `more_commits` and `more_files` say that there
    are others than those listed.
    """

    name: str | None
    state: BranchState
    trunk: str | None
    worktree: OnDisk | None
    commits: list[Commit]
    files: list[OnDisk]
    more_commits: bool
    more_files: bool
