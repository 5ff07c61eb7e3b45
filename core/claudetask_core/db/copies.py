"""A board's file as a whole: looked through, copied while others use it, and put back.

A file that SQLite may have open is never opened by hand (see `private_file`), with one exception:
`overwrite`, which holds SQLite's own locks on it meanwhile and is run by a process that has it open
nowhere else.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from claudetask_core.db import derived
from claudetask_core.db.engine import BUSY_SECONDS, make_private_file
from claudetask_core.db.refusals import BoardBroken
from claudetask_core.db.sqlite import translation
from claudetask_core.errors import Conflict, DomainError, Unavailable

Stop = Callable[[], bool]
"""Whether the work is to be given up."""

PAGES = 512
"""How many pages are copied between two looks at whether to stop."""
STEPS = 100_000
SHOWN = 20
BLOCK = 1 << 20
FIRST_PAGE = 512
"""The least that holds the header: without it no program takes the file for a database."""
LOCKS_BEGIN = 0x4000_0000
LOCKS = 512
"""Where SQLite's locks lie in a file (PENDING_BYTE and what follows in its os.h)."""


class BoardInUse(Conflict):
    code = "board_in_use"

    def __init__(self) -> None:
        super().__init__(
            "The board is in use, and cannot be replaced under those who use it.",
            next_step="Stop every server and Claude Code session of this project, then try again.",
        )


class Stopped(Exception):
    """The work was given up because the process ends."""


@dataclass(frozen=True)
class Facts:
    """What tells one state of a board from another."""

    tasks: int
    last_event: int
    revision: str | None


def never() -> bool:
    return False


@contextmanager
def opened(file: Path, how: str = "mode=rw", stop: Stop = never) -> Generator[sqlite3.Connection]:
    """A connection of its own to a board's file, which is not made where it is missing.

    Raises:
        BoardBroken, BoardBusy, BoardUnwritable: As SQLite says.
        Stopped: `stop` said so.
    """
    address = f"file:{quote(os.fsencode(file))}?{how}"
    try:
        with closing(
            sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        ) as connection:
            connection.set_progress_handler(stop, STEPS)
            connection.execute("PRAGMA trusted_schema = OFF")  # it may be a stranger's
            yield connection
    except sqlite3.Error as error:
        if stop():
            raise Stopped from None
        raise translation(str(error).lower()) or _unreadable(file, error) from error


def _unreadable(file: Path, error: sqlite3.Error) -> Unavailable:
    return BoardBroken(
        f"{file.name} cannot be read as a board: {error}.", next_step="Name another copy."
    )


def at_rest(file: Path) -> str:
    """How to open a file that nobody writes: without a trace, but with the journal beside it."""
    journal = file.with_name(f"{file.name}-wal")
    return "mode=ro" if journal.exists() else "mode=ro&immutable=1"


def facts(file: Path, how: str) -> Facts:
    """What a board's file holds, in numbers."""
    with opened(file, how) as board:
        (tasks,) = board.execute("SELECT count(*) FROM tasks").fetchone()
        (last,) = board.execute("SELECT COALESCE(max(seq), 0) FROM events").fetchone()
        revision = board.execute("SELECT version_num FROM alembic_version").fetchone()
    return Facts(tasks, last, revision[0] if revision else None)


def number(file: Path) -> int:
    """The how manieth of its copies a file is; 0 where it does not say."""
    with suppress(DomainError), opened(file, at_rest(file)) as made:
        found: int = made.execute("PRAGMA user_version").fetchone()[0]
        return found
    return 0


def problems(file: Path, how: str, stop: Stop = never) -> list[str]:
    """What is wrong with the file, page by page and row by row; nothing where it is sound.

    What an index of texts says of the tasks is not looked at: it can be made anew of them, and a
    board without it is worth a copy. SQLite looks at it from 3.44 on (`search_problems` always).
    """
    try:
        with opened(file, how, stop) as board:
            said = board.execute(f"PRAGMA integrity_check({SHOWN})").fetchall()
            lines = [line for (text,) in said for line in text.splitlines() if line != "ok"]
            found = [line for line in lines if "fts5" not in line.lower()]
            lost = board.execute("PRAGMA foreign_key_check").fetchmany(SHOWN)
    except BoardBroken as error:
        return [str(error.__cause__ or error)]
    return found + [f"row {row} of {table} names a {parent} that is gone"
                    for table, row, parent, _ in lost]  # fmt: skip


