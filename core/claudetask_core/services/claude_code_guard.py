"""Runs a command that must not outlive whoever asked for it; run as a program, by its path.

The asker holds the other end of a pipe. When that end closes, by intent or because the asker was
killed, the command is interrupted, then terminated, then killed with its whole process group.
The asker may write how many seconds the interrupt gets before it closes. Standard library only:
this starts under `-I -S`, in a process group of its own.
"""

import os
import signal
import subprocess
import sys
import threading

INTERRUPT_SECONDS = 3.0
TERMINATE_SECONDS = 0.5
CANNOT_START = 127


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


def watch(leash: int, child: subprocess.Popen[bytes], ended: threading.Event) -> None:
    """Waits for the asker's end of the pipe to close and ends the command then."""
    said = b""
    while chunk := os.read(leash, 64):
        said += chunk
    if not end(child, ended, grace(said)):
        os.killpg(0, signal.SIGKILL)


def let_go_of_the_pipes() -> None:
    """So that the asker sees end of file and broken pipes when the command ends, not later."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def main(arguments: list[str]) -> int:
    """Runs `arguments[1:]` while the pipe whose file descriptor is `arguments[0]` stays open."""
    leash, command = int(arguments[0]), arguments[1:]
    try:
        child = subprocess.Popen(command)  # noqa: S603 — an argument vector, no shell
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return CANNOT_START
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    let_go_of_the_pipes()
    ended = threading.Event()
    threading.Thread(target=watch, args=(leash, child, ended), daemon=True).start()
    code = child.wait()
    ended.set()
    os.killpg(0, signal.SIGTERM)  # what the command may have left behind
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))
