"""`prime` for a hook at every start of a session: in about the time that Python takes to start.

No settings are validated, no git is asked and no ORM is loaded. Whatever is not plain (a setting
that moves the board, an argument, a link, a board of another schema, an error) is left to the
whole program, which says in words what is wrong.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time

from claudetask_core.board_sql import CREDIBLE
from claudetask_core.places import IN_ANALYSIS, board_on_disk, root_on_disk, user_config
from claudetask_core.printable import printable
from claudetask_core.resume_text import for_summary, mark, resumed
from claudetask_mcp.client_process import Client
from claudetask_mcp.hook import hook_bytes, is_for_a_summary, session_of, taken

TYPE_CHECKING = False  # as in board_sql
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from claudetask_core.board_sql import Ask

DATABASE = "claudetask.db"
PREFIX = "CLAUDETASK_"
MOVES_THE_BOARD = ("project_path", "data_dir", "database_url")
BUSY_SECONDS = 2.0
STORED = "%Y-%m-%d %H:%M:%S.000000"
"""How the board keeps a moment."""


def prime(arguments: Sequence[str]) -> bool:
    """Prints the resume text, or nothing where there is no board; False where it cannot say."""
    # allow: environ — this is an entry point
    if os.environ.get(IN_ANALYSIS):
        return True
    where = _where(arguments)
    if where is None:
        return False
    board, worktree = where
    file = os.path.join(board, DATABASE)
    if os.path.islink(board) or os.path.islink(file):
        return False
    if not os.path.exists(file):
        return True
    try:
        return _told(board, file, worktree)
    except sqlite3.Error:
        return False  # what was read of stdin is still in `taken`


def _where(arguments: Sequence[str]) -> tuple[str, str] | None:
    """The board's folder and the worktree, or None where the whole program has to find them."""
    # allow: environ — this is an entry point
    inherited = os.environ
    own = {k.upper(): v for k, v in inherited.items() if k.upper().startswith(PREFIX) and v}
    named = _project(arguments)
    if named is None or any(f"{PREFIX}{n.upper()}" in own for n in MOVES_THE_BOARD[1:]):
        return None
    if _user_moves_the_board(inherited.get("XDG_CONFIG_HOME"), inherited.get("HOME")):
        return None
    exact = named or own.get(f"{PREFIX}PROJECT_PATH", "")
    try:
        # allow: cwd — as above
        start = exact or inherited.get("CLAUDE_PROJECT_DIR") or os.getcwd()
    except FileNotFoundError:
        return None
    if not os.path.isdir(os.path.expanduser(start)):
        return None
    found = board_on_disk(start, exact=bool(exact))
    return found, root_on_disk(start, exact=bool(exact))


def _project(arguments: Sequence[str]) -> str | None:
    """What `--project` names, or nothing; None where there are arguments of another kind."""
    left, named = list(arguments), ""
    if "--project" in left[:-1]:
        at = left.index("--project")
        named = left[at + 1]
        del left[at : at + 2]
    return named if left == ["prime"] and not named.startswith("-") else None


def _user_moves_the_board(config: str | None, home: str | None) -> bool:
    try:
        with open(user_config(config, home), encoding="utf-8") as file:
            said = file.read()
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    return any(name in said for name in MOVES_THE_BOARD)


def _told(folder: str, file: str, worktree: str) -> bool:
    session = _session(folder)
    caller = f"claude-code:{session or os.urandom(4).hex()}"
    now, latest = (
        time.strftime(STORED, time.gmtime(time.time() + later)) for later in (0, CREDIBLE)
    )
    board = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        for pragma in ("trusted_schema = OFF", "synchronous = NORMAL", "query_only = ON"):
            board.execute(f"PRAGMA {pragma}")

        def ask(sql: str, values: dict[str, Any]) -> list[Any]:
            return board.execute(sql, {**values, "latest": latest}).fetchall()

        board.execute("BEGIN")
        seen: list[int] = []
        if is_for_a_summary(taken[-1]):
            told = for_summary(ask, caller, now)
        else:
            told, *seen = resumed(ask, caller, worktree, now)
        board.execute("COMMIT")
        _print(told)
        taken.pop()
        if seen and session:
            _mark(board, ask, caller, (now, *seen))
    finally:
        board.close()
    return True


def _print(told: str) -> None:
    if told:
        sys.stdout.buffer.write(printable(told).encode("utf-8", "replace") + b"\n")
        sys.stdout.flush()


def _mark(board: sqlite3.Connection, ask: Ask, caller: str, what: tuple[Any, ...]) -> None:
    """Notes what was told; a board that takes no note has it told once more the next time."""
    try:
        board.execute("PRAGMA query_only = OFF")
        mark(ask, caller, *what)
    except sqlite3.Error:
        return


def _session(folder: str) -> str:
    taken.append(hook_bytes())
    # allow: environ — as above
    given = os.environ
    client = Client(folder, given.get("CLAUDE_CODE_SESSION_ID"), given.get("CLAUDE_PID"))
    return client.told(taken[-1], session_of(taken[-1]))
