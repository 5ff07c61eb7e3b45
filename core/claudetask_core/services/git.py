"""Asks git about a folder, off the event loop and for a bounded time and answer."""

import asyncio
from pathlib import Path

from claudetask_core import safe_git

SECONDS = 5
MOST = 256 * 1024
PART = 64 * 1024


async def git(folder: Path, *arguments: str, most: int = MOST) -> str | None:
    """What `git -C folder …` prints, or None where git fails, is missing or takes too long.

    Args:
        folder: Where git is asked.
        arguments: The question.
        most: How many bytes of the answer are read; git is ended where it says more.
    """
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
        async with asyncio.timeout(SECONDS):
            output = await _said(process, most)
            code = 0 if len(output) > most else await process.wait()
    except TimeoutError:
        return None
    finally:
        await _end(process)
    return output[:most].decode("utf-8", "surrogateescape") if code == 0 else None


async def _said(process: asyncio.subprocess.Process, most: int) -> bytes:
    """What git says until its end, or until it is more than is wanted."""
    said = b""
    while process.stdout is not None and len(said) <= most:
        part = await process.stdout.read(PART)
        if not part:
            break
        said += part
    return said


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ends what still runs, with the children that would keep the output open for ever."""
    if process.returncode is None:
        safe_git.end_group(process.pid)
        await process.wait()
