"""What is done to a board's file from outside."""

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

HOLDS = (
    "import sqlite3, sys\n"
    "board = sqlite3.connect(sys.argv[1])\n"
    "board.execute('SELECT count(*) FROM tasks').fetchone()\n"
    "print('open', flush=True)\n"
    "sys.stdin.read()\n"
)


def titles(file: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(file)) as board:
        return [title for (title,) in board.execute("SELECT title FROM tasks ORDER BY id")]


def spoil(file: Path) -> None:
    """Overwrites the middle of each page but the first, as a failing disk might."""
    data = bytearray(file.read_bytes())
    for page in range(4096, len(data), 4096):
        data[page : page + 200] = b"\xff" * 200
    file.write_bytes(data)


@contextlib.contextmanager
def open_elsewhere(file: Path) -> Generator[None]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"open\n"
    yield
    child.communicate(timeout=30)
