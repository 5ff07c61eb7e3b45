"""A full disk, files of other people, read-only ones: told clearly, and nothing is lost."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from claudetask_core.errors import DomainError
from claudetask_core.schemas.agent import AgentCreate, AgentUpdate
from claudetask_core.schemas.claude_md import ClaudeMdWrite, Place, SectionMode
from claudetask_core.services.agents.store import AgentStore
from claudetask_core.services.claude_md.file import ClaudeMdFile
from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.tasks.seen import Seen

NOBODY = 65534
MOUNT = shutil.which("mount")
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make such places")


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    """A disk of 256 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = "size=256k"
    if (
        MOUNT is None
        or subprocess.run(
            [MOUNT, "-t", "tmpfs", "-o", size, "none", folder], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True, timeout=30)


def claude_md(root: Path) -> ClaudeMdFile:
    kept = KeptCopies(root / ".claudetask" / "kept")
    return ClaudeMdFile(root, None, kept, Seen(), Place.PROJECT)


def agents(root: Path) -> AgentStore:
    return AgentStore(root, None, KeptCopies(root / ".claudetask" / "kept"))


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(b"x" * 4096)


def test_on_a_full_disk_every_write_is_refused_and_no_file_suffers(small_disk: Path) -> None:
    (small_disk / "CLAUDE.md").write_text("# A\n\nMine.\n")
    agents(small_disk).create(AgentCreate(name="x", description="d", prompt="p"))
    agent = small_disk / ".claude" / "agents" / "x.md"
    before = agent.read_bytes()
    fill(small_disk / "filler")
    big = "x" * 100_000
    codes: list[str] = []
    for attempt in (
        lambda: claude_md(small_disk).write(
            ClaudeMdWrite(content=big, mode=SectionMode.APPEND), require_hash=True
        ),
        lambda: claude_md(small_disk).set_block(present=True, dry_run=False),
        lambda: agents(small_disk).update("x", AgentUpdate(prompt=big), None),
        lambda: agents(small_disk).delete("x", None),
        lambda: agents(small_disk).install("planner"),
    ):
        with pytest.raises(DomainError) as caught:
            attempt()
        codes.append(caught.value.code)
        assert "No space left on device" in caught.value.message
    assert codes == ["not_writable"] * 5
    assert (small_disk / "CLAUDE.md").read_text() == "# A\n\nMine.\n"
    assert agent.read_bytes() == before
    assert not list(small_disk.rglob("*.tmp"))


def test_a_file_of_another_owner_keeps_owner_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "CLAUDE.md"
    path.write_text("# A\n")
    os.chown(path, NOBODY, NOBODY)
    path.chmod(0o640)
    claude_md(tmp_path).write(
        ClaudeMdWrite(content="More.", mode=SectionMode.APPEND), require_hash=True
    )
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (NOBODY, NOBODY, 0o640)


SCRIPT = """
import os, sys
from pathlib import Path
from tests.core.keeper.test_hard_places import agents, claude_md
from claudetask_core.errors import DomainError
from claudetask_core.schemas.agent import AgentUpdate
from claudetask_core.schemas.claude_md import ClaudeMdWrite, SectionMode
import _strptime, filelock, markdown_it, ruamel.yaml

root = Path(sys.argv[1])
data = ClaudeMdWrite(content="More.", mode=SectionMode.APPEND)
agents(root).find()
os.setgid(65534)
os.setuid(65534)
for attempt in (
    lambda: claude_md(root).read(),
    lambda: claude_md(root).write(data, require_hash=True),
    lambda: agents(root).update("x", AgentUpdate(model="opus"), None),
):
    try:
        attempt()
        print("done")
    except DomainError as error:
        print(error.code)
"""


@pytest.fixture
def open_folder() -> Generator[Path]:
    """One that others can enter; pytest closes its own to them, again with each run that begins."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if not all(parent.stat().st_mode & 0o001 for parent in folder.parents):
            pytest.skip("others may not enter where temporary files are kept")
        folder.chmod(0o755)
        yield folder


def as_nobody(root: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, root],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_what_others_own_is_refused_with_a_reason_and_left(open_folder: Path) -> None:
    root = open_folder / "project"
    (root / ".claude" / "agents").mkdir(parents=True)
    (root / ".claudetask").mkdir()
    os.chown(root / ".claudetask", NOBODY, NOBODY)
    path, agent = root / "CLAUDE.md", root / ".claude" / "agents" / "x.md"
    path.write_text("# A\n")
    agent.write_text("---\nname: x\ndescription: d\n---\n")
    assert as_nobody(root) == ["done", "not_writable", "not_writable"]
    path.chmod(0o600)
    agent.chmod(0o600)
    read, *written = as_nobody(root)
    assert read == "not_readable"
    assert set(written) <= {"not_readable", "not_writable"}
    assert (path.read_text(), agent.read_text()[:11]) == ("# A\n", "---\nname: x")


def test_a_read_only_file_in_ones_own_folder_is_replaced_and_stays_read_only(
    tmp_path: Path,
) -> None:
    path = tmp_path / "CLAUDE.md"
    path.write_text("# A\n")
    path.chmod(0o444)
    claude_md(tmp_path).write(
        ClaudeMdWrite(content="More.", mode=SectionMode.APPEND), require_hash=True
    )
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("# A\n\nMore.\n", 0o444)
