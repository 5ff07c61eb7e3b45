"""What becomes of a board when the program is taken out of a project.

It goes where nothing on it is anybody's: no task was ever made, also none that only a copy of the
board still has, nobody was given a token, no file stands there that we do not know, and every kept
copy says what a file says now. Otherwise it stays, and the reasons are told.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from claudetask_core.services.disk.replace import NotWritable

DATABASE = "claudetask.db"
KEPT = "kept"
BACKUPS = "backups"
_HASH_CHARACTERS = 12
SESSIONS = "sessions"
_KNOWN = {
    *(f"{DATABASE}{end}" for end in ("", "-wal", "-shm")),
    *("migrate.lock", ".gitignore", "index", SESSIONS),
}
_EVER = "SELECT (SELECT count(*) FROM tasks), (SELECT count(*) FROM history)"
_HAS_TOKENS = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'tokens'"
_TOKENS = "SELECT count(*) FROM tokens"


def worth_keeping(board: Path, hashes: Iterable[str]) -> list[str]:
    """Why a board is not to be removed; nothing where it may be.

    Args:
        board: Its folder.
        hashes: Those of what the changed files say now, or were made to say by us.
    """
    known = {one[:_HASH_CHARACTERS] for one in hashes}
    tasks = [*_tasks(board / DATABASE)] or [*_former(board / BACKUPS)]
    return [*tasks, *_copies(board / KEPT, known), *_others(board)]


def remove_board(board: Path) -> None:
    """Deletes the folder with all that is in it; of a link, nothing.

    Raises:
        NotWritable: The system refuses.
    """
    try:
        shutil.rmtree(board)
    except FileNotFoundError:
        return
    except OSError as error:
        raise NotWritable(board, error) from None


def _tasks(file: Path) -> Iterator[str]:
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=5)) as board:
            tasks, ever = board.execute(_EVER).fetchone()
            (has_tokens,) = board.execute(_HAS_TOKENS).fetchone()
            (tokens,) = board.execute(_TOKENS).fetchone() if has_tokens else (0,)
    except sqlite3.Error as error:
        yield f"its database cannot be read ({error})"
        return
    if tasks:
        yield f"it holds {_counted(tasks, 'task')}"
    elif ever:
        yield "it holds the history of deleted tasks"
    if tokens:
        yield f"it knows {_counted(tokens, 'token')}"


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"


def _former(backups: Path) -> Iterator[str]:
    held = [file.name for file in sorted(backups.glob("*.db")) if any(_tasks(file))]
    if held:
        yield f"its copy {held[-1]} holds tasks or tokens"


def _copies(kept: Path, known: set[str]) -> Iterator[str]:
    names = [name for _, _, files in os.walk(kept) for name in files]
    copies = [name.rpartition("-")[2] for name in names if name[:1].isdigit()]
    other = [one for one in copies if one not in known]
    if other:
        yield f"it keeps {_counted(len(other), 'former version')} of your files"


def _others(board: Path) -> Iterator[str]:
    if board.is_symlink():
        yield "it is a link"
    elif board.is_dir():
        strange = sorted({path.name for path in board.iterdir()} - _KNOWN - {KEPT, BACKUPS})
        if strange:
            yield f"it holds {', '.join(strange[:3])}"
