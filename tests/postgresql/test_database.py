"""The board in a server: transactions, the one writer, and what is said when it is not there."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from claudetask_core.db import engine
from claudetask_core.db import postgresql as postgresql_module
from claudetask_core.db.engine import Database
from claudetask_core.db.migrate import bring_to_head
from claudetask_core.errors import DomainError
from tests.postgresql_server import Server

SHORT = 0.3


@pytest.fixture
async def database(database_url: str) -> AsyncGenerator[Database]:
    opened = Database(database_url)
    async with opened.write() as session:
        await session.execute(text("CREATE TABLE t (n bigint)"))
    yield opened
    await opened.close()


async def count(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(text("SELECT count(*) FROM t")) or 0


async def insert(database: Database, value: str = "1") -> None:
    async with database.write() as session:
        await session.execute(text(f"INSERT INTO t VALUES ({value})"))  # noqa: S608 — the test's own


async def failing() -> None:
    raise ZeroDivisionError


async def half_way(database: Database, between: Awaitable[object]) -> None:
    """A write amid which something else happens."""
    async with database.write() as session:
        await session.execute(text("INSERT INTO t VALUES (2)"))
        await between
        await session.execute(text("INSERT INTO t VALUES (3)"))


async def refused(database: Database, sql: str = "SELECT 1") -> DomainError:
    """What a question is answered with that cannot be asked."""
    with pytest.raises(DomainError) as refusal:
        async with database.read() as session:
            await session.execute(text(sql))
    return refusal.value


async def test_a_write_commits_at_its_end_and_undoes_all_when_it_raises(
    database: Database,
) -> None:
    await insert(database)
    with pytest.raises(ZeroDivisionError):
        await half_way(database, failing())
    assert await count(database) == 1


async def test_a_read_can_change_nothing_and_sees_one_state(
    database: Database, database_url: str
) -> None:
    other = Database(database_url)
    async with database.read() as session:
        before = await session.scalar(text("SELECT count(*) FROM t"))
        await asyncio.wait_for(insert(other), 10)
        assert await session.scalar(text("SELECT count(*) FROM t")) == before
    assert await count(database) == (before or 0) + 1
    said = await refused(database, "INSERT INTO t VALUES (1)")
    assert said.code == "board_unwritable"
    await other.close()


async def test_one_writes_at_a_time_and_the_other_waits_for_it(
    database: Database, database_url: str
) -> None:
    other = Database(database_url)
    async with database.write() as session:
        await session.execute(text("SELECT 1"))
        waiting = asyncio.create_task(insert(other))
        done, _ = await asyncio.wait({waiting}, timeout=SHORT)
        assert not done
        await session.execute(text("INSERT INTO t VALUES (1)"))
    await asyncio.wait_for(waiting, 10)
    assert await count(database) == 2
    await other.close()


async def test_who_waits_too_long_is_told_that_the_board_is_busy(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", SHORT)
    other = Database(database_url)
    async with database.write() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(DomainError) as refusal:
            await insert(other)
        assert refusal.value.code == "board_busy"
        assert await count(other) == 0
    await insert(other)
    await other.close()


async def test_a_writer_that_falls_silent_loses_its_turn(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that sleeps amid a write would keep all others waiting."""
    monkeypatch.setattr(postgresql_module, "IDLE_SECONDS", SHORT / 2)
    silent = Database(database_url)
    with pytest.raises(DomainError) as refusal:
        await half_way(silent, asyncio.wait_for(insert(database, "7"), 10))
    assert refusal.value.code == "board_unreachable"
    assert await count(database) == 1
    await insert(silent)
    await silent.close()


async def test_a_write_that_is_given_up_lets_go_of_its_turn(
    database: Database, database_url: str
) -> None:
    other = Database(database_url)
    begun = asyncio.Event()

    async def hanging() -> None:
        async with database.write() as session:
            await session.execute(text("INSERT INTO t VALUES (1)"))
            begun.set()
            await session.execute(text("SELECT pg_sleep(60)"))

    giving_up = asyncio.create_task(hanging())
    await asyncio.wait_for(begun.wait(), 10)
    giving_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await giving_up
    await asyncio.wait_for(insert(other), 10)
    await asyncio.wait_for(insert(database), 10)
    assert await count(database) == 2
    await other.close()


async def test_a_question_from_before_a_migration_is_asked_anew(
    database: Database, database_url: str
) -> None:
    async with database.read() as session:
        await session.execute(text("SELECT * FROM t"))
    other = Database(database_url)
    async with other.write() as session:
        await session.execute(text("ALTER TABLE t ADD COLUMN m bigint"))
    await other.close()
    assert (await refused(database, "SELECT * FROM t")).code == "board_busy"
    async with database.read() as session:
        await session.execute(text("SELECT * FROM t"))


