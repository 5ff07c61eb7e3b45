"""What one server found, the next has from a file, which does no harm whatever it says."""

import asyncio
import hashlib
import json
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudetask_core.config import Settings
from claudetask_core.core import INDEX, SETS, open_core
from claudetask_core.db.known_sets import GREATEST, KnownSets
from claudetask_core.schemas.task import Page, Status, TaskFilter, TaskSort
from claudetask_core.services import replace, sets_file, setup_board
from claudetask_core.services.sets_file import NONE, WrittenSet, WrittenSets
from claudetask_core.services.task_sets_sqlite import TIMES
from claudetask_core.services.warming import Warming
from tests.core.tasks.sets import (
    EVERY,
    FEW,
    MADE_ANEW,
    OVERRUN,
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
SOME = WrittenSets(
    whole=True,
    sets=[
        WrittenSet(("text", "needle"), "1 2", 0b1010),
        WrittenSet(("status", "Done"), "7 -9", 0),
        WrittenSet(("text", "näh\n"), "", (1 << GREATEST + 1) - 1),
    ],
)


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
            with asked(database) as statements, asked(database, "substr") as drawn:
                with asked(database, "tasks_changed") as brought:
                    await Warming(database).once()
                    assert len(brought) == 2, "how many changes there are, and all sets at once"
                assert await listed(database, TaskFilter(q="needle"), BY_STATUS) == (
                    [1, 3, 4, 5, 6],
                    5,
                )
                assert statements == drawn == []


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


def test_a_file_says_again_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "index" / "sets"
    assert sets_file.read(file) == NONE
    for written in (SOME, NONE):
        sets_file.write(file, written)
        assert sets_file.read(file) == written
    assert list(file.parent.iterdir()) == [file]


def test_only_the_sets_asked_for_last_are_written_and_no_long_texts(tmp_path: Path) -> None:
    short = [WrittenSet(("text", str(n)), "1 2", n) for n in range(400)]
    long = [WrittenSet(("text", "x" * 101), "1 2", 1), WrittenSet(("text", "x"), "1" * 2001, 1)]
    sets_file.write(tmp_path / "sets", WrittenSets(whole=False, sets=short + long))
    assert sets_file.read(tmp_path / "sets").sets == short[-256:]


@given(st.binary(max_size=200))
def test_any_octets_are_understood_as_nothing(data: bytes) -> None:
    assert sets_file.understood(data) == NONE
    assert sets_file.understood(sets_file.FORM + data) == NONE


@given(st.data())
def test_a_damaged_file_is_understood_as_nothing(data: st.DataObject) -> None:
    whole = sets_file.said(WrittenSets(whole=True, sets=SOME.sets[:2]))
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(1, 255))
    damaged = whole[:place] + bytes([whole[place] ^ other]) + whole[place + 1 :]
    for one in (damaged, whole[:place], whole + b"\0"):
        assert sets_file.understood(one) == NONE


def sealed(head: bytes, octets: bytes = b"") -> bytes:
    """A file whose digest is right, as anybody can make one."""
    body = len(head).to_bytes(4, "big") + head + octets
    return sets_file.FORM + hashlib.sha256(body).digest() + body


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from(["text", "status"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner),
)  # fmt: skip


@given(JSON | st.tuples(st.booleans(), st.lists(st.lists(JSON, min_size=4, max_size=4))))
def test_whatever_a_stranger_seals_is_understood_as_sets_or_nothing(head: Any) -> None:
    found = sets_file.understood(sealed(json.dumps(head).encode(), b"x" * 9))
    for one in found.sets:
        assert one.thing[0] in {"text", "status", "type", "priority"}
        assert one.numbers.bit_length() <= 72


ONE = '[true, [["text", {}, "1 2", {}]]]'


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"[" * 500_000,
        b"[true, " + b"[" * 100_000,
        b"[true, [" + b"1" * 10_000 + b"]]",
        b'[true, [["id", "x", "1 2", 1]]]',
        b'[true, [["__class__", "x", "1 2", 1]]]',
        b'[true, [["text", "x", 12, 1]]]',
        b'[true, [["text", "x", "1 2"]]]',
        b'[true, {"text": 1}]',
        b'{"a": 1, "b": 2}',
        ONE.format('"\\ud800"', 1).encode(),
        ONE.format('"\\u0000"', 1).encode(),
        ONE.format('"' + "x" * 401 + '"', 1).encode(),
        ONE.format('"x"', -1).encode(),
        ONE.format('"x"', 1.5).encode(),
        ONE.format('"x"', 10).encode(),
        ONE.format('"x"', GREATEST // 8 + 2).encode(),
        json.dumps([True, [["text", str(n), "1 2", 0] for n in range(257)]]).encode(),
        b" " * (1 << 20) + ONE.format('"x"', 1).encode(),
        b"\xff",
    ],
)  # fmt: skip
def test_what_no_server_writes_is_understood_as_nothing(head: bytes) -> None:
    assert sets_file.understood(sealed(head, b"x")) == NONE


def test_a_set_reaches_no_further_than_any_does() -> None:
    most = GREATEST // 8 + 1
    for size, found in ((most, 1), (most + 1, 0)):
        head = ONE.format('"x"', size).encode()
        assert len(sets_file.understood(sealed(head, b"x" * size)).sets) == found


def _pipe(file: Path) -> None:
    os.mkfifo(file)


def _folder(file: Path) -> None:
    file.mkdir()


def _link(file: Path) -> None:
    other = file.parent.parent / "other"
    sets_file.write(other, SOME)
    file.symlink_to(other)


def _large(file: Path) -> None:
    sets_file.write(file, SOME)
    os.truncate(file, sets_file.MOST + 1)


@pytest.mark.parametrize("make", [_pipe, _folder, _link, _large])
def test_what_is_no_file_of_ours_is_not_read(tmp_path: Path, make: Callable[[Path], None]) -> None:
    file = tmp_path / "index" / "sets"
    file.parent.mkdir()
    make(file)
    assert sets_file.read(file) == NONE


def test_of_several_who_write_at_once_one_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "sets"
    written = [
        WrittenSets(whole=True, sets=[WrittenSet(("text", str(n)), "1 2", (1 << 300_000) - n)])
        for n in range(4)
    ]
    ended = threading.Event()

    def write(one: WrittenSets) -> None:
        while not ended.is_set():
            sets_file.write(file, one)

    sets_file.write(file, written[0])
    threads = [threading.Thread(target=write, args=(one,)) for one in written]
    for thread in threads:
        thread.start()
    try:
        for _ in range(200):
            assert sets_file.read(file) in written
    finally:
        ended.set()
        for thread in threads:
            thread.join(WAIT)
    assert list(tmp_path.iterdir()) == [file]


def test_who_is_killed_while_they_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "index" / "sets"
    sets_file.write(file, SOME)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", _killed)
        patch.setattr(Path, "unlink", _killed)
        with pytest.raises(KeyboardInterrupt):
            sets_file.write(file, NONE)
    (left,) = [path for path in file.parent.iterdir() if path != file]
    assert sets_file.read(file) == SOME
    sets_file.write(file, SOME)
    assert left.exists(), "its writer may be at work"
    os.utime(left, (0, left.stat().st_mtime - replace.STALE_SECONDS - 1))
    sets_file.write(file, NONE)
    assert list(file.parent.iterdir()) == [file]


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


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
