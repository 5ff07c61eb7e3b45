"""Which tasks match is known from before in a server too, whoever writes and commits in between."""

import asyncio
import random
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from claudetask_core.db.engine import Database
from claudetask_core.schemas.task import Page, Status, TaskFilter, TaskSort
from claudetask_core.services.matching.sets import GREATEST
from claudetask_core.services.matching.sets_postgresql import Snapshot
from claudetask_core.services.similar.indexes import text_index
from claudetask_core.services.tasks import listing as task_list
from claudetask_core.services.tasks.warming import Warming
from tests.core.tasks.sets import EVERY, FEW, TEXTS_READ, asked, few, listed, total
from tests.postgresql_server import Server

COLUMNS = (
    "title, description, type, priority, status, last_criterion, notes_count, version, "
    "created_at, updated_at"
)
MADE = (
    f"INSERT INTO tasks ({COLUMNS}) VALUES ($1, '', 'Bug', 'Low', 'Ready', 0, 0, 1, "  # noqa: S608 — names of ours
    "'2026-01-05', '2026-01-05')"
)
SEARCH = "string_agg"
READY = TaskFilter(q="needle", status=Status("Ready"))
NEEDLE = TaskFilter(q="NEEDLE")
BY_STATUS = Page(sort=TaskSort.STATUS, limit=500)
AGAIN = (
    "ALTER TABLE tasks DISABLE TRIGGER tasks_changed; {}; "
    "CREATE TABLE again AS TABLE tasks_changed_since; DROP TABLE tasks_changed_since; "
    "ALTER TABLE again RENAME TO tasks_changed_since"
)
"""As a restore into the database does, which makes its tables again with what they held."""
EMPTIED = (
    "CREATE TEMP TABLE kept AS TABLE tasks; TRUNCATE tasks CASCADE; "
    "ALTER TABLE tasks DISABLE TRIGGER tasks_changed; INSERT INTO tasks SELECT * FROM kept; {}"
)
ALL = ([1, 2, 3, 4, 5, 6], 6)


@asynccontextmanager
async def by_hand(url: str) -> AsyncGenerator[Any]:
    connection: Any = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
def few_are_two() -> Generator[None]:
    with few(FEW):
        yield


@pytest.fixture
async def hand(database_url: str, few_are_two: None) -> AsyncGenerator[Any]:
    """Writes as anybody may; the board has six tasks."""
    del few_are_two
    async with by_hand(database_url) as connection:
        for _ in range(6):
            await connection.execute(MADE, "a needle")
        yield connection


@pytest.fixture
async def board(database_url: str, hand: Any) -> AsyncGenerator[Database]:
    del hand
    database = Database(database_url)
    yield database
    await database.close()


async def test_what_was_found_once_is_not_looked_for_again_whatever_is_written(
    board: Database, hand: Any
) -> None:
    with asked(board, SEARCH) as statements:
        for wanted, page in ((READY, EVERY), (NEEDLE, BY_STATUS)):
            for _ in range(3):
                assert await listed(board, wanted, page) == ALL
        assert len(statements) == 2, "one for the text, one for the status"
        await hand.execute(MADE, "one more Needle")
        await hand.execute("UPDATE tasks SET title = 'thread' WHERE id = 1")
        await hand.execute("UPDATE tasks SET title = 'x', description = 'a needle' WHERE id = 2")
        await hand.execute("DELETE FROM tasks WHERE id = 3")
        await hand.execute("UPDATE tasks SET status = 'Done' WHERE id = 4")
        await hand.execute("UPDATE tasks SET id = 40 WHERE id = 5")
        for _ in range(2):
            assert await listed(board, NEEDLE, EVERY) == ([2, 4, 6, 7, 40], 5)
            assert await listed(board, READY, EVERY) == ([2, 6, 7, 40], 4)
        assert len(statements) == 2


async def test_what_no_index_helps_to_find_is_kept_however_few_it_is(
    board: Database, hand: Any
) -> None:
    await hand.execute("UPDATE tasks SET title = 'Zq' WHERE id = 1")
    with asked(board, SEARCH) as statements:
        assert await listed(board, TaskFilter(q="zq"), EVERY) == ([1], 1)
        await hand.execute("UPDATE tasks SET title = 'a_zq' WHERE id = 2")
        await hand.execute(MADE, "none")
        for _ in range(2):
            assert await listed(board, TaskFilter(q="zq"), EVERY) == ([1, 2], 2)
            assert await listed(board, TaskFilter(q="_zq"), EVERY) == ([2], 1)
        assert len(statements) == 2
        for _ in range(2):
            assert await listed(board, TaskFilter(q="a_zq none"), EVERY) == ([], 0)
        assert len(statements) == 4, "an index knows the word beside it"


