"""A writer that is killed at its first call of the system, then at its second, and so on.

`killed_writer.py FOLDER OPERATION`: for each step makes `FOLDER/N` with the same files, forks, and
has the child carry out the operation until its Nth call, where it gets SIGKILL. Ends with the first
child that finishes, and prints how many were killed.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from claudetask_core.schemas.agent import AgentUpdate
from claudetask_core.schemas.claude_md import ClaudeMdWrite, Place
from claudetask_core.services.agents.store import AgentStore
from claudetask_core.services.claude_md.file import ClaudeMdFile
from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.tasks.seen import Seen

OLD = "# A\n\nOld.\n\n# B\n\nStays.\n"
AGENT = "---\nname: old\ndescription: Use: this\n---\nBody.\n"
# fmt: off
CALLS = (
    "chmod", "chown", "close", "fchmod", "fdopen", "fstat", "fsync", "ftruncate", "link", "listdir",
    "lstat", "mkdir", "open", "read", "readlink", "remove", "rename", "replace", "rmdir", "scandir",
    "stat", "unlink", "utime", "write",
)
# fmt: on
MOST = 2000


def made(root: Path) -> Path:
    """The files that each child finds."""
    (root / ".claude" / "agents").mkdir(parents=True)
    (root / "CLAUDE.md").write_text(OLD)
    (root / ".claude" / "agents" / "old.md").write_text(AGENT)
    return root


def section(root: Path) -> None:
    file = ClaudeMdFile(root, None, _kept(root), Seen(), Place.PROJECT)
    file.write(ClaudeMdWrite(section="A", content="# A\n\nNew.\n\n"), require_hash=True)


def block(root: Path) -> None:
    file = ClaudeMdFile(root, None, _kept(root), Seen(), Place.PROJECT)
    file.set_block(present=True, dry_run=False)


def rename(root: Path) -> None:
    AgentStore(root, None, _kept(root)).update("old", AgentUpdate(name="new"), None)


def fix(root: Path) -> None:
    AgentStore(root, None, _kept(root)).fix("old", None, dry_run=False)


def delete(root: Path) -> None:
    AgentStore(root, None, _kept(root)).delete("old", None)


def install(root: Path) -> None:
    AgentStore(root, None, _kept(root)).install("planner")


OPERATIONS: dict[str, Callable[[Path], None]] = {
    function.__name__: function for function in (section, block, rename, fix, delete, install)
}


def _kept(root: Path) -> KeptCopies:
    return KeptCopies(root / ".claudetask" / "kept")


def _count_down(step: int) -> None:
    """Has this process killed at its `step`th call of the system."""
    left = [step]

    def watched(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **named)

        return counted

    for name in CALLS:
        setattr(os, name, watched(getattr(os, name)))


def main(folder: Path, operation: str) -> int:
    OPERATIONS[operation](made(folder / "warm"))  # imports what is only imported when needed
    for step in range(1, MOST):
        root = made(folder / str(step))
        child = os.fork()
        if child == 0:
            _count_down(step)
            OPERATIONS[operation](root)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status == 0:
            return step - 1
        if not os.WIFSIGNALED(status):
            raise SystemExit(f"step {step} failed")
    raise SystemExit("it never ended")


if __name__ == "__main__":
    sys.stdout.write(f"{main(Path(sys.argv[1]), sys.argv[2])}\n")