def search_problems(file: Path) -> list[str]:
    """What is wrong with the indexes of texts and the counts, which can be made anew of tasks."""
    try:
        with opened(file) as board:
            board.execute("BEGIN IMMEDIATE")
            board.execute("INSERT INTO tasks_fts (tasks_fts) VALUES ('integrity-check')")
            wrong = _derived_wrong(board)
            board.execute("ROLLBACK")
    except BoardBroken as error:
        return [f"the search index of tasks: {error.__cause__ or error}"]
    return ["the search index of tasks: its counts are not those of the tasks"] if wrong else []


def _derived_wrong(board: sqlite3.Connection) -> bool:
    """Whether counts are wrong; raises where the index is. A board of an old schema has neither."""
    if board.execute("SELECT 1 FROM sqlite_master WHERE name = 'tasks_grams'").fetchone() is None:
        return False
    for statement in derived.CHECK:
        board.execute(statement)
    (wrong,) = board.execute(derived.MISCOUNTED).fetchone()
    return bool(wrong)


def copy(
    source: Path, target: Path, how: str = "mode=rw", stop: Stop = never, *, number: int = 0
) -> None:
    """Copies a board, as it stands at one moment, while others read and write it.

    Args:
        source: The board, or a copy of it.
        target: Where the copy goes.
        how: How the source is opened.
        stop: Asked often.
        number: The how manieth copy it is. It stands in a field of SQLite's header that is for
            programs, as a clock cannot tell which of two was made first.

    Raises:
        BoardBroken: What would be copied is damaged; no copy is left.
    """
    make_private_file(target)
    try:
        with opened(source, how, stop) as board, opened(target) as made:
            board.execute("BEGIN")
            board.execute("SELECT count(*) FROM sqlite_master").fetchone()  # now the moment is set
            board.backup(made, pages=PAGES, progress=_unless(stop))
            made.execute(f"PRAGMA user_version = {number:d}")
        _refuse_unsound(target, stop)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _refuse_unsound(made: Path, stop: Stop) -> None:
    found = problems(made, at_rest(made), stop)
    if found:
        raise BoardBroken(
            f"The board's file is damaged: {found[0]}.",
            next_step="Run claudetask-mcp board check, then claudetask-mcp board restore.",
        )


def _unless(stop: Stop) -> Callable[[int, int, int], None]:
    def progress(_status: int, _remaining: int, _total: int) -> None:
        if stop():
            raise Stopped

    return progress


def overwrite(board: Path, sound: Path, aside: Path) -> bool:
    """Puts the contents of `sound` in the place of the board's, and keeps these as `aside`.

    The board's own file is filled anew, so that whoever opens it meanwhile waits for the lock and
    then sees all of it. Its first bytes are written last: killed on the way, it is no database, and
    is refused rather than taken for a board.

    Args:
        board: The file to fill; it is made where it is missing.
        sound: A sound copy, which nobody has open.
        aside: Where the former contents go, with their journal.

    Returns:
        Whether there was anything to keep.

    Raises:
        BoardInUse: Another process has the board open.
    """
    handle = os.open(board, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, LOCKS, LOCKS_BEGIN)
        except OSError:
            raise BoardInUse from None
        kept = _keep(handle, board, aside)
        with sound.open("rb") as source:
            os.ftruncate(handle, 0)
            for leftover in ("-wal", "-shm", "-journal"):
                board.with_name(board.name + leftover).unlink(missing_ok=True)
            first = source.read(FIRST_PAGE)
            _write(handle, source.read, FIRST_PAGE)
        os.fsync(handle)
        os.pwrite(handle, first, 0)
        os.fsync(handle)
    finally:
        os.close(handle)
    return kept


def _keep(handle: int, board: Path, aside: Path) -> bool:
    if os.fstat(handle).st_size == 0:
        return False
    journal, beside = (path.with_name(f"{path.name}-wal") for path in (board, aside))
    try:
        _filled(aside, lambda size: os.read(handle, size))
        if journal.exists():
            with journal.open("rb") as source:
                _filled(beside, source.read)
    except OSError:
        aside.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)
        raise
    return True


def _filled(path: Path, read: Callable[[int], bytes]) -> None:
    made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        _write(made, read, 0)
        os.fsync(made)
    finally:
        os.close(made)


def _write(handle: int, read: Callable[[int], bytes], offset: int) -> None:
    while block := read(BLOCK):
        left = memoryview(block)
        while left:
            written = os.pwrite(handle, left, offset)
            left, offset = left[written:], offset + written
