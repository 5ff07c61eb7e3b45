"""The REST face behind a real server on a loopback port, in a thread of its own."""

import asyncio
import shutil
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from uvicorn import Config, Server

from claudetask_api.app import create_app
from claudetask_api.streams import end_streams
from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, open_core
from claudetask_core.home import Home
from claudetask_core.services.access.rate_limit import RateLimiter

SECONDS = 20


class _Server(Server):
    """Says when it listens."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


class _Live:
    """One server; `url` is known once `ready` is set."""

    def __init__(self, project: Path, home: Path, settings: Settings) -> None:
        self._project = project
        self._home = home
        self._settings = settings
        self.ready = threading.Event()
        self.url = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        settings = self._settings
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        async with open_core(settings, start=self._project, home=Home(self._home)) as core:
            app = create_app(core, limiter=RateLimiter(settings), port=self._port)
            self._server = _Server(Config(app, port=0, log_config=None, access_log=False))
            serving = asyncio.create_task(self._server.serve())
            await asyncio.wait_for(self._server.up.wait(), SECONDS)
            self.url = f"http://127.0.0.1:{self._port()}"
            self.ready.set()
            await self._ending.wait()
            self._server.should_exit = True
            end_streams(app)
            await asyncio.wait_for(serving, SECONDS)

    def _port(self) -> int:
        port: int = self._server.servers[0].sockets[0].getsockname()[1]
        return port

    def end(self) -> None:
        if self._loop is not None and self._ending is not None:
            self._loop.call_soon_threadsafe(self._ending.set)


QUIET: dict[str, Any] = {
    "rate_limit_enabled": False,
    "analysis_provider": "none",
    "index_watch": False,
}


@contextmanager
def live_server(folder: Path, migrated_board: Path, home: Path, **changes: Any) -> Generator[str]:
    """Serves an empty board, under `QUIET` settings but for `changes`, and answers where."""
    board = folder / ".claudetask"
    board.mkdir(mode=0o700, parents=True)
    shutil.copy(migrated_board, board / DATABASE)
    live = _Live(folder, home, Settings(**{**QUIET, **changes}))
    thread = threading.Thread(target=live.run)
    thread.start()
    try:
        assert live.ready.wait(SECONDS)
        yield live.url
    finally:
        live.end()
        thread.join(SECONDS)
        assert not thread.is_alive(), "the server did not end"
