"""The MCP server over a board of its own."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from mcp import Client

from claudetask_core.core import Core
from claudetask_mcp.server import Server
from tests.mcp.serving import Serving, serving_in
from tests.mcp.support import ERAS, Run, server_of, typing

Connect = Callable[[], AbstractAsyncContextManager[Client]]


@pytest.fixture
def run(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in the project: exit code, stdout, stderr."""
    return typing(project, capsys, monkeypatch)


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


@pytest.fixture
def serving(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Serving:
    """Serves in this process; ends it by the signal a person would send."""
    return serving_in(project, monkeypatch, capsys)
