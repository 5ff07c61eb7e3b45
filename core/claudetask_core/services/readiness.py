"""Whether the board's database takes writes, found out without one."""

from sqlalchemy import text

from claudetask_core.db.engine import Database
from claudetask_core.db.refusals import BoardUnwritable

READ_ONLY = text(
    "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean"
)


async def refuse_read_only(database: Database) -> None:
    """Tells a standby, or a database that was set to take no writes, apart.

    Of a file nothing is asked: whether a disk is full only a write shows.

    Raises:
        BoardUnwritable: It takes none.
        BoardUnreachable: It does not answer.
    """
    if not database.backend.shared:
        return
    async with database.read() as session:
        if not await session.scalar(READ_ONLY):
            return
    raise BoardUnwritable(
        f"The board ({database.backend.where}) can only be read: its database server is a "
        "standby, or was set to be read-only.",
        next_step="Name its primary in CLAUDETASK_DATABASE_URL, or have it take writes.",
    )
