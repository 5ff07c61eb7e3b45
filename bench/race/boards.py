"""Boards in a PostgreSQL server, each made for a race and dropped after it."""

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

SETTING = "CLAUDETASK_DATABASE_URL"
SECONDS = 60


def over(url: str, act: Callable[[Any], Awaitable[Any]]) -> Any:
    """Does something over a connection of its own; a loop may be running here already."""
    address = make_url(url)

    async def run() -> Any:
        connection: Any = await asyncpg.connect(
            host=address.host,
            port=address.port,
            user=address.username,
            password=address.password,
            database=address.database,
        )
        try:
            return await act(connection)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, run()).result(SECONDS)


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in over(url, lambda connection: connection.fetch(sql))]


@contextmanager
def board(server: str) -> Generator[str]:
    """An empty board, which the processes that are started meanwhile have open.

    Args:
        server: The address of a database of that server, whose user may make others.
    """
    name = f"race_{secrets.token_hex(6)}"
    over(server, lambda connection: connection.execute(f"CREATE DATABASE {name}"))
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    os.environ[SETTING] = url
    try:
        yield url
    finally:
        del os.environ[SETTING]
        drop = f"DROP DATABASE {name} WITH (FORCE)"
        over(server, lambda connection: connection.execute(drop))
