"""The same migrations in a server: up from each revision, by one process of many, and down."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from claudetask_core.db import migrate
from claudetask_core.db.engine import Database
from claudetask_core.db.models import Base
from claudetask_core.errors import DomainError
from tests.postgresql_server import Server

FOLDER = Path(migrate.__file__).parent / "migrations"
REVISIONS = [script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()][::-1]
OLD_TASK = """INSERT INTO tasks (title, description, type, priority, status, last_criterion,
    notes_count, version, created_at, updated_at)
    VALUES ('a', '', 'Bug', 'High', 'Code Review', 0, 1, 3, '2026-01-01', '2026-01-01')"""


@pytest.fixture
async def empty(postgresql: Server) -> AsyncGenerator[Database]:
    """A database without a table."""
    database = Database(postgresql.create("empty", "template0"))
    yield database
    await database.close()
    await asyncio.to_thread(postgresql.drop, "empty")


def moved(connection: Connection, to: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    (command.downgrade if down else command.upgrade)(config, to)


def differences(connection: Connection) -> list[object]:
    def ours(name: str | None, _kind: str, _parents: object) -> bool:
        return not str(name).startswith("tasks_")  # what is made of the tasks

    context = MigrationContext.configure(connection, opts={"include_name": ours})
    return list(compare_metadata(context, Base.metadata))


async def test_the_migrations_make_exactly_the_models(database_url: str) -> None:
    database = Database(database_url)
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_board_of_each_earlier_schema_comes_to_head_and_keeps_its_tasks(
    empty: Database, tmp_path: Path, revision: str
) -> None:
    async with empty.engine.connect() as connection:
        await connection.run_sync(moved, revision)
        await connection.execute(text(OLD_TASK))
        await connection.commit()
    await migrate.bring_to_head(empty, tmp_path / "lock")
    async with empty.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        kept = await connection.execute(text("SELECT id, status, version FROM tasks"))
        assert kept.all() == [(1, "Code Review", 3)]


async def test_the_migrations_can_be_undone(empty: Database, tmp_path: Path) -> None:
    await migrate.bring_to_head(empty, tmp_path / "lock")
    async with empty.engine.connect() as connection:
        await connection.run_sync(moved, "base", down=True)
        await connection.commit()
        left = await connection.run_sync(lambda c: set(inspect(c).get_table_names()))
    assert left == {"alembic_version"}


async def test_processes_that_start_at_once_migrate_exactly_once(
    empty: Database, tmp_path: Path
) -> None:
    others = [Database(empty.url.render_as_string(hide_password=False)) for _ in range(5)]
    await asyncio.gather(*(migrate.bring_to_head(one, tmp_path / "lock") for one in others))
    async with empty.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM statuses")) == 7
    for one in others:
        await one.close()


async def test_waiting_for_another_migration_is_bounded(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.3)
    other = Database(empty.url.render_as_string(hide_password=False))
    async with other.write() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(DomainError) as refusal:
            await asyncio.wait_for(migrate.bring_to_head(empty, tmp_path / "lock"), 10)
    await other.close()
    assert refusal.value.code == "migration_busy"


async def test_a_board_of_a_newer_program_is_refused_and_left_alone(
    database_url: str, tmp_path: Path
) -> None:
    database = Database(database_url)
    async with database.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DomainError) as refusal:
        await migrate.bring_to_head(database, tmp_path / "lock")
    async with database.read() as session:
        assert await session.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    await database.close()
    assert refusal.value.code == "board_too_new"


async def test_a_database_that_is_anothers_is_refused_and_left_alone(
    empty: Database, tmp_path: Path
) -> None:
    async with empty.write() as session:
        await session.execute(text("CREATE TABLE tasks (theirs text)"))
    with pytest.raises(DomainError) as refusal:
        await migrate.bring_to_head(empty, tmp_path / "lock")
    assert refusal.value.code == "board_unwritable"
    assert "for this board alone" in str(refusal.value)
    async with empty.engine.connect() as connection:
        tables = await connection.run_sync(lambda c: inspect(c).get_table_names())
    assert tables == ["tasks"]