async def test_another_error_of_the_database_stays_what_it_is(database: Database) -> None:
    with pytest.raises(DBAPIError, match="nowhere"):
        async with database.read() as session:
            await session.execute(text("SELECT * FROM nowhere"))


async def test_a_nul_is_refused_and_not_an_internal_error(database: Database) -> None:
    with pytest.raises(DomainError) as refusal:
        async with database.read() as session:
            await session.execute(text("SELECT CAST(:a AS text)"), {"a": "a\x00b"})
    assert refusal.value.code == "text_unkeepable"


async def test_a_server_that_ends_and_comes_back_is_told_and_then_used(
    own_server: Server,
) -> None:
    database = Database(own_server.create("board", "template0"))
    async with database.write() as session:
        await session.execute(text("CREATE TABLE t (n bigint)"))
    own_server.stop("fast")
    said = await refused(database)
    assert said.code == "board_unreachable"
    assert "CLAUDETASK_DATABASE_URL" in str(said)
    own_server.start()
    assert await count(database) == 0
    await insert(database)
    await database.close()


async def test_a_server_that_hangs_is_told_in_time_and_used_when_it_goes_on(
    postgresql: Server, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_module, "ANSWER_SECONDS", SHORT)
    database = Database(database_url)
    async with database.read() as session:
        process = await session.scalar(text("SELECT pg_backend_pid()"))
    os.kill(process, signal.SIGSTOP)
    try:
        said = await asyncio.wait_for(refused(database), 10)
        assert said.code == "board_unreachable"
        assert "it took too long" in str(said)
        async with asyncio.timeout(10), database.read() as session:
            other = await session.scalar(text("SELECT pg_backend_pid()"))
        assert other != process
    finally:
        os.kill(process, signal.SIGCONT)
    await database.close()


async def test_what_is_lost_amid_a_write_is_told_as_lost(own_server: Server) -> None:
    database = Database(own_server.create("board", "template0"))
    async with database.write() as session:
        await session.execute(text("CREATE TABLE t (n bigint)"))
    with pytest.raises(DomainError) as refusal:
        await half_way(database, asyncio.to_thread(own_server.stop))
    assert refusal.value.code == "board_unreachable"
    assert "look first whether it was made" in str(refusal.value)
    await database.close()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (":wrong@", "password authentication failed"),
        ("/nowhere", 'database "nowhere" does not exist'),
        ("nobody:", "password authentication failed"),
    ],
)
async def test_who_is_not_let_in_is_told_why_and_never_the_password(
    postgresql: Server, other: str, said: str
) -> None:
    url = postgresql.url("migrated")
    secret = url.split(":")[2].split("@")[0]
    changes = {
        ":wrong@": url.replace(f":{secret}@", other),
        "/nowhere": url.replace("/migrated", other),
        "nobody:": url.replace("board:", other),
    }
    database = Database(changes[other])
    refusal = await refused(database)
    await database.close()
    assert refusal.code == "board_unreachable"
    assert said in str(refusal)
    assert "CLAUDETASK_DATABASE_URL" in str(refusal)
    assert secret not in str(refusal)
    assert secret not in repr(database.url)


async def at_once(database: Database) -> None:
    """As many sessions as the pool keeps, opened now."""
    async with AsyncExitStack() as stack:
        for _ in range(postgresql_module.CONNECTIONS):
            session = await stack.enter_async_context(database.read())
            await session.execute(text("SELECT 1"))


async def looked_at(database: Database) -> None:
    async with database.read() as session:
        await database.backend.refuse_read_only(session)


@pytest.mark.parametrize("tried", [insert, looked_at])
async def test_a_database_that_takes_writes_again_is_written_to_at_once(
    own_server: Server, tried: Callable[[Database], Awaitable[None]]
) -> None:
    database = Database(own_server.create("board", "template0"))
    async with database.write() as session:
        await session.execute(text("CREATE TABLE t (n bigint)"))
        await session.execute(text("CREATE TABLE tasks (n bigint)"))
    own_server.execute("ALTER DATABASE board SET default_transaction_read_only = on")
    await database.engine.dispose()
    await at_once(database)
    with pytest.raises(DomainError) as refusal:
        await tried(database)
    assert refusal.value.code == "board_unwritable"
    own_server.execute("ALTER DATABASE board RESET default_transaction_read_only")
    for _ in range(postgresql_module.CONNECTIONS):
        await looked_at(database)
        await insert(database)
    await database.close()


