"""Copies of the board: what they hold, when one is made, and the way back."""

import asyncio
import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Generator
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, Core, open_core
from claudetask_core.db import copies
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services import backup, board_check
from claudetask_core.services.backup import DAILY, LAST, MANUAL, REPLACED, Backups
from claudetask_core.services.claims import Caller
from tests.support import HeldClock, eventually

pytestmark = pytest.mark.embedded(reason="copies are of the file")

HOLDS = (
    "import sqlite3, sys\n"
    "board = sqlite3.connect(sys.argv[1])\n"
    "board.execute('SELECT count(*) FROM tasks').fetchone()\n"
    "print('open', flush=True)\n"
    "sys.stdin.read()\n"
)


@pytest.fixture
def file(project: Path) -> Path:
    return project / ".claudetask" / DATABASE


@pytest.fixture
def backups(file: Path, clock: HeldClock) -> Backups:
    return Backups(file, file.parent / "backups", clock, keep=3)


@pytest.fixture
def write(
    project: Path, settings: Settings, own_home: Path, clock: HeldClock
) -> Callable[[str], None]:
    """Opens the board, creates a task and closes it, as a program of its own would."""
    settings = settings.model_copy(update={"backup_keep": 0})

    def written(title: str) -> None:
        async def create() -> None:
            async with open_core(settings, start=project, home=own_home, clock=clock) as core:
                await core.tasks.create(TaskCreate(title=title), Caller("me"))

        asyncio.run(create())

    return written


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


def test_a_copy_holds_what_was_written_while_the_board_is_open(
    write: Callable[[str], None], file: Path, backups: Backups
) -> None:
    write("before")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE tasks SET title = 'not committed'")
        made = backups.make()
        other.execute("ROLLBACK")
    assert titles(made) == ["before"]
    assert copies.problems(made, copies.at_rest(made)) == []


def test_copies_are_their_owners_alone(write: Callable[[str], None], backups: Backups) -> None:
    write("a")
    made = backups.make()
    modes = [stat.S_IMODE(p.stat().st_mode) for p in [backups.folder, *backups.folder.iterdir()]]
    assert set(modes) == {0o700, 0o600}
    assert made in backups.folder.iterdir()


def test_a_copy_a_day_is_made_and_the_oldest_go(
    write: Callable[[str], None], backups: Backups, clock: HeldClock
) -> None:
    write("0")
    kept = backups.make()
    for day in range(6):
        write(str(day + 1))
        assert backups.daily() is not None
        assert backups.daily() is None
        clock.advance(25 * 3600)
    assert [one.why for one in backups.copies()] == [DAILY] * 3 + [MANUAL]
    assert [len(titles(one.path)) for one in backups.copies()] == [7, 6, 5, 1]
    assert kept == backups.copies()[-1].path


def test_no_copy_is_made_of_what_is_copied_already(
    write: Callable[[str], None], backups: Backups, clock: HeldClock
) -> None:
    assert backups.daily() is None, "an empty board"
    write("a")
    assert backups.daily() is not None
    clock.advance(3 * 24 * 3600)
    assert backups.daily() is None, "an unchanged board"


def test_a_clock_that_was_wrong_does_not_end_the_daily_copies(
    write: Callable[[str], None], backups: Backups, clock: HeldClock
) -> None:
    clock.present += timedelta(days=4000)
    write("a")
    assert backups.daily() is not None
    clock.present -= timedelta(days=4000)
    write("b")
    assert backups.daily() is not None


