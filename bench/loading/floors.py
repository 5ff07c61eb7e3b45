"""The least that a server can do: a bare route, a route with one raw transaction, an echo tool.

The transaction is one of aiosqlite with the pragmas of a board, or, where the board stands in a
PostgreSQL server, one of asyncpg over one line to it.
"""

import argparse
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiosqlite
import uvicorn
from fastapi import FastAPI
from mcp.server import MCPServer

Raw = Callable[[str], Awaitable[int]]
BODY = "x" * 200
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")


@asynccontextmanager
async def in_file(file: str) -> AsyncGenerator[Raw]:
    """Adds a row to a table of the file."""
    async with aiosqlite.connect(file, isolation_level=None) as board:
        for pragma in PRAGMAS:
            await board.execute(f"PRAGMA {pragma}")
        await board.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT, body TEXT)")

        async def raw(title: str) -> int:
            await board.execute("BEGIN IMMEDIATE")
            insert = "INSERT INTO t (title, body) VALUES (?, ?)"
            made = await board.execute(insert, (title, BODY))
            await board.execute("COMMIT")
            return made.lastrowid or 0

        yield raw


@asynccontextmanager
async def in_server(url: str) -> AsyncGenerator[Raw]:
    """Adds a row to a table beside the board's."""
    import asyncpg  # noqa: PLC0415 — an extra that only boards in a server need

    board: Any = await asyncpg.connect(url.replace("+asyncpg", ""))
    await board.execute("CREATE SCHEMA IF NOT EXISTS floor")
    columns = "id bigserial PRIMARY KEY, title text, body text"
    await board.execute(f"CREATE TABLE IF NOT EXISTS floor.t ({columns})")

    async def raw(title: str) -> int:
        async with board.transaction():
            insert = "INSERT INTO floor.t (title, body) VALUES ($1, $2) RETURNING id"
            return await board.fetchval(insert, title, BODY)

    yield raw
    await board.close()


def floor(board: str) -> FastAPI:
    """The bare application, with the echo tool at /mcp; the board is a file or an address."""
    echoing = MCPServer("echo", log_level="WARNING")

    @echoing.tool(structured_output=False)
    async def echo(text: str) -> str:
        return text

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        opened = in_server(board) if "://" in board else in_file(board)
        async with opened as app.state.raw, echoing.session_manager.run():
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/bare")
    async def bare() -> dict[str, str]:
        return {"said": "nothing"}

    @app.post("/raw")
    async def raw(body: dict[str, str]) -> dict[str, int]:
        return {"id": await app.state.raw(body["title"])}

    _ = (echo, bare, raw)
    app.router.routes.extend(echoing.streamable_http_app(host="").routes)
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("board")
    parser.add_argument("port", type=int)
    asked = parser.parse_args()
    sys.stderr.write("starting\n")
    uvicorn.run(floor(asked.board), port=asked.port, log_level="warning")
