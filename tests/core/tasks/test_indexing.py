"""The index of terms is of the board as it is, whoever writes, and of no harm where it is not."""

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest
from filelock import FileLock

from claudetask_core.db.engine import Database
from claudetask_core.db.known_sets import GREATEST
from claudetask_core.schemas.task import TaskFilter
from claudetask_core.services.matching import postings_file
from claudetask_core.services.matching.postings import Building, Damaged, Segment
from claudetask_core.services.matching.postings_file import Postings
from claudetask_core.services.tasks.indexing import Indexing
from claudetask_core.services.tasks.warming import Warming
from tests.core.tasks.sets import (
    EVERY,
    FEW,
    MADE,
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

pytestmark = pytest.mark.embedded(reason="the sets are those of a board that is a file")
FOUND = "MATCH"
"""A part of the statement that asks the index of trigrams."""


@pytest.fixture
def sets(project: Path) -> Path:
    return project / "index" / "sets"


@pytest.fixture
def file(sets: Path) -> Path:
    return sets.with_name("postings")


async def warmed(project: Path, sets: Path) -> int:
    """A server that was idle for a moment; how often it read texts."""
    async with opened(project, sets) as database:
        with asked(database, TEXTS_READ) as texts:
            await Warming(database, pauses=0).once()
        return len(texts)


async def by_terms(database: Database, q: str) -> int:
    """How many hold a text, which no other index is asked for."""
    with asked(database, FOUND) as statements, asked(database) as listings:
        found = await total(database, q)
        assert statements == listings == []
    return found


def index(file: Path) -> Postings[str]:
    found = postings_file.read(file, str)
    assert found is not None
    return found


async def test_any_text_is_found_by_it_also_by_the_next_server_and_after_writes(
    project: Path, board: sqlite3.Connection, sets: Path
) -> None:
    begin(board)
    board.execute(MADE, ("", ""))
    board.execute("UPDATE tasks SET title = 'Fix the login', description = 'it fails, often'")
    board.execute("UPDATE tasks SET status = status WHERE id = 1")  # is looked at in any case
    with few(FEW):
        assert await warmed(project, sets) > 0
        async with opened(project, sets) as database:
            for text in ("the lo", "fails, of", " login", "t", "gI"):
                assert await by_terms(database, text) == 7
            board.execute("UPDATE tasks SET title = 'x' WHERE id = 2")
            board.execute("DELETE FROM tasks WHERE id = 3")
            board.execute(MADE, ("the login again", ""))
            assert await by_terms(database, "login") == 6
            assert await by_terms(database, "again") == 1
            assert await by_terms(database, "nobody said") == 0


async def test_only_segments_in_which_a_text_is_another_one_are_made_again(
    project: Path, board: sqlite3.Connection, sets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(board)
    made: list[list[int]] = []
    make = Building.made

    def seen(building: Building) -> Segment:
        segment = make(building)
        made.append(segment.numbers.tolist())
        return segment

    monkeypatch.setattr(Building, "made", seen)
    with few(FEW):
        await warmed(project, sets)
        assert made == [[1, 2, 3], [4, 5, 6]]
        made.clear()
        for _ in range(2):
            board.execute("UPDATE tasks SET status = 'Done'")  # more than six changes in all
        await warmed(project, sets)
        assert made == []
        board.execute("UPDATE tasks SET title = 'thread' WHERE id = 5")
        await warmed(project, sets)
        assert made == [], "what changed since is looked at"
        for number in range(7):
            board.execute("UPDATE tasks SET description = ? WHERE id = 6", (str(number),))
        await warmed(project, sets)
        assert made == [[4, 5, 6]]
        made.clear()
        board.execute("DELETE FROM tasks WHERE id = 3")
        for _ in range(7):
            board.execute("UPDATE tasks SET status = status WHERE id = 1")
        await warmed(project, sets)
        assert made == [[1, 2]]
        async with opened(project, sets) as database:
            assert await by_terms(database, "needle") == 4
            assert await by_terms(database, "thread") == 1


@pytest.mark.parametrize("after", [OVERRUN, MADE_ANEW])
async def test_where_it_is_not_known_what_changed_each_text_is_looked_at(
    project: Path, board: sqlite3.Connection, sets: Path, file: Path, after: str
) -> None:
    begin(board)
    with few(FEW):
        await warmed(project, sets)
        before = index(file)
        async with opened(project) as database:
            await index_kept(database, after)
        board.execute("UPDATE tasks SET title = 'thread', description = '' WHERE id = 2")
        board.execute(MADE, ("a needle", ""))
        async with opened(project, sets) as database:
            assert await total(database, "needle") == 6, "what the index says is too old"
        assert await warmed(project, sets) > 0
        assert index(file).at != before.at
        async with opened(project, sets) as database:
            assert await by_terms(database, "eedle") == 6


async def test_a_segment_that_has_no_task_any_more_is_left_out(
    project: Path, board: sqlite3.Connection, sets: Path, file: Path
) -> None:
    begin(board)
    with few(FEW):
        board.execute("UPDATE tasks SET id = 4000000 WHERE id = 6")
        await warmed(project, sets)
        assert [one.numbers.tolist() for one in index(file).segments] == [
            [1, 2, 3],
            [4, 5],
            [4000000],
        ]
        board.execute("DELETE FROM tasks WHERE id IN (4, 5)")
        for _ in range(7):
            board.execute("UPDATE tasks SET status = status WHERE id = 1")
        await warmed(project, sets)
        assert [one.numbers.tolist() for one in index(file).segments] == [[1, 2, 3], [4000000]]


async def test_a_board_that_is_numbered_too_high_has_none(
    project: Path, board: sqlite3.Connection, sets: Path, file: Path
) -> None:
    begin(board)
    board.execute("UPDATE tasks SET id = ? WHERE id = 6", (GREATEST + 1,))
    with few(FEW):
        await warmed(project, sets)
        assert not file.exists()


async def test_one_process_makes_it_and_others_take_it(
    project: Path, board: sqlite3.Connection, sets: Path, file: Path
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project, sets) as waiting:
            warm = Warming(waiting, pauses=0)
            file.parent.mkdir()
            with FileLock(file.with_name("postings.lock")), asked(waiting, TEXTS_READ) as texts:
                await warm.once()
                assert texts == []
            assert await warmed(project, sets) > 0
            with asked(waiting, TEXTS_READ) as texts:
                await warm.once()
                assert texts == []
            assert await by_terms(waiting, "eedl") == 6
            await index_kept(waiting, OVERRUN)
            assert await warmed(project, sets) > 0
            with asked(waiting, TEXTS_READ) as texts:
                await warm.once()
                assert texts == []
            assert await by_terms(waiting, "needl") == 6


async def test_what_was_changed_in_the_file_is_told_and_made_again(
    project: Path, board: sqlite3.Connection, sets: Path, file: Path
) -> None:
    begin(board)
    with few(FEW):
        await warmed(project, sets)
        whole = file.read_bytes()
        at = len(postings_file.FORM)
        file.write_bytes(whole[:at] + bytes(20) + whole[at + 20 :])
        assert not index(file).is_whole()
        assert await warmed(project, sets) > 0
        assert index(file).is_whole()
        async with opened(project, sets) as database:
            assert await by_terms(database, "eedl") == 6


async def test_what_is_found_to_be_damaged_is_asked_no_more(
    project: Path, board: sqlite3.Connection, sets: Path, file: Path
) -> None:
    begin(board)
    with few(FEW):
        await warmed(project, sets)
        async with opened(project, sets) as database:
            assert await by_terms(database, "eedl") == 6
            os.truncate(file, 30)
            with asked(database, FOUND) as statements:
                assert await total(database, "edle") == 6
                assert await total(database, "eedle") == 6
                assert len(statements) == 2
        assert await warmed(project, sets) > 0
        async with opened(project, sets) as database:
            assert await by_terms(database, "edle") == 6


async def test_texts_that_are_too_much_for_it_are_found_without(
    project: Path,
    board: sqlite3.Connection,
    sets: Path,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin(board)
    monkeypatch.setattr(postings_file, "MOST_IN_MEMORY", 100)
    with few(FEW):
        async with opened(project, sets) as database:
            warm = Warming(database, pauses=0)
            with asked(database, TEXTS_READ) as texts:
                await warm.once()
                assert len(texts) == 2, "those of one segment"
                await index_kept(database, OVERRUN)
                await warm.once()
                assert len(texts) == 2
            assert await total(database, "eedl") == 6
    assert [one.name for one in file.parent.iterdir() if "postings" in one.name] == [
        "postings.lock"
    ]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), Damaged()])
