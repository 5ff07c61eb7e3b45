"""The MCP server over a board of its own."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from mcp import Client

from claudetask_core.core import Core
from claudetask_mcp.server import Server
from tests.mcp.support import ERAS, server_of

Connect = Callable[[], AbstractAsyncContextManager[Client]]


@pytest.fixture
def server(core: Core) -> Server:
    return server_of(core)


@pytest.fixture(params=ERAS)
def connect(server: Server, request: pytest.FixtureRequest) -> Connect:
    """Connects a client of each era; entered in the test, whose task must leave it too."""

    @asynccontextmanager
    async def connected() -> AsyncGenerator[Client]:
        async with Client(server, mode=request.param) as client:
            yield client

    return connected
