"""Runs the plain SQL of `board_sql` in a session of the services."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import CursorResult, Row, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from claudetask_core import board_sql
from claudetask_core.db.models.base import UtcDateTime
from claudetask_core.services.tasks.claims import CREDIBLE

if TYPE_CHECKING:
    from claudetask_core.board_sql import Ask

NOW = bindparam("now", type_=UtcDateTime())
LATEST = bindparam("latest", type_=UtcDateTime())


def asker(session: Session) -> "Ask":
    """Asks within the session's transaction."""

    def ask(sql: str, values: dict[str, Any]) -> list[Row[Any]]:
        statement = text(sql)
        if "now" in values:
            statement = statement.bindparams(NOW)
        if ":latest" in sql:
            statement = statement.bindparams(LATEST)
            values = {**values, "latest": values["now"] + CREDIBLE}
        answer = cast("CursorResult[Any]", session.execute(statement, values))
        return list(answer) if answer.returns_rows else []

    return ask


async def next_free(session: AsyncSession, now: datetime, caller: str) -> tuple[int | None, str]:
    """The number of the next free task, or None, and why."""
    found = await session.run_sync(lambda sync: board_sql.next_free(asker(sync), now, caller))
    return found[0], found[2]
