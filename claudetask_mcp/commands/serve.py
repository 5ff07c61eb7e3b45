"""`serve`: REST, the dashboard and MCP on one port of one process."""

import argparse
import asyncio
import gc
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from claudetask_api.app import create_app
from claudetask_api.metrics import Metrics
from claudetask_api.security import is_loopback
from claudetask_core.config import ConfigurationInvalid
from claudetask_core.errors import Unavailable
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_mcp.deadline import Deadline
from claudetask_mcp.entry import Entry
from claudetask_mcp.handles import BACKLOG, OutOfHandles
from claudetask_mcp.http import HttpFace
from claudetask_mcp.rate_limit import RateLimit
from claudetask_mcp.room import Room
from claudetask_mcp.server import build_server
from claudetask_mcp.tools.catalogue import CLASSES

if TYPE_CHECKING:
    from fastapi import FastAPI

    from claudetask_core.core import Core


class CannotListen(Unavailable):
    code = "cannot_listen"


class TokenRequired(ConfigurationInvalid):
    code = "token_required"


class Announcing(uvicorn.Server):
    """Says where it listens once it does, begins what can wait until then, and ends in time."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_start: Callable[[], Awaitable[None]],
        on_exit: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self.on_start = on_start
        self.on_exit = on_exit

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            sys.stderr.write(f"Listening on {address(sockets[0])}\n")
            sys.stderr.flush()
            await self.on_start()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        Deadline(128 + sig).start()
        self.on_exit()
        super().handle_exit(sig, frame)


async def run(entry: Entry, _: argparse.Namespace) -> int:
    settings = entry.settings
    async with entry.open() as core, AsyncExitStack() as stack:
        await _refuse_open_door(core)
        limiter = RateLimiter(core.settings)
        stack.push_async_callback(limiter.close)
        await limiter.ready()
        listening = stack.enter_context(bind(settings.host, settings.port))
        core.analysis.serve()
        app, face = _app(core, entry, limiter, listening.getsockname()[1])
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
            lifespan="on",
            backlog=BACKLOG,
        )
        asyncio.get_running_loop().set_exception_handler(OutOfHandles())
        room = Room("Start it again, with more memory.")
        room.watch()
        stack.callback(room.close)
        gc.freeze()  # what the start made stays: a collection need not look at it again
        _outlive_signals()

        def end_streams() -> None:
            app.state.streams.end()
            face.end_streams()

        server = Announcing(config, core.search.start, end_streams)
        await server.serve(sockets=[listening])
    return 0


async def _refuse_open_door(core: "Core") -> None:
    """An address that others can reach needs somebody who may let them in, and shut them out."""
    settings = core.settings
    if settings.token is None and not is_loopback(settings.host):
        if await core.tokens.has_admin():
            return
        raise TokenRequired(
            f"Refusing to listen on {settings.host} without a token: others could reach it.",
            next_step="Make one (claudetask-mcp token create NAME --scope admin), give --token or "
            "CLAUDETASK_TOKEN, or listen on 127.0.0.1.",
        )


def _app(core: "Core", entry: Entry, limiter: RateLimiter, port: int) -> "tuple[FastAPI, HttpFace]":
    metrics = Metrics()

    @asynccontextmanager
    async def opener() -> AsyncGenerator["Core"]:
        yield core

    server = build_server(
        opener,
        process=entry.process,
        limit=RateLimit(limiter, CLASSES),
        workflow=core.settings.workflow,
        counted=metrics,
    )
    face = HttpFace(server)
    app = create_app(
        core,
        limiter=limiter,
        port=port,
        extra_routes=face.routes,
        lifespan_context=face.open,
        metrics=metrics,
    )
    return app, face


def _outlive_signals() -> None:
    """Uvicorn raises a signal again once it has stopped; the core is still to be closed then."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)


def bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host.strip("[]"), port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotListen(
            f"Cannot listen on {host}:{port}: {error.strerror or error}.",
            next_step="Choose another --port (0 picks a free one) or --host.",
        ) from None
    # Connections inherit it. The event loop sets it only on sockets that it makes itself, and
    # without it every answer waits 40 ms for the client's delayed acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
