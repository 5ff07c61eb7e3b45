"""The standard streams, where they are closed or what they lead to takes no more."""

from __future__ import annotations

import errno
import os
import sys

CUT_OFF = 141
FAILED = 1
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def open_closed() -> None:
    """Has closed streams lead nowhere.

    Otherwise Python has none to print to, and the next file that is opened takes the number: what
    a child then prints goes into it.
    """
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)  # takes the number itself where it is free
            setattr(sys, name, open(nowhere, mode, encoding="utf-8", closefd=nowhere > fd))  # noqa: SIM115 — open until the process ends, by number


def unwritten(error: OSError) -> int | None:
    """The exit code where the answer could not be written, said if somebody may want to know it;
    None where the error is about something else.
    """
    if isinstance(error, BrokenPipeError):  # whoever read it, `head` for instance, has seen enough
        code = CUT_OFF
    elif error.filename is None and error.errno in FULL:
        sys.stderr.write(
            f"claudetask-mcp: The answer could not be written: {os.strerror(error.errno)}.\n"
        )
        code = FAILED
    else:
        return None
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the rest goes nowhere
    return code
