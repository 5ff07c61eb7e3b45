"""Which machine this is, and whose a path is that is kept on a board which several share.

Its name is the same after it was started anew, and another's is another. On a board that one
machine has for itself the name is empty, and paths stand there as they are.
"""

import hashlib
import socket
import uuid
from pathlib import Path
from typing import Final

MACHINE_ID: Final = Path("/etc/machine-id")
DIGITS: Final = 8


def this_machine() -> str:
    """Its host name, and digits that tell it from others of that name."""
    try:
        number = MACHINE_ID.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        number = ""
    number = number or f"{uuid.getnode():012x}"
    digest = hashlib.sha256(number.encode()).hexdigest()  # the system's own number is for itself
    return f"{socket.gethostname()}/{digest[:DIGITS]}"


def on_machine(machine: str, path: str | None) -> str | None:
    """The path as a board keeps it: the same one on two machines is two places."""
    return f"{machine}:{path}" if machine and path else path


def on_this(machine: str, kept: str | None) -> str | None:
    """The path out of what a board keeps, or None where it is another machine's."""
    if not machine or kept is None:
        return kept
    whose, _, path = kept.partition(f"{machine}:")
    return path if path and not whose else None
