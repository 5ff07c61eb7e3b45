"""A writer of CLAUDE.md or of an agent, killed (-9) at every call of the system that it makes.

    python -m bench.killed_at_system_calls [OPERATION ...] [--call rename ...]

Needs strace. A first run under it counts the calls of each kind; then the operation runs once for
each of them, in a process of its own that strace kills as it enters that call. Each time the file
has to be the old or the new one, whole, with a kept copy where it is the new one, and the next
writer must not be kept waiting. The exit code is 1 where anything is not so.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from claudetask_core.schemas.claude_md import ClaudeMdWrite, Place
from claudetask_core.services.agents.store import AgentStore
from claudetask_core.services.agents.templates import template
from claudetask_core.services.claude_md.block import with_block
from claudetask_core.services.claude_md.file import ClaudeMdFile
from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.tasks.seen import Seen
from tests.core.keeper.killed_writer import AGENT, OLD, OPERATIONS, made

SECONDS: Final = 60
CALL: Final = re.compile(r"^(\w+)\(")
RENAMED: Final = AGENT.replace("name: old", "name: new")
MENDED: Final = AGENT.replace("Use: this", '"Use: this"')
INSTALLED: Final = {"old.md": AGENT, "planner.md": template("planner").decode()}

Right = Callable[[Path], str]
"""What state a killed writer left: `old`, `new`, `between`, or empty where it is wrong."""


def _claude_md(new: str) -> Right:
    def right(root: Path) -> str:
        text = (root / "CLAUDE.md").read_text()
        if text == OLD:
            return "old"
        return "new" if text == new and OLD in _copies(root) else ""

    return right


def _agents(new: dict[str, str], between: dict[str, str] | None = None) -> Right:
    def right(root: Path) -> str:
        found = _present(root)
        if found == {"old.md": AGENT}:
            return "old"
        lost = "old.md" not in new or new["old.md"] != AGENT
        if lost and AGENT not in _copies(root):
            return ""
        return "new" if found == new else "between" if found == between else ""

    return right


def _deleted(root: Path) -> str:
    if _present(root):
        return "old" if _present(root) == {"old.md": AGENT} else ""
    AgentStore(root, None, _kept(root)).restore("old", "last")
    return "new" if _present(root) == {"old.md": AGENT} else ""


RIGHT: Final[dict[str, Right]] = {
    "section": _claude_md(OLD.replace("Old.", "New.")),
    "block": _claude_md(with_block(OLD.encode()).decode()),
    "rename": _agents({"new.md": RENAMED}, {"old.md": RENAMED}),
    "fix": _agents({"old.md": MENDED}),
    "delete": _deleted,
    "install": _agents(INSTALLED),
}


def _present(root: Path) -> dict[str, str]:
    files = (root / ".claude" / "agents").glob("*.md")
    return {path.name: path.read_text() for path in files if path.name[0] != "."}


def _copies(root: Path) -> list[str]:
    found = (root / ".claudetask" / "kept").rglob("*-*")
    return [path.read_text() for path in found if not path.name.endswith(".tmp")]


def _kept(root: Path) -> KeptCopies:
    return KeptCopies(root / ".claudetask" / "kept", lock_seconds=5)


@dataclass
class Found:
    """How the killed writers of one operation left things."""

    states: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])
    finished: int = 0


def under_strace(root: Path, operation: str, log: Path, *more: str) -> int:
    """Carries the operation out in a child under strace; answers how the child ended."""
    waits, goes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(goes)
        os.read(waits, 1)
        OPERATIONS[operation](root)
        os._exit(0)
    os.close(waits)
    tracer = subprocess.Popen(
        ["strace", "-o", str(log), *more, "-p", str(child)], stderr=subprocess.PIPE, text=True
    )
    assert tracer.stderr is not None  # noqa: S101 — asked for above
    said = tracer.stderr.readline()
    if "attached" not in said:
        raise SystemExit(f"strace cannot look at a process here: {said.strip()}")
    os.write(goes, b".")
    os.close(goes)
    _, status = os.waitpid(child, 0)
    tracer.communicate(timeout=SECONDS)
    return status


def calls_of(folder: Path, operation: str) -> Counter[str]:
    """How often the operation makes each call."""
    log = folder / "calls"
    if under_strace(made(folder / "counted"), operation, log) != 0:
        raise SystemExit(f"{operation} failed where nobody was killed")
    names = (CALL.match(line) for line in log.read_text("utf-8", "replace").splitlines())
    return Counter(found[1] for found in names if found and found[1] != "exit_group")


def kill_at_each(folder: Path, operation: str, calls: Counter[str]) -> Found:
    found = Found()
    for name, count in calls.items():
        for number in range(1, count + 1):
            root = made(folder / f"{name}-{number}")
            inject = f"inject={name}:signal=KILL:when={number}"
            status = under_strace(root, operation, folder / "log", "-e", inject)
            found.finished += not os.WIFSIGNALED(status)
            state = RIGHT[operation](root)
            found.states[state] += 1
            if not state or not _goes_on(root):
                found.wrong.append(f"{operation} killed at {name} number {number}: {root}")
            else:
                shutil.rmtree(root)
    return found


def _goes_on(root: Path) -> bool:
    """Whether the next writer gets its turn."""
    file = ClaudeMdFile(root, None, _kept(root), Seen(), Place.PROJECT)
    file.write(ClaudeMdWrite(section="B", content="# B\n\nNext.\n"), require_hash=True)
    return (root / "CLAUDE.md").read_text().endswith("# B\n\nNext.\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operation", nargs="*", help=", ".join(OPERATIONS))
    parser.add_argument("--call", action="append", help="kill at calls of this kind alone")
    if shutil.which("strace") is None:
        sys.exit("strace is not on PATH")
    wrong: list[str] = []
    asked = parser.parse_args()
    for operation in asked.operation or OPERATIONS:
        folder = Path(tempfile.mkdtemp())
        OPERATIONS[operation](made(folder / "warm"))  # imports what is only imported when needed
        calls = calls_of(folder, operation)
        for name in set(calls) - set(asked.call or calls):
            del calls[name]
        found = kill_at_each(folder, operation, calls)
        wrong += found.wrong
        states = ", ".join(f"{count} {state or 'WRONG'}" for state, count in found.states.items())
        ran = f"; {found.finished} finished all the same" if found.finished else ""
        made_of = f"{calls.total()} calls of {len(calls)} kinds"
        print(f"{operation:8} {made_of}, killed at each: {states}{ran}", flush=True)
        if not found.wrong:
            shutil.rmtree(folder)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
