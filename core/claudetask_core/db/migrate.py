"""Brings the schema to head, by the program itself, once, whoever starts first.

At head, one plain query answers and neither Alembic is imported nor a lock is taken. Otherwise a
lock file beside the board lets one process migrate while the others wait, each of which then finds
the schema at head.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from claudetask_core.db.engine import Database, translated
from claudetask_core.errors import Unavailable

HEAD = "0006"
LOCK_SECONDS = 60


class BoardTooNew(Unavailable):
    code = "board_too_new"


class MigrationBusy(Unavailable):
    code = "migration_busy"


async def bring_to_head(database: Database, lock_file: Path) -> None:
    """Migrates where needed.

    Raises:
        BoardTooNew: A newer program has migrated this board.
        MigrationBusy: Another process held the lock for `LOCK_SECONDS`.
    """
    with translated():
        if not _is_new(database) and await _revision(database) == HEAD:
            return
        lock = FileLock(lock_file, mode=0o600, thread_local=False)
        try:
            await asyncio.to_thread(lock.acquire, LOCK_SECONDS)
        except Timeout:
            raise MigrationBusy(
                "Another process is still migrating the board.",
                next_step="Try again in a minute.",
            ) from None
        try:
            if await _revision(database) != HEAD:
                await _upgrade(database)
        finally:
            await asyncio.to_thread(lock.release)


def _is_new(database: Database) -> bool:
    """Whether the file is still empty: then only the holder of the lock may open it.

    The change to write-ahead logging is the one step that SQLite does not let others wait for.
    """
    file = database.url.database
    if not database.is_sqlite or file is None:
        return False
    path = Path(file)
    return not path.exists() or path.stat().st_size == 0


async def _revision(database: Database) -> str | None:
    """The board's revision, or None for an empty file."""
    async with database.engine.connect() as connection:
        try:
            rows = await connection.execute(text("SELECT version_num FROM alembic_version"))
        except (OperationalError, ProgrammingError) as error:
            if "no such table" in str(error) or "does not exist" in str(error):
                return None
            raise
        return rows.scalar()


async def _upgrade(database: Database) -> None:
    from alembic.util.exc import CommandError  # noqa: PLC0415 — only a migration loads Alembic

    try:
        async with database.engine.connect() as connection, without_foreign_keys(connection):
            await connection.run_sync(_upgrade_with)
            await connection.commit()
    except CommandError as error:
        raise BoardTooNew(
            f"This board was migrated by a newer claudetask-mcp ({error}).",
            next_step="Upgrade claudetask-mcp and start it again.",
        ) from error


@asynccontextmanager
async def without_foreign_keys(connection: AsyncConnection) -> AsyncGenerator[None]:
    """SQLite changes a table by making it anew, and dropping the former deletes what refers to it.

    The switch has no effect within a transaction, so it is set on the driver's own connection.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = (await connection.get_raw_connection()).driver_connection
    if driver is None:
        raise RuntimeError("a connection of SQLAlchemy has a driver's behind it")
    await driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        await connection.rollback()
        await driver.execute("PRAGMA foreign_keys = ON")


def _upgrade_with(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 — as above
    from alembic.config import Config  # noqa: PLC0415 — as above

    config = Config()
    config.set_main_option("script_location", "claudetask_core:db/migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
