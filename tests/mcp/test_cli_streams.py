"""The command line where a standard stream is closed, or what it leads to is full."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from claudetask_core.core import DATABASE
from tests.support import SOON

COMMANDS = [("task", "list"), ("prime",), ("board", "export", "-")]


def started(*arguments: str, cwd: Path, redirected: str) -> tuple[int, str]:
    """The exit code and stderr of the program, started by a shell that redirects its streams."""
    quoted = " ".join(f"'{one}'" for one in (sys.executable, "-I", "-m", "claudetask_mcp"))
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {quoted} {' '.join(arguments)} {redirected}"],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SOON,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.fixture
def board(tmp_path: Path, migrated_board: Path) -> Path:
    """A folder with a board that is made, as making one takes longer than all that is tried."""
    folder = tmp_path / ".claudetask"
    folder.mkdir(mode=0o700)
    shutil.copy(migrated_board, folder / DATABASE)
    return tmp_path


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
@pytest.mark.parametrize("command", COMMANDS)
def test_an_answer_that_cannot_be_written_is_said_in_a_sentence(
    board: Path, command: tuple[str, ...]
) -> None:
    code, said = started(*command, cwd=board, redirected=">/dev/full")
    assert code == 1
    assert said == "claudetask-mcp: The answer could not be written: No space left on device.\n"


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_stream_is_as_good_as_one_that_leads_nowhere(
    board: Path, command: tuple[str, ...], closed: str
) -> None:
    assert started(*command, cwd=board, redirected=closed) == (0, "")


def test_what_was_done_with_a_closed_stdout_was_done(board: Path) -> None:
    assert started("task", "add", "y", cwd=board, redirected=">&-") == (0, "")
    assert started("task", "show", "1", cwd=board, redirected="") == (0, "")


def test_over_stdio_a_closed_stdin_ends_the_server_in_order(board: Path) -> None:
    assert started(cwd=board, redirected="<&-") == (0, "")
