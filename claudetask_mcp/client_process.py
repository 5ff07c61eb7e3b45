"""One name for all that one process of Claude Code starts: its server, its hooks and its shells.

Each of them is given the id of a session, and not always the same. After `/clear`, hooks and shells
have a new one, while the server goes on with the old; after `--continue` or `/resume`, they have
the session's, while the server may have one that nobody else hears of. What they share is the
process that started them. Under it is noted whose session it is: what a hook is told when a session
starts or is resumed, else what the server was given. After `/clear` the name stays, for that
process and for whoever resumes the cleared session later, so that what was claimed before is held
by the same caller. Where nothing is noted, everybody goes by the id that they were given.

As in `board_sql` little is imported, for a hook must be quick.
"""

from __future__ import annotations

import os
import time

from claudetask_mcp.hook import goes_on, session_name, starts

FOLDER = "sessions"
SESSION = b"CLAUDE_CODE_SESSION_ID="
PROCESSES = "/proc"
MOST_ABOVE = 8
MOST_BYTES = 1024 * 1024
LONGEST = 400
KEPT_SECONDS = 30 * 24 * 3600
PARENT, STARTED = 1, 19
"""Where a process's stat has these, counted from what follows its name (proc(5))."""


class Client:
    """The process of Claude Code that started this one, as far as a board's folder knows it.

    Args:
        board: The board's folder.
        given: The session's id in this process's environment.
        number: What Claude Code says its process is, where it does.
    """

    def __init__(self, board: str, given: str | None, number: str | None = None) -> None:
        self._folder = os.path.join(board, FOLDER)
        self._given = session_name(given)
        self._process = _above(given, number) if given and self._given else None

    def session(self) -> str:
        """The session that all go by; empty outside of Claude Code."""
        return self._noted(self._process) or self._known_as(self._given)

    def told(self, said: bytes, session: str | None) -> str:
        """The same for a hook, which was told of a session; notes what that says."""
        named = session_name(session)
        if not named:
            return self.session()
        if starts(said):
            known = self._known_as(named)
            self._note(self._process, known)
            return known
        known = self._noted(self._process) or self._known_as(named)
        if goes_on(said) and known != named:
            self._note(_cleared(named), known)
        return known

    def folder(self) -> str | None:
        """The folder that the process is in now, which is its session's, into worktrees and out
        again; None where no process can be looked at.
        """
        number, seen, _ = (self._process or "").partition("-")
        if not seen:
            return None
        try:
            return os.readlink(f"{PROCESSES}/{number.removeprefix('p')}/cwd")
        except OSError:
            return None

    def note(self) -> None:
        """Notes the server's own session where nothing is known of the process yet."""
        self._note(self._process, self._known_as(self._given), replacing=False)

    def _known_as(self, session: str) -> str:
        return self._noted(_cleared(session)) or session

    def _noted(self, key: str | None) -> str:
        if key is None:
            return ""
        try:
            with open(os.path.join(self._folder, key), encoding="utf-8") as file:
                return session_name(file.read(LONGEST))
        except (OSError, ValueError):
            return ""

    def _note(self, key: str | None, session: str, *, replacing: bool = True) -> None:
        """A folder that takes no note, or leads elsewhere, leaves all as it would be without."""
        if key is None or not session or self._noted(key) == session or _is_led(self._folder):
            return
        file = os.path.join(self._folder, key)
        new = f"{file}.{os.getpid()}" if replacing else file
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            _forget_old(self._folder)
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as noted:
                noted.write(session.encode("utf-8", "replace"))
            os.replace(new, file)
        except OSError:
            return


def _forget_old(folder: str) -> None:
    oldest = time.time() - KEPT_SECONDS
    with os.scandir(folder) as found:
        for one in found:
            if one.is_file(follow_symlinks=False) and one.stat().st_mtime < oldest:
                os.unlink(one.path)


def _is_led(folder: str) -> bool:
    """Whether a link stands in the way, which a repository may have brought to have us write, or
    delete what is old, where it leads.
    """
    board = os.path.dirname(folder)
    beside = os.path.realpath(os.path.dirname(board))
    return os.path.realpath(folder) != os.path.join(beside, os.path.basename(board), FOLDER)


def _cleared(session: str) -> str | None:
    """Under what is noted who a cleared session is; None where that can be no file's name."""
    plain = session and session.isascii() and all(c.isalnum() or c in "-_" for c in session)
    return f"s{session}" if plain else None


def _above(given: str, number: str | None) -> str | None:
    """The process that started this one and gave it its session's id, or None where none is seen.

    What stands between (a shell, `uvx`) was given the id as well, the client itself was not. A
    number is used again, so the time of its start goes with it.
    """
    if not os.path.isdir(PROCESSES):
        return f"p{number}" if number and number.isdecimal() else f"p{os.getppid()}"
    mark, process = SESSION + os.fsencode(given), os.getppid()
    try:
        for _ in range(MOST_ABOVE):
            parent, started = _stat(process)
            with open(f"{PROCESSES}/{process}/environ", "rb") as file:
                if mark not in file.read(MOST_BYTES).split(b"\0"):
                    return f"p{process}-{started}"
            process = parent
    except (OSError, ValueError, IndexError):
        return None
    return None


def _stat(process: int) -> tuple[int, int]:
    """The process's own parent, and when it was started."""
    with open(f"{PROCESSES}/{process}/stat", "rb") as file:
        fields = file.read(MOST_BYTES).rpartition(b")")[2].split()
    return int(fields[PARENT]), int(fields[STARTED])
