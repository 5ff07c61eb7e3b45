"""The folders above a project whose `.claude` Claude Code reads too.

Seen in runs of the real client: agents, skills and commands come from the folder it is started in
and from all above it up to the repository's root, or up to the last where there is no repository;
the nearest of one name counts. `.mcp.json` is read in all folders above, beyond the repository too.
"""

import os
from pathlib import Path

from claudetask_core.home import Home

MOST = 32


def above(root: Path, home: Home | None) -> list[Path]:
    """The folders of the same repository above the project, nearest first; never the home."""
    if _is_top(root):
        return []
    found: list[Path] = []
    for folder in root.parents[:MOST]:
        if home is None or not _same(folder, home.folder):
            found.append(folder)
        if _is_top(folder):
            break
    return found


def _is_top(folder: Path) -> bool:
    return os.path.lexists(folder / ".git")


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
