"""The way back from the copies of a board."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from claudetask_core.core import DATABASE, Core
from claudetask_core.db import copies
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.board.backup import LAST, MANUAL, REPLACED, Backups
from claudetask_core.services.tasks.claims import Caller
from tests.core.board.files import open_elsewhere, spoil, titles
from tests.support import HeldClock

pytestmark = pytest.mark.embedded(reason="copies are of the file")


def test_a_damaged_board_is_brought_back_and_what_it_was_is_kept(
    write: Callable[[str], None], file: Path, backups: Backups
) -> None:
    write("a")
    made = backups.make()
    write("b")
    spoil(file)
    damaged = file.read_bytes()
    with pytest.raises(DomainError) as refusal:
        write("c")
    assert refusal.value.code == "board_broken"
    assert "claudetask-mcp board restore" in str(refusal.value)
    done = backups.restore(backups.find(LAST))
    assert (done.source, done.facts.tasks) == (made, 1)
    assert done.replaced is not None
    assert done.replaced.read_bytes() == damaged
    write("d")
    assert titles(file) == ["a", "d"]


@pytest.mark.parametrize("left", [None, b"", b"\0" * 8192, b"no database at all" * 1000])
def test_a_board_that_is_gone_or_no_database_is_not_begun_anew(
    write: Callable[[str], None], file: Path, backups: Backups, left: bytes | None
) -> None:
    write("a")
    backups.make()
    file.unlink()
    if left is not None:
        file.write_bytes(left)
    with pytest.raises(DomainError) as refusal:
        write("b")
    assert refusal.value.code in {"board_gone", "board_broken"}
    assert "board restore" in str(refusal.value)
    done = backups.restore(backups.find(LAST))
    assert (done.replaced is None) == (not left)
    write("b")
    assert titles(file) == ["a", "b"]


def test_a_restore_can_be_undone_with_what_stood_in_the_journal(
    write: Callable[[str], None], file: Path, backups: Backups
) -> None:
    write("a")
    made = backups.make()
    code = (
        "import os, sqlite3, sys\n"
        "board = sqlite3.connect(sys.argv[1])\n"
        "board.execute('PRAGMA wal_autocheckpoint = 0')\n"
        "board.execute(\"UPDATE tasks SET title = 'in the journal'\")\n"
        "board.commit()\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(file)], check=True, timeout=60)
    assert file.with_name(f"{DATABASE}-wal").stat().st_size
    done = backups.restore(made)
    assert titles(file) == ["a"]
    assert done.replaced is not None
    backups.restore(done.replaced)
    assert titles(file) == ["in the journal"]


def test_a_board_in_use_is_not_replaced_under_its_users(
    write: Callable[[str], None], file: Path, backups: Backups
) -> None:
    write("a")
    made = backups.make()
    write("b")
    with open_elsewhere(file), pytest.raises(DomainError) as refusal:
        backups.restore(made)
    assert refusal.value.code == "board_in_use"
    assert titles(file) == ["a", "b"]
    assert [one.why for one in backups.copies()] == [MANUAL]


def test_a_damaged_copy_is_refused_and_passed_over(
    write: Callable[[str], None], file: Path, backups: Backups, clock: HeldClock, tmp_path: Path
) -> None:
    write("a")
    good = backups.make()
    clock.advance(1)
    bad = backups.make()
    spoil(bad)
    other = tmp_path / "no board.db"
    sqlite3.connect(other).close()
    for source in (bad, other):
        with pytest.raises(DomainError) as refusal:
            backups.restore(source)
        assert refusal.value.code == "copy_damaged"
    assert backups.find(LAST) == good
    assert backups.find(good.name) == good
    assert backups.find(str(other)) == other
    assert titles(file) == ["a"]


def test_a_copy_of_a_newer_program_is_refused_and_the_board_stays(
    write: Callable[[str], None], file: Path, backups: Backups
) -> None:
    write("a")
    made = backups.make()
    with closing(sqlite3.connect(made)) as copied:
        copied.execute("UPDATE alembic_version SET version_num = '9999'")
        copied.commit()
    write("b")
    with pytest.raises(DomainError) as refusal:
        backups.restore(made)
    assert refusal.value.code == "copy_too_new"
    assert "Upgrade claudetask-mcp" in str(refusal.value)
    assert titles(file) == ["a", "b"]
    assert [one.path for one in backups.copies()] == [made]


def test_a_copy_that_there_is_not_is_refused_with_those_there_are(
    write: Callable[[str], None], backups: Backups
) -> None:
    with pytest.raises(DomainError, match="Kept: none"):
        backups.find(LAST)
    write("a")
    made = backups.make()
    with pytest.raises(DomainError, match=made.name):
        backups.find("20200101T000000.000000Z-daily.db")


def test_a_full_disk_is_said_and_the_board_left_as_it_was(
    write: Callable[[str], None], file: Path, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a")
    made = backups.make()
    write("b")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(DomainError) as refusal:
        backups.restore(made)
    assert refusal.value.code == "board_unwritable"
    monkeypatch.undo()
    assert titles(file) == ["a", "b"]
    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(DomainError, match="No space left"):
        backups.make()
    assert [one.why for one in backups.copies()] == [MANUAL]


def test_a_restore_that_is_killed_half_way_leaves_no_board_that_seems_sound(
    write: Callable[[str], None], file: Path, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a")
    made = backups.make()
    real = os.pwrite

    def killed(handle: int, data: bytes, offset: int) -> int:
        if offset == 0 and len(data) == copies.FIRST_PAGE:
            raise KeyboardInterrupt
        return real(handle, data, offset)

    monkeypatch.setattr(os, "pwrite", killed)
    with pytest.raises(KeyboardInterrupt):
        backups.restore(made)
    monkeypatch.undo()
    with pytest.raises(DomainError) as refusal:
        write("b")
    assert refusal.value.code == "board_broken"
    backups.restore(made)
    write("b")
    assert titles(file) == ["a", "b"]


def test_replaced_boards_are_not_what_last_means(
    write: Callable[[str], None], backups: Backups, clock: HeldClock
) -> None:
    write("a")
    made = backups.make()
    clock.advance(1)
    backups.restore(made)
    assert {one.why for one in backups.copies()} == {MANUAL, REPLACED}
    assert backups.find(LAST) == made


async def test_an_open_board_whose_file_is_gone_is_not_begun_anew_and_goes_on_when_it_is_back(
    core: Core, file: Path
) -> None:
    await core.tasks.create(TaskCreate(title="a"), Caller("me"))
    aside = file.rename(file.with_name("aside.db"))
    for _ in range(2):
        with pytest.raises(DomainError) as refusal:
            await core.tasks.create(TaskCreate(title="b"), Caller("me"))
        assert refusal.value.code == "board_gone"
        assert not file.exists()
    aside.rename(file)
    made = await core.tasks.create(TaskCreate(title="c"), Caller("me"))
    assert made.task.id == 2
