"""Where index files stand, and how they go.

Each format has a file of its own: of two versions of the program that run at the same time, as they
do where one is upgraded while sessions go on, one would throw away the other's at every question.
"""

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from claudetask_core.search.index.schema import FORMAT

UNUSED_SECONDS: Final = 7 * 24 * 3600


def file_in(folder: Path) -> Path:
    """The index file of this format in `folder`."""
    return folder / f"code-{FORMAT}.db"


def delete(path: Path) -> None:
    """Removes an index file with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def delete_unused(folder: Path) -> None:
    """Removes the index files of other formats in `folder`, and what is beside them, that were not
    written to for `UNUSED_SECONDS`. Who still has one open makes it anew.
    """
    with suppress(OSError):
        for path in folder.glob("code*.db"):
            parts = list(folder.glob(f"{path.name}*"))
            written = max(part.stat().st_mtime for part in parts)
            if path != file_in(folder) and time.time() - written > UNUSED_SECONDS:
                for part in parts:
                    part.unlink(missing_ok=True)