def test_of_all_processes_one_makes_the_daily_copy(
    write: Callable[[str], None], backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a")
    backups.folder.mkdir()
    with FileLock(backups.folder / "lock"):
        assert backups.daily() is None
        monkeypatch.setattr(backup, "LOCK_SECONDS", 0.05)
        with pytest.raises(DomainError, match="still copying"):
            backups.make()


async def test_a_server_makes_the_daily_copy_by_itself(core: Core, backups: Backups) -> None:
    await core.tasks.create(TaskCreate(title="a"), Caller("me"))
    backups.start()
    backups.start()
    await eventually(backups.copies)
    await backups.close()
    assert [one.why for one in backups.copies()] == [DAILY]


async def test_with_0_kept_no_copy_is_made(core: Core, file: Path, clock: HeldClock) -> None:
    await core.tasks.create(TaskCreate(title="a"), Caller("me"))
    none = Backups(file, file.parent / "backups", clock, keep=0)
    none.start()
    await none.close()
    assert none.copies() == []


def test_a_damaged_board_pushes_out_no_copy(
    write: Callable[[str], None],
    file: Path,
    backups: Backups,
    clock: HeldClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write("a")
    good = backups.daily()
    write("b")
    clock.advance(24 * 3600)
    spoil(file)
    with pytest.raises(DomainError) as refusal:
        backups.daily()
    assert refusal.value.code == "board_broken"
    assert "board restore" in str(refusal.value)
    backups.look()
    assert "daily copy could not be made" in caplog.text
    assert [one.path for one in backups.copies()] == [good]
    assert not list(backups.folder.glob("*.tmp*"))


def test_a_copy_that_is_given_up_leaves_nothing(
    write: Callable[[str], None], file: Path, backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a")
    monkeypatch.setattr(copies, "PAGES", 1)
    asyncio.run(backups.close())
    backups.look()
    assert backups.copies() == []
    assert not list(backups.folder.glob("*.tmp*"))
    monkeypatch.setattr(copies, "STEPS", 1)
    with pytest.raises(copies.Stopped):
        copies.problems(file, "mode=rw", lambda: True)


def test_what_a_killed_copy_left_is_swept(write: Callable[[str], None], backups: Backups) -> None:
    write("a")
    backups.folder.mkdir()
    (backups.folder / "20260101T000000.000000Z-daily.db.tmp").write_bytes(b"half")
    (backups.folder / "a note of mine.txt").write_bytes(b"stays")
    made = backups.make()
    assert {one.name for one in backups.folder.iterdir()} == {
        made.name,
        "lock",
        "a note of mine.txt",
    }


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


def test_a_check_names_what_is_wrong_and_what_to_do(
    write: Callable[[str], None], file: Path, backups: Backups
) -> None:
    write("a")
    assert board_check.look(backups).problems == []
    spoil(file)
    found = board_check.look(backups)
    assert found.problems
    assert "look for one elsewhere" in found.advice
    spoil(file)
    file.unlink()
    with contextlib.suppress(DomainError):
        board_check.look(backups)


def test_a_row_that_names_one_that_is_gone_is_found(
    write: Callable[[str], None], file: Path, backups: Backups
) -> None:
    write("a")
    backups.make()
    with contextlib.closing(sqlite3.connect(file)) as board:
        board.execute("INSERT INTO dependencies VALUES (1, 99)")
        board.commit()
    found = board_check.look(backups)
    assert found.problems == ["row 1 of dependencies names a tasks that is gone"]
    assert found.advice.endswith("claudetask-mcp board restore.")
    assert [one.told for one in found.copies] == ["manual, 1 tasks"]


async def test_damaged_indexes_are_told_from_damaged_tasks_and_made_anew(
    core: Core, file: Path, backups: Backups
) -> None:
    made = await core.tasks.create(TaskCreate(title="find the needle"), Caller("me"))
    async with core.database.write() as session:
        from sqlalchemy import text  # noqa: PLC0415 — to damage what the program never does

        await session.execute(text("UPDATE tasks_fts_data SET block = x'00' WHERE id > 10"))
        await session.execute(text("PRAGMA writable_schema = ON"))
    found = await asyncio.to_thread(board_check.look, backups)
    assert found.problems
    assert "--mend" in found.advice
    await board_check.mend(core.database)
    assert (await asyncio.to_thread(board_check.look, backups)).problems == []
    assert [hit.id for hit in (await core.similar.find("needle")).results] == [made.task.id]


def test_replaced_boards_are_not_what_last_means(
    write: Callable[[str], None], backups: Backups, clock: HeldClock
) -> None:
    write("a")
    made = backups.make()
    clock.advance(1)
    backups.restore(made)
    assert {one.why for one in backups.copies()} == {MANUAL, REPLACED}
    assert backups.find(LAST) == made