async def test_after_more_changes_than_are_noted_a_set_is_found_anew(
    board: Database, hand: Any
) -> None:
    assert await total(board, "needle") == 6
    with asked(board, SEARCH) as statements:
        for _ in range(230):
            await hand.execute("UPDATE tasks SET status = status")
        assert 1024 <= await hand.fetchval("SELECT count(*) FROM tasks_changed") <= 1280
        await hand.execute("UPDATE tasks SET title = 'thread' WHERE id = 1")
        assert await total(board, "needle") == 5
        assert len(statements) == 1
        assert await total(board, "needle") == 5
        assert len(statements) == 1


async def test_who_wrote_first_and_commits_last_is_seen_then(
    board: Database, hand: Any, database_url: str
) -> None:
    async with by_hand(database_url) as other, by_hand(database_url) as third:
        first, second, undone = hand.transaction(), other.transaction(), third.transaction()
        await first.start()
        await hand.execute("UPDATE tasks SET title = 'thread' WHERE id = 1")
        await undone.start()
        await third.execute("UPDATE tasks SET title = 'thread' WHERE id = 3")
        await second.start()
        await other.execute("UPDATE tasks SET title = 'thread' WHERE id = 2")
        assert await total(board, "needle") == 6
        await second.commit()
        assert await listed(board, NEEDLE, EVERY) == ([1, 3, 4, 5, 6], 5)
        await undone.rollback()
        assert await total(board, "needle") == 5
        await first.commit()
        with asked(board, SEARCH) as statements:
            assert await listed(board, NEEDLE, EVERY) == ([3, 4, 5, 6], 4)
            assert statements == []


async def test_one_who_reads_an_earlier_state_is_not_told_of_a_later_one(
    board: Database, hand: Any
) -> None:
    async with board.read() as session:
        assert (await task_list.listed(session, NEEDLE, EVERY))[1] == 6
        await hand.execute("UPDATE tasks SET title = 'thread' WHERE id = 1")
        assert await total(board, "needle") == 5
        assert (await task_list.listed(session, NEEDLE, EVERY))[1] == 6
    assert await total(board, "needle") == 5


async def test_what_a_writer_finds_is_known_to_nobody_else(board: Database) -> None:
    assert await total(board, "needle") == 6
    async with board.rehearse() as session:
        await session.execute(text("UPDATE tasks SET title = 'thread' WHERE id = 1"))
        assert (await task_list.listed(session, NEEDLE, EVERY))[1] == 5
    with asked(board, SEARCH) as statements:
        assert await total(board, "needle") == 6
        assert statements == []


async def test_a_copy_in_the_place_of_the_database_has_sets_of_its_own(
    board: Database, hand: Any, postgresql: Server, database_url: str
) -> None:
    """Also where it is the same but for what was written since."""
    name = make_url(database_url).database or ""
    await hand.close()
    await asyncio.to_thread(postgresql.create, f"{name}_copy", name)
    async with by_hand(database_url) as again:
        await again.execute("UPDATE tasks SET title = 'thread' WHERE id = 1")
    assert await total(board, "needle") == 5
    await board.engine.dispose()
    await asyncio.to_thread(postgresql.drop, name)
    await asyncio.to_thread(postgresql.execute, f"ALTER DATABASE {name}_copy RENAME TO {name}")
    assert await total(board, "needle") == 6


@pytest.mark.parametrize("how", [AGAIN, EMPTIED], ids=["made again", "emptied at once"])
async def test_what_nobody_noted_is_found_out(board: Database, hand: Any, how: str) -> None:
    assert await total(board, "needle") == 6
    await hand.execute(how.format("UPDATE tasks SET title = 'thread' WHERE id = 1"))
    assert await total(board, "needle") == 5


async def test_what_is_made_anew_is_searched_anew(board: Database, hand: Any) -> None:
    assert await total(board, "needle") == 6
    await hand.execute("ALTER TABLE tasks DISABLE TRIGGER tasks_changed")
    await hand.execute("UPDATE tasks SET title = 'thread' WHERE id = 1")
    async with board.write() as session:
        await text_index(session).make_anew(session)
    assert await total(board, "needle") == 5


