"""Runs a command that must not outlive whoever asked for it; run as a program, by its path.

The asker holds the other end of a pipe. When that end closes, by intent or because the asker was
killed, the command is interrupted, then terminated, then killed with its whole process group, and
with what it started in sessions of their own: on Linux these come to the guard when their parents
end, so that it knows them for its own. The asker may write how many seconds the interrupt gets
before it closes. Standard library only: this starts under `-I -S`, in a process group of its own.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

INTERRUPT_SECONDS = 3.0
TERMINATE_SECONDS = 0.5
LEFT_SECONDS = 0.1
"""So long what the command left behind has for its own end; the asker's last resort comes soon."""
ROUNDS = 20
CANNOT_START = 127
PR_SET_CHILD_SUBREAPER = 36
PROCESSES = Path("/proc")


def grace(said: bytes) -> float:
    """The seconds that the asker wrote before it closed, or the usual ones."""
    try:
        return max(0.0, float(said))
    except ValueError:
        return INTERRUPT_SECONDS


def end(child: subprocess.Popen[bytes], ended: threading.Event, seconds: float) -> bool:
    """Interrupts, then terminates; says whether the command has ended."""
    child.send_signal(signal.SIGINT)  # a client's own children end by this and not by SIGTERM
    if ended.wait(seconds):
        return True
    child.terminate()
    return ended.wait(TERMINATE_SECONDS)


def watch(
    leash: int, child: subprocess.Popen[bytes], ended: threading.Event, stopped: threading.Event
) -> None:
    """Waits for the asker's end of the pipe to close and ends the command then."""
    said = b""
    while chunk := os.read(leash, 64):
        said += chunk
    stopped.set()
    if not end(child, ended, grace(said)):
        end_left(signal.SIGKILL)
        os.killpg(0, signal.SIGKILL)


def adopt() -> None:
    """Has whatever loses its parent below this process come to it, where the system knows how."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def below() -> set[int]:
    """Which processes descend from this one and still run; none where there is no /proc."""
    children: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
    for entry in PROCESSES.glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            # the name in brackets may hold anything
            state, parent = entry.read_text("utf-8", "replace").rpartition(")")[2].split()[:2]
            children[int(parent)].append((int(entry.parent.name), state not in "ZX"))
    found: set[int] = set()
    ahead = [os.getpid()]
    while ahead:
        for number, runs in children[ahead.pop()]:
            ahead.append(number)
            if runs:
                found.add(number)
    return found


def end_left(*signals: int) -> None:
    """Ends what still descends from this process, by each of the signals in turn."""
    pause = threading.Event()
    for number in signals:
        until = time.monotonic() + LEFT_SECONDS
        for _ in range(ROUNDS):  # what is ended may begin another before it is
            left = below()
            if not left:
                return
            for process in left:
                _send(process, number)
            if number != signal.SIGKILL and time.monotonic() > until:
                break
            pause.wait(LEFT_SECONDS / ROUNDS)


def _send(process: int, number: int) -> None:
    """Sends a signal to a process of ours, and to none that has got its number since."""
    with suppress(OSError):
        handle = os.pidfd_open(process)
        try:
            if process in below():
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)


def let_go_of_the_pipes() -> None:
    """So that the asker sees end of file and broken pipes when the command ends, not later."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def main(arguments: list[str]) -> int:
    """Runs `arguments[1:]` while the pipe whose file descriptor is `arguments[0]` stays open."""
    leash, command = int(arguments[0]), arguments[1:]
    adopt()
    try:
        child = subprocess.Popen(command)  # noqa: S603 — an argument vector, no shell
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return CANNOT_START
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    let_go_of_the_pipes()
    ended, stopped = threading.Event(), threading.Event()
    threading.Thread(target=watch, args=(leash, child, ended, stopped), daemon=True).start()
    code = child.wait()
    ended.set()
    os.killpg(0, signal.SIGTERM)  # what the command may have left behind
    if stopped.is_set():
        end_left(signal.SIGTERM, signal.SIGKILL)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))
