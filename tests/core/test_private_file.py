"""A file that is open by SQLite elsewhere in the process keeps its locks."""

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from claudetask_core.db import engine
from claudetask_core.private_file import make_private_file
from claudetask_core.search.index.connection import connect

READ = (
    "import sqlite3, sys\n"
    "connection = sqlite3.connect(sys.argv[1])\n"
    "print(connection.execute('SELECT COUNT(*) FROM kept').fetchone()[0])\n"
    "connection.close()\n"
)


def read_elsewhere(path: Path) -> int:
    """How many rows another process sees, which opens the file and closes it again."""
    command = [sys.executable, "-c", READ, str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)


def open_index(path: Path) -> None:
    connect(path).close()


@pytest.mark.parametrize("make", [make_private_file, engine.make_private_file, open_index])
def test_what_is_written_after_another_process_has_gone_is_not_lost(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "some.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE kept (number INTEGER)")
        make(path)
        assert read_elsewhere(path) == 0
        connection.execute("INSERT INTO kept VALUES (1)")
        assert read_elsewhere(path) == 1


def test_a_file_that_is_there_keeps_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "some").write_bytes(b"held")
    make_private_file(tmp_path / "some")
    assert (tmp_path / "some").read_bytes() == b"held"
