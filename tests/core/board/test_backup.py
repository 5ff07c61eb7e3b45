"""Copies of the board: what they hold and when one is made."""

import asyncio
import contextlib
import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from claudetask_core.core import Core
from claudetask_core.db import copies
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.board import backup
from claudetask_core.services.board.backup import DAILY, LAST, MANUAL, Backups
from claudetask_core.services.tasks.claims import Caller
from tests.core.board.files import spoil, titles
from tests.support import HeldClock, eventually

pytestmark = pytest.mark.embedded(reason="copies are of the file")


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


def test_after_a_week_in_the_future_there_is_a_copy_a_day_again_and_the_newest_stay(
    write: Callable[[str], None], backups: Backups, clock: HeldClock
) -> None:
    def day() -> Path | None:
        write("a day's work")
        made = backups.daily()
        assert backups.daily() is None, "another start on the same day"
        clock.advance(25 * 3600)
        return made

    first = clock.present
    for _ in range(3):
        assert day() is not None
    clock.present = first + timedelta(days=4000)
    for _ in range(5):
        assert day() is not None
    clock.present = first + timedelta(days=4)
    made = [day() for _ in range(4)]
    assert [one.path for one in backups.copies()] == made[:0:-1]
    assert [len(titles(one.path)) for one in backups.copies()] == [12, 11, 10]
    assert backups.find(LAST) == made[-1]


def test_a_clock_that_is_wrong_at_each_start_costs_one_copy(
    write: Callable[[str], None], backups: Backups, clock: HeldClock
) -> None:
    def started(at: datetime) -> None:
        clock.present = at
        write("a start's work")
        backups.daily()

    present = clock.present
    started(present)
    for start in range(10):
        started(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=60 - start))
        started(present + timedelta(minutes=start))
    assert [one.at.year for one in backups.copies()] == [1970, present.year]
    started(present + timedelta(days=1))
    assert [one.at.year for one in backups.copies()] == [present.year, 1970, present.year]


def test_the_newest_copy_is_what_was_copied_last_whatever_the_clock_said(
    write: Callable[[str], None], backups: Backups, clock: HeldClock
) -> None:
    clock.present += timedelta(days=4000)
    write("old")
    future = backups.make()
    clock.present -= timedelta(days=4000)
    write("new")
    present = backups.make()
    assert [one.path for one in backups.copies()] == [present, future]
    assert backups.find(LAST) == present


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
