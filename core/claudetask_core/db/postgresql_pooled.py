"""Whether a line to PostgreSQL has a session of its own, or shares those of a pooler.

A pooler such as PgBouncer may give each transaction, or each statement, whichever session is free.
What belongs to a session is then found in another's or not at all: prepared statements, by which
every question is asked, and LISTEN, by which others' changes are heard. Neither fails at once, so
it is found out beforehand: one line names its session and another holds one meanwhile.
"""

import secrets
from typing import Any

from claudetask_core.db.refusals import AddressInvalid

NAMED = "SELECT 1 / (CASE WHEN current_setting('claudetask.line', true) = '{}' THEN 0 ELSE 1 END)"
"""Fails where the session has the name. Without parameters it is asked without being prepared."""
REMEDY = (
    "Set pool_mode = session for this database there, or name the PostgreSQL server itself instead."
)


async def refuse_shared_sessions(first: Any, second: Any) -> None:
    """Looks whether two lines, both new, have sessions of their own.

    Raises:
        AddressInvalid: They have not.
    """
    if await _share(first, second):
        raise AddressInvalid(
            "it leads to a pooler that gives every transaction another session (pool_mode "
            "transaction or statement)",
            REMEDY,
        )


async def _share(first: Any, second: Any) -> bool:
    import asyncpg  # noqa: PLC0415 — an extra that only boards in a server need

    name = secrets.token_hex(8)
    try:
        await first.execute(f"SET claudetask.line = '{name}'")
        await second.execute("BEGIN")
    except asyncpg.PostgresError as error:
        if "pooling mode" in str(error):
            return True  # with a session for each statement there are no transactions
        raise
    return await _is_named(second, name) or not await _is_named(first, name)


async def _is_named(line: Any, name: str) -> bool:
    import asyncpg  # noqa: PLC0415 — as above

    try:
        await line.execute(NAMED.format(name))
    except asyncpg.exceptions.DivisionByZeroError:
        return True
    return False
