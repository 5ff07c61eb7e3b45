"""Which revision of the schema a board has, and which one this program knows."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

HEAD: Final = "0010"
UNDEFINED_TABLE: Final = "42P01"


async def revision(engine: AsyncEngine) -> str | None:
    """The board's revision, or None for an empty one.

    Raises:
        DBAPIError: The database does not answer that.
    """
    async with engine.connect() as connection:
        try:
            rows = await connection.execute(text("SELECT version_num FROM alembic_version"))
        except DBAPIError as error:
            undefined = getattr(error.orig, "sqlstate", None) == UNDEFINED_TABLE
            if undefined or "no such table" in str(error):
                return None
            raise
        return rows.scalar()
