"""Makes files that only their owner may read, before SQLite opens them."""

import os
from pathlib import Path


def make_private_file(path: Path) -> None:
    """Makes an empty file where there is none, so that SQLite's own files follow its permissions.

    A file that is there is not even opened: POSIX drops every lock that a process holds on a
    file as soon as the process closes any handle of it (fcntl(2)). Another process would take
    the connections of this one for gone, and delete the journal under them with what they write.

    Raises:
        OSError: It cannot be made.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