async def test_where_changes_are_not_noted_each_question_is_answered_anew(
    board: Database, hand: Any
) -> None:
    assert await total(board, "needle") == 6
    await hand.execute("DELETE FROM tasks_changed_since")
    await Warming(board).look()
    assert await listed(board, READY, BY_STATUS) == ALL
    await hand.execute("UPDATE tasks SET title = 'thread' WHERE id = 1")
    assert await listed(board, NEEDLE, EVERY) == ([2, 3, 4, 5, 6], 5)


@pytest.mark.parametrize("number", [-1, GREATEST + 1, 1 << 40])
async def test_a_board_numbered_beyond_what_a_set_holds_has_none(
    board: Database, hand: Any, number: int
) -> None:
    assert await total(board, "needle") == 6
    await hand.execute("UPDATE tasks SET id = $1 WHERE id = 1", number)
    assert (await listed(board, NEEDLE, EVERY))[1] == 6
    assert (await listed(board, READY, BY_STATUS))[1] == 6
    await hand.execute("DELETE FROM tasks WHERE id = $1", number)
    assert await listed(board, NEEDLE, EVERY) == ([2, 3, 4, 5, 6], 5)


async def test_what_one_process_found_the_next_does_not_look_for(
    database_url: str, hand: Any, tmp_path: Path
) -> None:
    file = tmp_path / "sets"
    for number in range(3):
        database = Database(database_url, file)
        with asked(database, SEARCH) as statements, asked(database, TEXTS_READ) as texts:
            await Warming(database).once()
            assert await listed(database, READY, EVERY) == (ALL[0][number:], 6 - number)
            assert bool(statements) == bool(texts) == (not number)
        await database.close()
        await hand.execute("UPDATE tasks SET status = 'Done' WHERE id = $1", number + 1)


async def test_of_several_texts_that_are_brought_up_at_once_each_is_that_of_its_own(
    database_url: str, hand: Any, tmp_path: Path
) -> None:
    await hand.execute("UPDATE tasks SET title = 'a haystack of thread' WHERE id > 3")
    for these in ([1, 2, 3], [2, 3, 4]):
        database = Database(database_url, tmp_path / "sets")
        await Warming(database).once()
        with asked(database, SEARCH) as statements:
            assert await listed(database, NEEDLE, EVERY) == (these, 3)
            hay = sorted({1, 2, 3, 4, 5, 6} - set(these))
            assert await listed(database, TaskFilter(q="Haystack"), EVERY) == (hay, 3)
            assert await total(database, "thread") == 3
            assert statements == []
        await database.close()
        await hand.execute("UPDATE tasks SET title = 'Haystack' WHERE id = 1")
        await hand.execute("UPDATE tasks SET title = 'thread and needle' WHERE id = 4")


@pytest.mark.parametrize("how", [AGAIN, EMPTIED], ids=["made again", "emptied at once"])
async def test_a_file_of_what_a_later_database_held_is_not_that_of_a_copy(
    hand: Any, database_url: str, tmp_path: Path, how: str
) -> None:
    """Nor of tables that were made again, or emptied."""
    for found in (6, 5):
        database = Database(database_url, tmp_path / "sets")
        assert await total(database, "needle") == found
        await Warming(database).close()
        await database.close()
        if found == ALL[1]:
            await hand.execute(how.format("UPDATE tasks SET title = 'thread' WHERE id = 1"))