async def test_where_it_cannot_be_written_all_is_answered(
    project: Path,
    board: sqlite3.Connection,
    sets: Path,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    begin(board)

    def full(*_: object) -> None:
        raise error

    with few(FEW):
        with monkeypatch.context() as patch:
            patch.setattr(postings_file.Writing, "add", full)
            await warmed(project, sets)
        assert [one.name for one in file.parent.iterdir() if "postings" in one.name] == [
            "postings.lock"
        ]
        async with opened(project, sets) as database:
            assert await total(database, "needle") == 6
        await warmed(project, sets)
        assert file.exists()


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread")])
async def test_a_server_without_room_for_it_makes_none_and_goes_on(
    project: Path,
    board: sqlite3.Connection,
    sets: Path,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    begin(board)

    def none(_: object) -> Segment:
        raise error

    monkeypatch.setattr(Building, "made", none)
    with few(FEW):
        async with opened(project, sets) as database:
            warm = Warming(database, pauses=0)
            with asked(database, TEXTS_READ) as texts:
                await warm.once()
                assert texts
                texts.clear()
                await index_kept(database, OVERRUN)
                await warm.once()
                assert texts == []
            assert await total(database, "eedl") == 6
    assert not file.exists()


async def test_the_end_of_a_server_while_it_is_made_leaves_nothing_half(
    project: Path,
    board: sqlite3.Connection,
    sets: Path,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project, sets) as database:
            warm = Warming(database, moment=0, pauses=0)
            begun, wait = asyncio.Event(), asyncio.Event()

            async def pause(_: float) -> None:
                begun.set()
                await wait.wait()

            monkeypatch.setattr(warm, "_indexing", Indexing(database, pause))
            warm.start()
            async with asyncio.timeout(20):
                await begun.wait()
                await warm.close()
        assert [one.name for one in file.parent.iterdir() if "postings" in one.name] == [
            "postings.lock"
        ]
        assert await warmed(project, sets) > 0


async def test_those_who_ask_while_it_is_made_are_answered_of_the_board_as_it_is(
    project: Path, board: sqlite3.Connection, sets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(board)
    with few(FEW):
        async with opened(project, sets) as database:
            asked_for = 0

            async def pause(_: float) -> None:
                nonlocal asked_for
                asked_for += 1
                title = f"needle {asked_for}"
                board.execute("UPDATE tasks SET title = ? WHERE id = 4", (title,))
                board.execute("UPDATE tasks SET title = ? WHERE id = 1", (title,))
                assert (await listed(database, TaskFilter(q=title), EVERY))[0] == [1, 4]

            warm = Warming(database, pauses=0)
            monkeypatch.setattr(warm, "_indexing", Indexing(database, pause))
            await warm.once()
            assert asked_for > 2
            assert await by_terms(database, f"needle {asked_for}") == 2
            assert await by_terms(database, "needle 1") == 0
