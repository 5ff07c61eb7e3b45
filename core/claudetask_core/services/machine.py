"""A name for the machine, the same after it was started anew, and another's is another."""

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