@pytest.mark.parametrize("said", ["", "board", "1:2", "1:2:x", "1:2:3,", "-1:2:", "1:1e3:"])
def test_what_tells_no_snapshot_is_none(said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        Snapshot.read(f"board\n{said}")


def test_a_snapshot_is_told_and_read_again() -> None:
    for said in ("10:14:10,12", "10:10:"):
        snapshot = Snapshot.of("a server's board", said)
        assert Snapshot.read(snapshot.told()) == snapshot


async def test_a_server_that_was_started_anew_is_asked_anew(own_server: Server) -> None:
    await asyncio.to_thread(own_server.migrate)
    database = Database(await asyncio.to_thread(own_server.create, "board"))
    with few(FEW):
        async with by_hand(own_server.url("board")) as connection:
            for _ in range(6):
                await connection.execute(MADE, "a needle")
        assert await total(database, "needle") == 6
        await asyncio.to_thread(own_server.stop, "fast")
        await asyncio.to_thread(own_server.start)
        with asked(database, SEARCH) as statements:
            assert await total(database, "needle") == 6
            assert len(statements) == 1
    await database.close()


async def test_what_may_be_asked_for_is_found_before(
    database_url: str, hand: Any, tmp_path: Path
) -> None:
    database = Database(database_url, tmp_path / "sets")
    await hand.execute("UPDATE tasks SET status = 'Done' WHERE id = 6")
    await Warming(database).look()
    await hand.execute("UPDATE tasks SET status = 'Done' WHERE id = 1")
    await hand.execute("UPDATE tasks SET title = 'a thread' WHERE id = 2")
    with asked(database, SEARCH) as statements:
        assert await listed(database, READY, EVERY) == ([3, 4, 5], 3)
        assert await listed(database, NEEDLE, BY_STATUS) == ([3, 4, 5, 1, 6], 5)
        assert await listed(database, TaskFilter(q="A n"), BY_STATUS) == ([3, 4, 5, 1, 6], 5)
        assert await listed(database, TaskFilter(q="d"), EVERY) == (ALL[0], 6)
        assert statements == []
    await database.close()


def test_a_snapshot_sees_what_had_ended_and_follows_one_that_saw_no_more() -> None:
    early = Snapshot.of("board", "10:14:10,12")
    assert [early.sees(n) for n in (9, 10, 11, 12, 13, 14)] == [
        True, False, True, False, True, False,
    ]  # fmt: skip
    assert early.follows(early)
    for later in ("10:20:10,12", "12:14:12", "14:14:", "10:30:10,15,29"):
        assert Snapshot.of("board", later).follows(early), later
    for other in ("10:13:10,12", "10:14:10,11,12", "9:14:9,10,12", "11:20:11"):
        assert not Snapshot.of("board", other).follows(early), other
    assert not Snapshot.of("another", "14:20:").follows(early)


class Writer:
    """Changes tasks by hand in transactions of its own, which end when it is drawn."""

    def __init__(self, connection: Any, tasks: range, chance: random.Random) -> None:
        self._connection = connection
        self._tasks = tasks
        self._chance = chance
        self._open: Any = None

    async def step(self) -> None:
        if self._open is None:
            self._open = self._connection.transaction()
            await self._open.start()
        elif self._chance.random() < 0.4:
            await (self._open.commit if self._chance.random() < 0.7 else self._open.rollback)()
            self._open = None
            return
        title = self._chance.choice(["a needle", "NEEDLES", "hay", ""])
        number = self._chance.choice(self._tasks)
        if self._chance.random() < 0.3:  # its changes are then those of a transaction within
            async with self._connection.transaction():
                await self._say(number, title)
        else:
            await self._say(number, title)

    async def _say(self, number: int, title: str) -> None:
        await self._connection.execute("UPDATE tasks SET title = $2 WHERE id = $1", number, title)


async def scanned(session: Any) -> list[int]:
    """The tasks that hold it, by a look at each."""
    rows = await session.execute(text("SELECT id, title, description FROM tasks ORDER BY id"))
    return [number for number, *said in rows if any("needle" in one.lower() for one in said)]


@pytest.mark.parametrize("seed", range(12))
async def test_what_matches_is_what_a_look_at_each_finds_in_every_transaction(
    board: Database, hand: Any, database_url: str, seed: int
) -> None:
    """Of three who write at once, and of readers that began before and read on."""
    chance = random.Random(seed)  # noqa: S311 — no secret
    for _ in range(6):
        await hand.execute(MADE, "hay")
    async with by_hand(database_url) as one, by_hand(database_url) as two:
        writers = [
            Writer(connection, range(first, first + 4), chance)
            for connection, first in ((hand, 1), (one, 5), (two, 9))
        ]
        for _ in range(8):
            async with board.read() as earlier:
                known = await scanned(earlier)
                for _ in range(chance.randint(1, 4)):
                    await chance.choice(writers).step()
                    async with board.read() as session:
                        found = await task_list.listed(session, NEEDLE, EVERY)
                        assert [task.id for task in found[0]] == await scanned(session)
                    if chance.random() < 0.5:
                        found = await task_list.listed(earlier, NEEDLE, EVERY)
                        assert ([task.id for task in found[0]], found[1]) == (known, len(known))
