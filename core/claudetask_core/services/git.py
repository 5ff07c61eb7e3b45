"""Asks git about a folder, so that nothing in the repository can make git do more than answer.

Hooks, the file-system monitor, pagers and credential helpers of a hostile repository are switched
off, and git's own variables (a hook's `GIT_DIR`, say) are kept from redirecting the question.
"""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

SECONDS = 5
SAFE = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "credential.helper=",
    "-c",
    "diff.external=",
    "--no-pager",
)


def _environment() -> dict[str, str]:
    # allow: environ — a child process inherits all but git's own variables
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return {**inherited, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


async def git(folder: Path, *arguments: str) -> str | None:
    """What `git -C folder …` prints, or None where git fails, is missing or takes too long."""
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            "-C",
            str(folder),
            *SAFE,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(),
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
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
