"""Runs one verify command: an argument vector, a time limit, the end of its output."""

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from claudetask_core import safe_git

TAIL_BYTES = 4000
DRAIN_SECONDS = 1.0
OURS = "CLAUDETASK_"


@dataclass(frozen=True)
class Ran:
    """How a command ended; `code` is None where it did not end by itself."""

    command: tuple[str, ...]
    code: int | None
    seconds: float
    ending: str
    tail: str

    @property
    def passed(self) -> bool:
        return self.code == 0


async def run(command: Sequence[str], folder: Path, seconds: float) -> Ran:
    """Runs the command in the folder; what it started and left behind ends with it."""
    vector, began = tuple(command), time.monotonic()
    # a pipe of our own: asyncio would wait for the end of its output, which a child may hold open
    output, theirs = os.pipe()
    with ExitStack() as unread:
        unread.callback(os.close, output)
        try:
            process = await asyncio.create_subprocess_exec(
                *vector,
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=theirs,
                stderr=asyncio.subprocess.STDOUT,
                env=_environment(),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return Ran(vector, None, 0.0, f"cannot be started ({error})", "")
        finally:
            os.close(theirs)
        unread.pop_all()
    tail = bytearray()
    reading = asyncio.ensure_future(_keep_tail(output, tail))
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), seconds)
        code = process.returncode
    finally:
        await _end(process, reading)
    ending = f"did not end within {seconds:g} s" if code is None else f"exited {code}"
    return Ran(vector, code, time.monotonic() - began, ending, _readable(bytes(tail)))


async def _keep_tail(output: int, tail: bytearray) -> None:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(output, "rb")
    )
    try:
        while part := await reader.read(65536):
            tail += part
            del tail[:-TAIL_BYTES]
    finally:
        transport.close()


async def _end(process: asyncio.subprocess.Process, reading: "asyncio.Future[None]") -> None:
    """Ends the command and what still holds its output open."""
    if process.returncode is None:
        safe_git.end_group(process.pid)
        await process.wait()
    if not (await asyncio.wait({reading}, timeout=DRAIN_SECONDS))[0]:
        safe_git.end_group(process.pid)
        reading.cancel()
        await asyncio.wait({reading})


def _environment() -> dict[str, str]:
    """All that was inherited but our own settings, among which are secrets."""
    # allow: environ — a child process inherits all but our own variables
    return {key: value for key, value in os.environ.items() if not key.startswith(OURS)}


def _readable(output: bytes) -> str:
    text = output.decode("utf-8", "replace").replace("\r\n", "\n")
    return "".join(c for c in text if c in "\n\t" or c.isprintable()).strip()
