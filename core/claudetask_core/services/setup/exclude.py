"""Keeps git from taking one person's answers to Claude Code along.

Where Claude Code writes `.claude/settings.local.json` itself, it has that person's git ignore the
file everywhere. Where `init --approve` writes it first, the repository's own `info/exclude` says
so: no commit holds that file, all worktrees share it, and nothing outside the repository changes.
"""

from contextlib import suppress
from pathlib import Path

from claudetask_core.errors import DomainError
from claudetask_core.services.disk.files import Snapshot, look

EXCLUDE = Path("info", "exclude")
PATTERN = "**/.claude/settings.local.json"
_MADE = f"# made by claudetask-mcp init\n{PATTERN}\n".encode()
_ADDED = f"# added by claudetask-mcp init\n{PATTERN}\n".encode()


def exclude_of(common: Path, limit: int) -> Snapshot | None:
    """The file as it is; None where it may not be looked at, as where a link leads out of git.

    Args:
        common: Git's common folder.
        limit: How many bytes it may have.
    """
    with suppress(DomainError):
        return look(common, common / EXCLUDE, limit=limit)
    return None


def with_exclusion(data: bytes | None) -> bytes:
    """The file with our lines first, so that whatever a person says there counts more."""
    if data is None:
        return _MADE
    return data if _MADE in data or _ADDED in data else _ADDED + data


def without_exclusion(data: bytes) -> bytes | None:
    """The file without our lines; None where it was made for them alone."""
    left = data.replace(_MADE, b"", 1).replace(_ADDED, b"", 1)
    return None if _MADE in data and not left else left
