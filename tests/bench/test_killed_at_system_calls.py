"""Writers that are killed as they enter a call of the system; here at those that change names."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 120
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


def run(operation: str, *calls: str) -> subprocess.CompletedProcess[str]:
    named = [part for call in calls for part in ("--call", call)]
    return subprocess.run(
        [sys.executable, "-m", "bench.killed_at_system_calls", operation, *named],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={name: value for name, value in os.environ.items() if "COVERAGE" not in name},
        check=False,
    )


@pytest.mark.parametrize("operation", ["section", "rename", "delete"])
def test_a_writer_that_is_killed_where_it_names_files_loses_none(operation: str) -> None:
    done = run(operation, "rename", "unlink", "fsync")
    if "cannot look at a process" in done.stderr:
        pytest.skip("no process may be traced here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "killed at each" in done.stdout
