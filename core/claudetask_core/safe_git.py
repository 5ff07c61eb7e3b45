"""How git is asked: so that nothing in the repository can make it do more than answer.

Hooks, the file-system monitor, pagers, external diffs, signature programs and credential helpers
of a hostile repository are switched off, git's own variables (a hook's `GIT_DIR`, say) are kept
from redirecting the question, and no other repository is asked for what is missing in this one. A
git that is to end is ended with its children, which would otherwise keep its output open.
"""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

PROGRAM: Final = "git"
SWITCHES: Final = (
    "--no-pager",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "credential.helper=",
    "-c",
    "diff.external=",
    "-c",
    "log.showSignature=false",
)
OFFLINE: Final = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}
"""No transport, not even one that the repository's own settings allow."""


def environment() -> dict[str, str]:
    """The variables for a git child: all that was inherited but git's own."""
    # allow: environ — a child process inherits all but git's own variables
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    quiet = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    return {**inherited, **OFFLINE, **quiet}


def begin(root: Path, command: Sequence[str], stdin: int) -> "subprocess.Popen[bytes]":
    """Starts git in a session of its own, to be ended by `end_group`; its answer comes by a pipe.

    Args:
        root: The folder it is asked about.
        command: What it is asked.
        stdin: `subprocess.PIPE` or `subprocess.DEVNULL`.

    Raises:
        OSError, ValueError: There is no git, or no such folder.
    """
    return subprocess.Popen(  # noqa: S603 — an argument vector of ours
        [PROGRAM, "-C", str(root), *SWITCHES, *command],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        start_new_session=True,
    )


def end_group(pid: int) -> None:
    """Kills the process group that a child started as the leader of its own session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
