"""The least that a server can do: a bare route, a route with one raw transaction, an echo tool."""

import argparse
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiosqlite
import uvicorn
from fastapi import FastAPI
from mcp.server import MCPServer

PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")


def floor(file: str) -> FastAPI:
    """The bare application, with the echo tool at /mcp."""
    echoing = MCPServer("echo", log_level="WARNING")

    @echoing.tool(structured_output=False)
    async def echo(text: str) -> str:
        return text

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with (
            aiosqlite.connect(file, isolation_level=None) as board,
            echoing.session_manager.run(),
        ):
            for pragma in PRAGMAS:
                await board.execute(f"PRAGMA {pragma}")
            await board.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT, body TEXT)")
            app.state.board = board
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/bare")
    async def bare() -> dict[str, str]:
        return {"said": "nothing"}

    @app.post("/raw")
    async def raw(body: dict[str, str]) -> dict[str, int]:
        board: aiosqlite.Connection = app.state.board
        await board.execute("BEGIN IMMEDIATE")
        made = await board.execute(
            "INSERT INTO t (title, body) VALUES (?, ?)", (body["title"], "x" * 200)
        )
        await board.execute("COMMIT")
        return {"id": made.lastrowid or 0}

    _ = (echo, bare, raw)
    app.router.routes.extend(echoing.streamable_http_app(host="").routes)
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("port", type=int)
    asked = parser.parse_args()
    sys.stderr.write("starting\n")
    uvicorn.run(floor(asked.file), port=asked.port, log_level="warning")
