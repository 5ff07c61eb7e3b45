"""A writer that is killed at any moment leaves the old file or the new one, and a copy."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from claudetask_core.schemas.claude_md import ClaudeMdWrite, Place
from claudetask_core.services.agents.store import AgentStore
from claudetask_core.services.agents.templates import template
from claudetask_core.services.claude_md.block import with_block
from claudetask_core.services.claude_md.file import ClaudeMdFile
from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.tasks.seen import Seen
from tests.core.keeper.killed_writer import AGENT, OLD

SECONDS = 300
pytestmark = pytest.mark.slow


def killed(folder: Path, operation: str) -> list[Path]:
    """The project folders of the writers that were killed, and last of the one that was not."""
    script = Path(__file__).with_name("killed_writer.py")
    # what is killed cannot tell what it covered, and hundreds of children that try take minutes
    untraced = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    done = subprocess.run(
        [sys.executable, script, folder, operation],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=untraced,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps = int(done.stdout)
    assert steps >= 20
    return [folder / str(step) for step in range(1, steps + 2)]


def copies(root: Path) -> list[str]:
    """What is kept, whole copies only."""
    kept = root / ".claudetask" / "kept"
    found = [path for path in kept.rglob("*-*") if not path.name.endswith(".tmp")]
    return [path.read_text() for path in found]


def agents(root: Path) -> dict[str, str]:
    folder = root / ".claude" / "agents"
    return {path.name: path.read_text() for path in folder.glob("*.md") if path.name[0] != "."}


def kept(root: Path) -> KeptCopies:
    return KeptCopies(root / ".claudetask" / "kept", lock_seconds=5)


@pytest.mark.parametrize(
    ("operation", "new"),
    [("section", OLD.replace("Old.", "New.")), ("block", with_block(OLD.encode()).decode())],
)
def test_claude_md_is_the_old_or_the_new_one_and_a_copy_exists(
    tmp_path: Path, operation: str, new: str
) -> None:
    *roots, last = killed(tmp_path, operation)
    found = [(root / "CLAUDE.md").read_text() for root in roots]
    assert set(found) == {OLD, new}
    assert found == sorted(found, key=[OLD, new].index)
    for root, text in zip(roots, found, strict=True):
        assert text == OLD or copies(root) == [OLD]
    assert ((last / "CLAUDE.md").read_text(), copies(last)) == (new, [OLD])


def test_after_a_kill_the_next_writer_is_not_kept_waiting(tmp_path: Path) -> None:
    for root in killed(tmp_path, "section"):
        file = ClaudeMdFile(root, None, kept(root), Seen(), Place.PROJECT)
        file.write(ClaudeMdWrite(section="B", content="# B\n\nNext.\n"), require_hash=True)
        assert (root / "CLAUDE.md").read_text().endswith("# B\n\nNext.\n")


def test_an_agent_that_is_renamed_is_always_there_once(tmp_path: Path) -> None:
    *roots, last = killed(tmp_path, "rename")
    new = AGENT.replace("name: old", "name: new")
    states = [agents(root) for root in roots]
    assert all(state in ({"old.md": AGENT}, {"old.md": new}, {"new.md": new}) for state in states)
    assert all(state == {"old.md": AGENT} or AGENT in copies(root) for root, state in _by(roots))
    assert agents(last) == {"new.md": new}


def test_an_agent_that_is_mended_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    *roots, last = killed(tmp_path, "fix")
    new = AGENT.replace("Use: this", '"Use: this"')
    for root, state in _by(roots):
        assert state in ({"old.md": AGENT}, {"old.md": new})
        assert state == {"old.md": AGENT} or copies(root) == [AGENT]
    assert agents(last) == {"old.md": new}


def test_an_agent_that_is_deleted_can_be_restored_from_any_moment(tmp_path: Path) -> None:
    for root, state in _by(killed(tmp_path, "delete")):
        if not state:
            AgentStore(root, None, kept(root)).restore("old", "last")
        assert agents(root) == {"old.md": AGENT}


def test_a_template_is_installed_whole_or_not_at_all(tmp_path: Path) -> None:
    text = template("planner").decode()
    for _, state in _by(killed(tmp_path, "install")):
        assert state in ({"old.md": AGENT}, {"old.md": AGENT, "planner.md": text})


def _by(roots: list[Path]) -> Iterator[tuple[Path, dict[str, str]]]:
    return ((root, agents(root)) for root in roots)
