"""Brings the schema to head, by the program itself, once, whoever starts first.

At head, one plain query answers and neither Alembic is imported nor a lock is taken. Otherwise a
lock (of a file beside the board, or in the server that holds it) lets one process migrate while the
others wait, each of which then finds the schema at head.
"""

from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from claudetask_core.db.engine import Database
from claudetask_core.db.refusals import BoardTooNew
from claudetask_core.db.revision import HEAD, revision

LOCK_SECONDS = 60


async def bring_to_head(database: Database, lock_file: Path) -> None:
    """Migrates where needed.

    Raises:
        BoardTooNew: A newer program has migrated this board.
        MigrationBusy: Another process held the lock for `LOCK_SECONDS`.
    """
    with database.translated():
        if not database.backend.is_new() and await revision(database.engine) == HEAD:
            return
        alone = database.backend.alone(database.engine, lock_file, LOCK_SECONDS)
        async with alone as connection:
            if await revision(database.engine) != HEAD:
                await _upgrade(connection)


async def _upgrade(connection: AsyncConnection) -> None:
    from alembic.util.exc import CommandError  # noqa: PLC0415 — only a migration loads Alembic

    try:
        await connection.run_sync(_upgrade_with)
        await connection.commit()
    except CommandError as error:
        raise BoardTooNew(
            f"This board was migrated by a newer claudetask-mcp ({error}).",
            next_step="Upgrade claudetask-mcp and start it again.",
        ) from error


def _upgrade_with(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 — as above
    from alembic.config import Config  # noqa: PLC0415 — as above

    config = Config()
    config.set_main_option("script_location", "claudetask_core:db/migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
