"""What of a project headless Claude Code may not read: what the index leaves out.

Files that people excluded, that git ignores, and that hold a credential of a known form. The last
are found by `git grep` for the words that such forms begin with, which is quick in a large tree,
and by looking at what it names; where that names nothing or there is no git by looking at all
files, as far as time allows.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from claudetask_core.search.text.credentials import HINTS, secret_lines
from claudetask_core.search.tree.listing import glob, list_files
from claudetask_core.services.repository.git import git

log = logging.getLogger(__name__)

MOST: Final = 2_000
"""As many patterns of each sort as an argument vector easily holds."""
SECONDS: Final = 5.0
IGNORED: Final = ("--others", "--ignored", "--exclude-standard", "--directory", "-z")
NAMES: Final = (
    "--files-with-matches",
    "-z",
    "--text",
    "--untracked",
    "--no-color",
    "--fixed-strings",
)


async def denied(root: Path, exclude: Sequence[str], max_bytes: int) -> list[str]:
    """Patterns of the files that may not be read, besides those whose names say so.

    Args:
        root: The project.
        exclude: What people left out of the index.
        max_bytes: Larger files are not looked at; they are not indexed either.
    """
    hints = [part for hint in HINTS for part in ("-e", hint)]
    ignored, named = await asyncio.gather(
        git(root, "ls-files", *IGNORED), git(root, "grep", *NAMES, *hints)
    )
    candidates = _parted(named)
    if not candidates:
        candidates = await asyncio.to_thread(list_files, root, glob(exclude), lambda: False)
    secret = await asyncio.to_thread(_with_credentials, root, candidates, max_bytes)
    return [*exclude, *_patterns(_parted(ignored)), *_patterns(secret)]


def _parted(said: str | None) -> list[str]:
    return [path for path in (said or "").split("\0") if path]


def _patterns(paths: Sequence[str]) -> list[str]:
    if len(paths) > MOST:
        log.warning("only %d of %d files are kept from Claude Code", MOST, len(paths))
    return [f"./{path}**" if path.endswith("/") else f"./{path}" for path in paths[:MOST]]


def _with_credentials(root: Path, paths: Iterable[str], max_bytes: int) -> list[str]:
    until = time.monotonic() + SECONDS
    found: list[str] = []
    for path in paths:
        if time.monotonic() > until:
            log.warning("not all files could be looked at for credentials in time")
            break
        if secret_lines(_lines(root / path, max_bytes)):
            found.append(path)
    return found


def _lines(path: Path, max_bytes: int) -> list[str]:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > max_bytes:
            return []
        return path.read_bytes().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