async def test_a_time_limit_that_was_raised_holds_no_longer(own_server: Server) -> None:
    database = Database(own_server.create("board", "template0"))
    own_server.execute("ALTER DATABASE board SET statement_timeout = '200ms'")
    await at_once(database)
    own_server.execute("ALTER DATABASE board RESET statement_timeout")
    lasting = "SELECT pg_sleep(0.4)"
    said = await refused(database, lasting)
    assert said.code == "board_busy"
    assert "statement_timeout" in str(said)
    for _ in range(postgresql_module.CONNECTIONS):
        async with database.read() as session:
            await session.execute(text(lasting))
    await database.close()


async def test_where_nobody_listens_that_is_said_at_once(
    postgresql: Server, unused_tcp_port: int
) -> None:
    database = Database(f"postgresql+asyncpg://me:hunter2@127.0.0.1:{unused_tcp_port}/board")
    said = await asyncio.wait_for(refused(database), 10)
    await database.close()
    assert said.code == "board_unreachable"
    assert "127.0.0.1/board" in str(said)
    assert "hunter2" not in str(said)


async def test_encryption_that_the_server_does_not_have_is_refused(database_url: str) -> None:
    database = Database(f"{database_url}?sslmode=require")
    said = await refused(database)
    await database.close()
    assert said.code == "board_unreachable"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+asyncpg://u:p@ss@host/db", "%40"),
        ("postgresql+asyncpg://u:hunter2@host/db?sslrootcert=x", "'sslrootcert'"),
        ("postgresql+asyncpg://u:hunter2@host:port/db", "database_address_invalid"),
        ("mysql+aiomysql://u:hunter2@host/db", "postgresql+asyncpg://"),
        ("postgresql+psycopg://u:hunter2@host/db", "postgresql+asyncpg://"),
    ],
)
def test_an_address_that_is_wrong_is_told_before_it_is_tried(url: str, said: str) -> None:
    with pytest.raises(DomainError) as refusal:
        Database(url)
    assert refusal.value.code == "database_address_invalid"
    assert said in f"{refusal.value} {refusal.value.code}"
    assert "hunter2" not in str(refusal.value)
    assert "ss@host" not in str(refusal.value)


def test_without_the_driver_the_extra_to_install_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(DomainError) as refusal:
        Database("postgresql+asyncpg://u:hunter2@host/db")
    assert refusal.value.code == "database_address_invalid"
    assert "Install claudetask-mcp[postgresql]." in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


async def test_an_option_with_a_value_there_is_not_is_told(database_url: str) -> None:
    database = Database(f"{database_url}?target_session_attrs=nonsense")
    said = await refused(database)
    await database.close()
    assert said.code == "database_address_invalid"
    assert "target_session_attrs" in str(said)


async def test_a_database_of_another_encoding_is_refused_with_the_remedy(
    postgresql: Server, tmp_path: Path
) -> None:
    postgresql.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    database = Database(postgresql.url("latin"))
    with pytest.raises(DomainError) as refusal:
        await bring_to_head(database, tmp_path / "lock")
    await database.close()
    postgresql.drop("latin")
    assert refusal.value.code == "database_address_invalid"
    assert "ENCODING 'UTF8'" in str(refusal.value)


async def test_all_connections_taken_is_told_as_busy(postgresql: Server, database_url: str) -> None:
    name = database_url.rpartition("/")[2]
    postgresql.execute("CREATE ROLE small LOGIN PASSWORD 'small' CONNECTION LIMIT 0")
    address = f"postgresql+asyncpg://small:small@127.0.0.1:{postgresql.port}/{name}"
    database = Database(address)
    said = await refused(database)
    await database.close()
    postgresql.execute("DROP ROLE small")
    assert said.code == "board_busy"
    assert "max_connections" in str(said)


@pytest.mark.parametrize(("set_to", "used"), [("off", "local"), ("remote_write", "remote_write")])
async def test_what_is_acknowledged_is_on_the_servers_disk_however_it_is_set(
    own_server: Server, set_to: str, used: str
) -> None:
    url = own_server.create("board", "template0")
    own_server.execute(f"ALTER DATABASE board SET synchronous_commit = {set_to}")
    database = Database(url)
    async with database.write() as session:
        assert await session.scalar(text("SHOW synchronous_commit")) == used
    async with database.read() as session:
        assert await session.scalar(text("SHOW synchronous_commit")) == set_to
    await database.close()
