"""Asks git about a folder, off the event loop and for a bounded time."""

import asyncio
from pathlib import Path

from claudetask_core import safe_git

SECONDS = 5


async def git(folder: Path, *arguments: str) -> str | None:
    """What `git -C folder …` prints, or None where git fails, is missing or takes too long."""
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            "-C",
            str(folder),
            *safe_git.SWITCHES,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=safe_git.environment(),
            start_new_session=True,
        )
    except (OSError, ValueError):
        return None
    try:
        output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    except TimeoutError:
        return None
    finally:
        await _end(process)
    return output.decode("utf-8", "surrogateescape") if process.returncode == 0 else None


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ends what still runs, with the children that would keep the output open for ever."""
    if process.returncode is None:
        safe_git.end_group(process.pid)
        await process.wait()
