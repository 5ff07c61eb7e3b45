"""A child process on a leash: it ends when asked, in time, and when this process dies."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import cast

from claudetask_core.services.analysis.claude_code import guard as claude_code_guard
from claudetask_core.services.analysis.stop import CANCEL_GRACE, CLOSE_GRACE, Stop

CHUNK = 1 << 16
MAX_LINE = 16 << 20
KEPT_STDERR = 4096
LAST_RESORT = claude_code_guard.TERMINATE_SECONDS + 0.4
REAP_SECONDS = CLOSE_GRACE + LAST_RESORT + 0.5
"""So long an abandoned guard is waited for, so that it leaves no dead process behind."""
LAST_WORDS = 5.0
"""So long the output of a command that has ended is read, where another process holds it open."""
LOOK_SECONDS = 0.5
GUARD = Path(claude_code_guard.__file__)


class Ended(Enum):
    """Why a child ended."""

    BY_ITSELF = auto()
    STOPPED = auto()
    TIMED_OUT = auto()
    LINE_TOO_LONG = auto()


@dataclass(frozen=True)
class Exit:
    """How a child ended: `code` is over 128 for a signal; `stderr` is the last of what it said."""

    why: Ended
    code: int
    stderr: str


@dataclass(frozen=True)
class Command:
    """What to run, where, with which environment and input, and for how long at most."""

    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    stdin: bytes
    seconds: float


async def run(command: Command, on_line: Callable[[bytes], None], stop: Stop) -> Exit:
    """Runs the command to its end.

    Args:
        command: What to run.
        on_line: Is given each line of the output as it comes, without its newline.
        stop: Ends the command early when asked.
    """
    kept, held = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(GUARD), str(kept), *command.argv),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=command.cwd,
            env=command.env,
            pass_fds=(kept,),
            start_new_session=True,
        )
    except BaseException:
        os.close(held)
        raise
    finally:
        os.close(kept)
    leash = _Leash(process, held)
    stop.bind(lambda grace: leash.pull(Ended.STOPPED, grace))
    limit = asyncio.get_running_loop().call_later(
        command.seconds, leash.pull, Ended.TIMED_OUT, CANCEL_GRACE
    )
    try:
        return await _converse(process, command.stdin, on_line, leash)
    finally:
        limit.cancel()
        await leash.end()


class _Leash:
    """The end of the guard's pipe that this process holds; dying closes it too."""

    def __init__(self, process: asyncio.subprocess.Process, held: int) -> None:
        self.why = Ended.BY_ITSELF
        self._process = process
        self._held: int | None = held
        self._last_resort: asyncio.TimerHandle | None = None

    def pull(self, why: Ended, grace: float) -> None:
        """Has the guard end the command; kills both where that does not work in time."""
        if self._held is None:
            return
        self.why = why
        with suppress(BrokenPipeError):
            os.write(self._held, str(grace).encode())
        self._close()
        self._last_resort = asyncio.get_running_loop().call_later(grace + LAST_RESORT, self._kill)

    async def end(self) -> None:
        """Lets go: where the run was abandoned, once the guard has ended the command and itself."""
        if self._process.returncode is None:
            self.pull(Ended.STOPPED, CLOSE_GRACE)
            with suppress(TimeoutError):
                async with asyncio.timeout(REAP_SECONDS):
                    await self._process.wait()
        self._close()
        if self._last_resort is not None:
            self._last_resort.cancel()

    def _close(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self.hang_up()

    def hang_up(self) -> None:
        """Closes the pipes, which a child with a session of its own may hold as long as it likes.

        Each is closed by itself: the transport of all would ask for the exit code, and take it away
        from who waits for it.
        """
        ends = self._process._transport  # noqa: SLF001  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType, reportAttributeAccessIssue, reportPrivateUsage] — no public way to it
        transport = cast("asyncio.SubprocessTransport", ends)
        for number in (1, 2):
            if (pipe := transport.get_pipe_transport(number)) is not None:
                pipe.close()
        if self._process.stdin is not None:
            told = self._process.stdin.transport
            # once closed, its number may be another's, whose reader an abort would take away
            if not told.is_closing() or told.get_write_buffer_size():
                told.abort()


async def _converse(
    process: asyncio.subprocess.Process,
    stdin: bytes,
    on_line: Callable[[bytes], None],
    leash: _Leash,
) -> Exit:
    assert process.stdin  # noqa: S101 — asked for above
    assert process.stdout  # noqa: S101 — as above
    assert process.stderr  # noqa: S101 — as above

    def too_long() -> None:
        leash.pull(Ended.LINE_TOO_LONG, CLOSE_GRACE)

    async with asyncio.TaskGroup() as group:
        group.create_task(_feed(process.stdin, stdin))
        said = group.create_task(_split(process.stdout, on_line, too_long))
        tail = group.create_task(_tail(process.stderr))
        late = group.create_task(_hang_up_late(process, leash))
        ended = await process.wait()
        await asyncio.wait({said, tail})
        late.cancel()
    return Exit(leash.why, ended if ended >= 0 else 128 - ended, tail.result())


async def _hang_up_late(process: asyncio.subprocess.Process, leash: _Leash) -> None:
    """Closes the pipes of a command that has ended, once there was time to read all it said.

    Anything that it left behind may hold them, and some versions of `wait` wait for that too.
    """
    while process.returncode is None:  # noqa: ASYNC110 — asyncio tells of the end by this alone
        await asyncio.sleep(LOOK_SECONDS)
    await asyncio.sleep(LAST_WORDS)
    leash.hang_up()


async def _feed(stdin: asyncio.StreamWriter, data: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # it may end without reading
        stdin.write(data)
        await stdin.drain()
    stdin.close()
    with suppress(BrokenPipeError, ConnectionResetError):
        await stdin.wait_closed()


async def _split(
    stdout: asyncio.StreamReader, on_line: Callable[[bytes], None], too_long: Callable[[], None]
) -> None:
    """Hands out lines; once one grows beyond `MAX_LINE` the rest is read and thrown away."""
    begun = bytearray()
    while chunk := await stdout.read(CHUNK):
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            on_line(bytes(begun) + line)
            begun.clear()
        begun += rest
        if len(begun) > MAX_LINE:
            too_long()
            await _tail(stdout)
            return
    if begun:
        on_line(bytes(begun))


async def _tail(stream: asyncio.StreamReader) -> str:
    """Reads to the end and keeps the last of it."""
    kept = b""
    while chunk := await stream.read(CHUNK):
        kept = (kept + chunk)[-KEPT_STDERR:]
    return kept.decode("utf-8", "replace")
