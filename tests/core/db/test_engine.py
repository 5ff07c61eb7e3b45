import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from claudetask_core.db import engine
from claudetask_core.db.engine import Database, make_private_file, make_private_folder
from claudetask_core.db.sqlite import sqlite_url, translation
from claudetask_core.errors import DomainError
from tests.support import eventually


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    opened = Database(sqlite_url(tmp_path / "board.db"))
    async with opened.write() as session:
        await session.execute(text("CREATE TABLE t (n INTEGER)"))
    yield opened
    await opened.close()


async def count(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(text("SELECT count(*) FROM t")) or 0


async def half_way(database: Database) -> None:
    """A write whose second step fails."""
    async with database.write() as session:
        await session.execute(text("INSERT INTO t VALUES (2)"))
        await session.execute(text("INSERT INTO nowhere VALUES (2)"))


async def test_a_write_commits_at_its_end_and_undoes_all_when_it_raises(
    database: Database,
) -> None:
    async with database.write() as session:
        await session.execute(text("INSERT INTO t VALUES (1)"))
    with pytest.raises(OperationalError, match="no such table"):
        await half_way(database)
    assert await count(database) == 1


async def test_only_a_commit_is_told(database: Database) -> None:
    told: list[int] = []
    database.on_commit(lambda: told.append(1))
    with pytest.raises(OperationalError):
        await half_way(database)
    assert not told
    async with database.write():
        pass
    assert told == [1]


async def test_readers_go_on_while_another_process_writes(database: Database) -> None:
    other = sqlite3.connect(str(database.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO t VALUES (1)")
    assert await asyncio.wait_for(count(database), 5) == 0
    other.execute("COMMIT")
    other.close()
    assert await count(database) == 1


async def test_a_board_locked_too_long_is_busy_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    database = Database(sqlite_url(tmp_path / "board.db"))
    async with database.write():
        pass
    other = sqlite3.connect(tmp_path / "board.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DomainError) as refusal:
        async with database.write() as session:
            await session.execute(text("CREATE TABLE t (n INTEGER)"))
    other.close()
    await database.close()
    assert refusal.value.code == "board_busy"


async def test_the_block_of_a_write_begins_when_another_process_has_ended_its_own(
    database: Database,
) -> None:
    other = sqlite3.connect(str(database.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    has_begun = asyncio.Event()

    async def write() -> None:
        async with database.write():
            has_begun.set()

    writing = asyncio.create_task(write())
    await asyncio.wait({writing}, timeout=0.05)
    assert not has_begun.is_set()
    other.execute("COMMIT")
    other.close()
    await asyncio.wait_for(writing, 5)


async def insert(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("INSERT INTO t VALUES (1)"))


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
async def test_no_write_into_a_file_that_is_gone_is_acknowledged(
    database: Database, tmp_path: Path, *, replaced: bool
) -> None:
    await insert(database)
    (tmp_path / "board.db").rename(tmp_path / "elsewhere.db")
    if replaced:
        (tmp_path / "board.db").touch()
    for use in (insert, count):
        with pytest.raises(DomainError) as refusal:
            await use(database)
        assert refusal.value.code == "board_gone"
        assert str(tmp_path / "board.db") in str(refusal.value)
    (tmp_path / "elsewhere.db").rename(tmp_path / "board.db")
    await insert(database)
    assert await count(database) == 2


async def test_no_commit_into_a_file_that_went_meanwhile_is_acknowledged(
    database: Database, tmp_path: Path
) -> None:
    told: list[int] = []
    database.on_commit(lambda: told.append(1))

    async def overtaken() -> None:
        async with database.write() as session:
            await session.execute(text("INSERT INTO t VALUES (1)"))
            (tmp_path / "board.db").unlink()

    with pytest.raises(DomainError, match="may be gone") as refusal:
        await overtaken()
    assert refusal.value.code == "board_gone"
    assert not told


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
@pytest.mark.parametrize("beside", ["wal", "shm"])
async def test_no_write_beside_a_journal_that_is_gone_is_acknowledged(
    database: Database, tmp_path: Path, beside: str, *, replaced: bool
) -> None:
    await insert(database)
    journal = tmp_path / f"board.db-{beside}"
    journal.unlink()
    if replaced:
        journal.touch()
    for use in (insert, count):
        with pytest.raises(DomainError) as refusal:
            await use(database)
        assert refusal.value.code == "board_gone"
        assert str(journal) in str(refusal.value)


async def test_what_stood_in_a_deleted_journal_is_on_the_board(
    database: Database, tmp_path: Path
) -> None:
    await insert(database)
    (tmp_path / "board.db-wal").unlink()
    with pytest.raises(DomainError):
        await insert(database)
    alone = f"file:{tmp_path / 'board.db'}?immutable=1"  # as a killed server would leave it
    with closing(sqlite3.connect(alone, uri=True)) as left:
        assert left.execute("SELECT count(*) FROM t").fetchone() == (1,)


async def test_a_damaged_board_is_named_with_the_way_back(tmp_path: Path) -> None:
    (tmp_path / "board.db").write_bytes(b"this is no database at all" * 200)
    database = Database(sqlite_url(tmp_path / "board.db"))
    with pytest.raises(DomainError) as refusal:
        async with database.read() as session:
            await session.execute(text("SELECT 1"))
    await database.close()
    assert refusal.value.code == "board_broken"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("database or disk is full", "board_unwritable"),
        ("attempt to write a readonly database", "board_unwritable"),
        ("database disk image is malformed", "board_broken"),
        ("database is locked", "board_busy"),
    ],
)
def test_what_sqlite_says_of_its_surroundings_has_a_code(said: str, code: str) -> None:
    error = translation(said)
    assert error is not None
    assert error.code == code
    assert error.next_step


async def test_another_database_error_stays_what_it_is(database: Database) -> None:
    with pytest.raises(OperationalError, match="no such table"):
        async with database.read() as session:
            await session.execute(text("SELECT * FROM nowhere"))


def test_what_we_create_is_private(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a" / "b")
    make_private_file(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / "b" / "c").stat().st_mode & 0o777 == 0o600


def test_where_nothing_can_be_created_the_error_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for call in (make_private_folder, make_private_file):
        with pytest.raises(DomainError) as refusal:
            call(tmp_path / "file" / "below")
        assert refusal.value.code == "board_unwritable"
        assert "CLAUDETASK_DATA_DIR" in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlite+pysqlite://", "oracle+nothing://user:hunter2@host/db"]
)
def test_an_address_that_cannot_be_opened_is_a_sentence_without_its_password(url: str) -> None:
    with pytest.raises(DomainError) as refusal:
        Database(url)
    assert refusal.value.code == "database_address_invalid"
    assert "CLAUDETASK_DATABASE_URL" in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.embedded(reason="a server keeps its own journal")
async def test_a_locked_board_is_put_in_order_another_time_and_waited_for_as_ever(
    tmp_path: Path,
) -> None:
    file = tmp_path / "board.db"
    database = Database(sqlite_url(file))
    async with database.write() as session:
        await session.execute(text("CREATE TABLE t (n INTEGER)"))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(5):  # less than who writes waits
            await database.backend.settle(database.engine)
        other.execute("ROLLBACK")
    async with database.read() as session:
        assert await session.scalar(text("PRAGMA busy_timeout")) == engine.BUSY_SECONDS * 1000
    await database.close()


def on_the_board(file: Path) -> int:
    """How many rows the board's file holds without what stands in its journal."""
    alone = file.with_name("alone.db")
    alone.write_bytes(file.read_bytes())
    with closing(sqlite3.connect(f"file:{alone}?immutable=1", uri=True)) as board:
        try:
            return int(board.execute("SELECT count(*) FROM t").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


@pytest.mark.embedded(reason="a server keeps its own journal")
async def test_once_nobody_writes_what_was_written_is_on_the_board_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "REST_SECONDS", 0.05)
    file = tmp_path / "board.db"
    database = Database(sqlite_url(file))
    async with database.write() as session:
        await session.execute(text("CREATE TABLE t (n INTEGER)"))
    for number in range(3):
        async with database.write() as session:
            await session.execute(text("INSERT INTO t VALUES (:n)"), {"n": number})
    await eventually(lambda: on_the_board(file) == 3)
    async with database.write() as session:
        await session.execute(text("INSERT INTO t VALUES (4)"))
    journal = file.with_name("board.db-wal")
    await eventually(lambda: journal.stat().st_size == 0)
    assert on_the_board(file) == 4
    await database.close()


@pytest.mark.embedded(reason="a server keeps its own journal")
async def test_a_journal_that_lost_its_name_is_not_put_on_the_board_while_nobody_asks(
    tmp_path: Path,
) -> None:
    file = tmp_path / "board.db"
    database = Database(sqlite_url(file))
    async with database.write() as session:
        await session.execute(text("CREATE TABLE t (n INTEGER)"))
        await session.execute(text("INSERT INTO t VALUES (1)"))
    journal = file.with_name("board.db-wal")
    journal.rename(tmp_path / "aside")
    journal.write_bytes(b"")  # as one that another program begins
    await database.backend.settle(database.engine)
    assert on_the_board(file) == 0
    await database.close()
