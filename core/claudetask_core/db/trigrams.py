"""The extension of PostgreSQL by which tasks are found by a part of a text."""

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from claudetask_core.errors import Unavailable


class TrigramsMissing(Unavailable):
    code = "trigrams_missing"

    def __init__(self, next_step: str) -> None:
        super().__init__(
            "The database has no extension pg_trgm, by which tasks are found by a part of a text.",
            next_step=next_step,
        )


def require_trigrams(connection: Connection) -> None:
    """Adds PostgreSQL's extension to the database, where it is not there yet.

    Raises:
        TrigramsMissing: It cannot be added; the error says by whom and how.
    """
    if connection.scalar(text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")):
        return
    if not connection.scalar(text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")):
        raise TrigramsMissing("Install PostgreSQL's contrib package on its server, then try again.")
    try:
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION pg_trgm"))
    except DBAPIError as error:
        raise TrigramsMissing(
            "Have an owner of the database run CREATE EXTENSION pg_trgm in it, then try again."
        ) from error
