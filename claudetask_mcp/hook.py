"""What Claude Code hands a hook on stdin: a JSON object, of which the session's id is wanted."""

from __future__ import annotations

import os
import select
import sys
import time

HOOK_SECONDS = 2.0
HOOK_BYTES = 1024 * 1024
SESSION_NAME = 80
KEY = b'"session_id"'
EVENT = b'"hook_event_name"'
SOURCE = b'"source"'
GOES_ON = frozenset({b"clear", b"compact"})
"""What begins a session within the work of the one before; all else is a session of its own."""
taken: list[bytes] = []
"""What was read for an answer that another part of the program then had to give."""


def hook_bytes() -> bytes:
    """What is there until its end; a pipe that nobody writes to is not waited for."""
    try:
        if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
            return b""
        return _read(sys.stdin.fileno())
    except (ValueError, OSError):
        return b""


def session_of(said: bytes) -> str | None:
    """The session's id, or None where it is not told.

    Where the id stands as Claude Code writes it, the JSON is not parsed, nor its parser loaded.
    """
    _, key, rest = said.partition(KEY)
    parts = rest.split(b'"', 2)
    if not key or (len(parts) > 2 and parts[0].strip() == b":" and b"\\" not in parts[1]):  # noqa: PLR2004 — before, between, after
        return parts[1].decode("utf-8", "replace") if key else None
    import json  # noqa: PLC0415 — mostly not needed

    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return None
    named = found.get("session_id") if isinstance(found, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] — any JSON
    return named if isinstance(named, str) else None


def is_for_a_summary(said: bytes) -> bool:
    """Whether what is told is read by whoever sums up the session, and not by the session itself.

    Claude Code hands a PreCompact hook's words to the summary as instructions, and asks anew (by
    SessionStart) once it is there.
    """
    return _value(said, EVENT) == b"PreCompact"


def starts(said: bytes) -> bool:
    """Whether a session of its own starts, or is resumed."""
    return _value(said, SOURCE) not in {b"", *GOES_ON}


def goes_on(said: bytes) -> bool:
    """Whether a session goes on under an id that may be new."""
    return _value(said, SOURCE) in GOES_ON


def _value(said: bytes, key: bytes) -> bytes:
    """The text under a key, as Claude Code writes it; empty where there is none."""
    parts = said.partition(key)[2].split(b'"', 2)
    return parts[1] if len(parts) > 2 and parts[0].strip() == b":" else b""  # noqa: PLR2004 — before, between, after


def session_name(session: str | None) -> str:
    """The part of a caller's name that says which session it is; empty where none was told."""
    return "".join(c for c in session or "" if c.isprintable())[:SESSION_NAME].strip()


def _read(fd: int) -> bytes:
    taken, until = b"", time.monotonic() + HOOK_SECONDS
    while len(taken) < HOOK_BYTES:
        ready, _, _ = select.select([fd], [], [], max(0.0, until - time.monotonic()))
        part = os.read(fd, 65536) if ready else b""
        if not part:
            break
        taken += part
    return taken
