"""`prime`: where the work stopped, for a hook that runs when a session starts or is compacted."""

import argparse
import asyncio
import json
import os
import select
import sys
import time
from typing import Any, cast

from claudetask_mcp.entry import Entry, caller_of

HOOK_SECONDS = 2.0
HOOK_BYTES = 1024 * 1024
DATABASE = "claudetask.db"


async def run(entry: Entry, _: argparse.Namespace) -> int:
    """Prints nothing where there is no board: a hook may run in any project."""
    told = await asyncio.to_thread(hook)
    places = await entry.locate()
    if entry.settings.database_url is None and not (places.board / DATABASE).exists():
        return 0
    named = told.get("session_id")
    session = named if isinstance(named, str) and named else entry.session
    async with entry.open() as core:
        from claudetask_core.services.claims import Caller  # noqa: PLC0415 — loaded with the core

        text = await core.resume.text(Caller(caller_of(session), str(core.places.root)))
    sys.stdout.write(text + "\n")
    return 0


def hook() -> dict[str, Any]:
    """The JSON object that Claude Code hands a hook, or nothing."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return {}
    try:
        said = json.loads(_read(sys.stdin.fileno()))
    except (ValueError, OSError):
        return {}
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}


def _read(fd: int) -> bytes:
    """What is there until its end; a pipe that nobody writes to is not waited for."""
    taken, until = b"", time.monotonic() + HOOK_SECONDS
    while len(taken) < HOOK_BYTES:
        ready, _, _ = select.select([fd], [], [], max(0.0, until - time.monotonic()))
        part = os.read(fd, 65536) if ready else b""
        if not part:
            break
        taken += part
    return taken
