"""What one server found, the next has from a file, which does no harm whatever it says."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from claudetask_core.config import Settings
from claudetask_core.core import INDEX, SETS, open_core
from claudetask_core.db.known_sets import GREATEST, KnownSets
from claudetask_core.schemas.task import Page, Status, TaskFilter, TaskSort
from claudetask_core.services.matching import sets_file
from claudetask_core.services.matching.sets_file import WrittenSet, WrittenSets
from claudetask_core.services.matching.sets_sqlite import TIMES
from claudetask_core.services.setup import board as setup_board
from claudetask_core.services.tasks.warming import Warming
from tests.core.tasks.sets import (
    EVERY,
    FEW,
    MADE_ANEW,
    OVERRUN,
    TEXTS_READ,
    asked,
    begin,
    few,
    index_kept,
    listed,
    opened,
    total,
)

embedded = pytest.mark.embedded(reason="the sets are those of a board that is a file")
BY_STATUS = Page(sort=TaskSort.STATUS, limit=500)
NEEDLE = TaskFilter(q="needle", status=Status("Ready"))
ALL = ([1, 2, 3, 4, 5, 6], 6)
WAIT = 20
SOME = WrittenSets(whole=True, sets=[WrittenSet(("text", "needle"), "1 2", 0b1010)])


@pytest.fixture
def file(project: Path) -> Path:
    return project / ".claudetask" / "index" / "sets"


@embedded
async def test_what_one_server_found_the_next_does_not_look_for_whatever_was_written(
    project: Path, board: sqlite3.Connection, file: Path
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project, file) as database:
            assert await listed(database, NEEDLE, EVERY) == ALL
        board.execute("UPDATE tasks SET title = 'thread', description = '' WHERE id = 2")
        board.execute("UPDATE tasks SET status = 'Done' WHERE id = 3")
        async with opened(project, file) as database:
            with asked(database) as statements:
                assert await listed(database, NEEDLE, EVERY) == ([1, 4, 5, 6], 4)
                assert statements == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@embedded
async def test_what_a_server_looked_for_while_idle_the_next_only_brings_up_to_date(
    project: Path, board: sqlite3.Connection, file: Path
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project, file) as database:
            await Warming(database).once()
        board.execute("UPDATE tasks SET title = 'thread', description = '' WHERE id = 2")
        async with opened(project, file) as database:
            with asked(database) as statements, asked(database, TEXTS_READ) as texts:
                with asked(database, "tasks_changed") as brought:
                    await Warming(database).once()
                    assert len(brought) == 5, "how many, all sets at once, three of the index"
                assert await listed(database, TaskFilter(q="needle"), BY_STATUS) == (
                    [1, 3, 4, 5, 6],
                    5,
                )
                assert statements == texts == []


@embedded
async def test_of_several_texts_that_are_brought_up_at_once_each_is_that_of_its_own(
    project: Path, board: sqlite3.Connection, file: Path
) -> None:
    begin(board)
    board.execute("UPDATE tasks SET title = 'thread', description = 'a haystack' WHERE id > 3")
    with few(FEW):
        async with opened(project, file) as database:
            await Warming(database).once()
        board.execute("UPDATE tasks SET title = 'haystack', description = '' WHERE id = 1")
        board.execute("UPDATE tasks SET title = 'thread, needle', description = '' WHERE id = 4")
        async with opened(project, file) as database:
            await Warming(database).once()
            with asked(database) as statements:
                for word, these in (("needle", [2, 3, 4]), ("haystack", [1, 5, 6])):
                    assert await listed(database, TaskFilter(q=word), EVERY) == (these, 3)
                assert await listed(database, TaskFilter(q="thread"), EVERY) == ([4, 5, 6], 3)
                assert statements == []


@embedded
async def test_what_the_one_before_did_not_end_the_next_does(
    project: Path, board: sqlite3.Connection, file: Path
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project, file) as database:
            assert await total(database, "needle") == 6
        async with opened(project, file) as database:
            await Warming(database).once()
            with asked(database) as statements:
                assert await listed(database, NEEDLE, EVERY) == ALL
                assert statements == []


@embedded
@pytest.mark.parametrize("after", [OVERRUN, MADE_ANEW])
async def test_after_more_changes_than_are_noted_all_is_looked_for_anew(
    project: Path, board: sqlite3.Connection, file: Path, after: str
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project, file) as database:
            await Warming(database).once()
        async with opened(project) as database:
            await index_kept(database, after)
        board.execute("UPDATE tasks SET title = 'thread', description = '' WHERE id = 2")
        async with opened(project, file) as database:
            with asked(database) as statements:
                assert await listed(database, NEEDLE, EVERY) == ([1, 3, 4, 5, 6], 5)
                assert statements
            await Warming(database).once()
        async with opened(project, file) as database:
            with asked(database) as statements:
                assert await listed(database, NEEDLE, BY_STATUS) == ([1, 3, 4, 5, 6], 5)
                assert statements == []


@embedded
async def test_after_many_changes_the_file_is_written_again(
    project: Path, board: sqlite3.Connection, file: Path
) -> None:
    """Each start moves it on, though none finds anything new."""
    begin(board)
    with few(FEW):
        async with opened(project, file) as database:
            await Warming(database).once()
        for _ in range(3):
            for _ in range(100):
                board.execute("UPDATE tasks SET status = status")
            async with opened(project, file) as database:
                with asked(database) as statements:
                    await Warming(database).once()
                    assert await listed(database, NEEDLE, EVERY) == ALL
                    assert statements == []


@embedded
async def test_a_file_of_what_a_later_board_held_is_not_that_of_a_copy_put_back(
    project: Path, board: sqlite3.Connection, file: Path, tmp_path: Path
) -> None:
    begin(board)
    with few(FEW), closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        board.backup(copy)
        board.execute("UPDATE tasks SET title = '', description = '' WHERE id = 1")
        async with opened(project, file) as database:
            await Warming(database).once()
            assert await total(database, "needle") == 5
        copy.backup(board)
        board.execute("UPDATE tasks SET title = title WHERE id = 2")
        async with opened(project, file) as database:
            assert await total(database, "needle") == 6
            await Warming(database).once()
            assert await listed(database, NEEDLE, EVERY) == ALL


@embedded
async def test_a_file_beside_another_board_is_of_no_use_and_does_no_harm(
    project: Path, board: sqlite3.Connection, file: Path
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project, file) as database:
            await Warming(database).once()
        begin(board)
        board.execute("UPDATE tasks SET title = '', description = '' WHERE id > 3")
        async with opened(project, file) as database:
            assert await listed(database, NEEDLE, EVERY) == ([1, 2, 3], 3)


@embedded
async def test_wrong_sets_of_a_stranger_mislead_about_the_strangers_board_alone(
    project: Path, board: sqlite3.Connection, file: Path
) -> None:
    """Who brings a board knows its marks; nothing worse comes of what they say of it."""
    begin(board)
    (mark,) = board.execute("SELECT seq, mark FROM tasks_changed").fetchall()
    at = TIMES.said(mark)
    file.parent.mkdir()
    lies = (1 << GREATEST + 1) - 2
    sets = [WrittenSet(("text", "needle"), at, lies), WrittenSet(("status", "Ready"), at, lies)]
    sets += [WrittenSet(("text", "%" * 100), at, lies), WrittenSet(("status", ""), at, lies)]
    sets_file.write(file, WrittenSets(whole=True, sets=sets))
    with few(FEW):
        async with opened(project, file) as database:
            await Warming(database).once()
            for page in (EVERY, BY_STATUS, Page(sort=TaskSort.TITLE), Page(offset=4_000_000)):
                assert set((await listed(database, NEEDLE, page))[0]) <= set(ALL[0])


@embedded
@pytest.mark.parametrize(
    "at", ["", "1", "1 2 3", "a b", "1 9223372036854775808", "9" * 2000 + " 1", "-1 x"]
)
async def test_a_moment_that_is_none_is_of_no_use(
    project: Path, board: sqlite3.Connection, file: Path, at: str
) -> None:
    begin(board)
    file.parent.mkdir()
    sets_file.write(file, WrittenSets(whole=True, sets=[WrittenSet(("text", "needle"), at, 0)]))
    with few(FEW):
        async with opened(project, file) as database:
            assert await total(database, "needle") == 6


def _in_the_way(project: Path) -> None:
    (project / ".claudetask" / "index").write_text("")


def _not_ours(project: Path) -> None:
    (project / ".claudetask" / "index").mkdir(mode=0o500)


@embedded
@pytest.mark.parametrize("make", [_in_the_way, _not_ours])
async def test_where_nothing_can_be_written_all_is_answered(
    project: Path, board: sqlite3.Connection, file: Path, make: Callable[[Path], None]
) -> None:
    begin(board)
    make(project)
    with few(FEW):
        for _ in range(2):
            async with opened(project, file) as database:
                await Warming(database).once()
                assert await listed(database, NEEDLE, EVERY) == ALL


@embedded
async def test_a_full_disk_leaves_what_was_there(
    project: Path, board: sqlite3.Connection, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(board)
    file.parent.mkdir()
    sets_file.write(file, SOME)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with few(FEW):
        async with opened(project, file) as database:
            assert await total(database, "needle") == 6
            monkeypatch.setattr(os, "fdopen", full)
    monkeypatch.undo()
    assert sets_file.read(file) == SOME


@embedded
async def test_two_who_ask_first_wait_for_one_reading(
    project: Path, board: sqlite3.Connection, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project, file) as database:
            assert await listed(database, NEEDLE, EVERY) == ALL
        readings: list[Path] = []
        read = sets_file.read

        def seen(path: Path) -> WrittenSets:
            readings.append(path)
            return read(path)

        monkeypatch.setattr(sets_file, "read", seen)
        async with opened(project, file) as database:
            with asked(database) as statements:
                both = [listed(database, NEEDLE, EVERY) for _ in range(2)]
                assert await asyncio.gather(*both) == [ALL, ALL]
                assert statements == []
    assert readings == [file]


@embedded
async def test_a_project_keeps_them_among_what_may_be_deleted(
    project: Path, board: sqlite3.Connection, settings: Settings
) -> None:
    begin(board)
    with few(FEW):
        async with open_core(settings, start=project, home=None) as core:
            assert (await core.tasks.find(NEEDLE, EVERY)).total == 6
    file = project / ".claudetask" / INDEX / SETS
    assert [one.thing for one in sets_file.read(file).sets] == [
        ("text", "needle"),
        ("status", "Ready"),
    ]
    reasons = setup_board.worth_keeping(project / ".claudetask", ())
    assert not [one for one in reasons if "sets" in one or "index" in one]


@embedded
async def test_of_a_small_board_there_is_no_file(
    project: Path, board: sqlite3.Connection, settings: Settings
) -> None:
    begin(board)
    async with open_core(settings, start=project, home=None) as core:
        assert (await core.tasks.find(NEEDLE, EVERY)).total == 6
    assert not (project / ".claudetask" / INDEX / SETS).exists()


def test_what_is_known_without_a_file_makes_none() -> None:
    known: KnownSets[tuple[int, int]] = KnownSets()
    assert known.file is None
    assert not known.news
