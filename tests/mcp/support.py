"""How tests talk to the server: in memory, in both protocol eras."""

import io
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent, TextResourceContents

from claudetask_core.config import Settings
from claudetask_core.core import Core
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_mcp import cli, logs
from claudetask_mcp.rate_limit import RateLimit
from claudetask_mcp.server import Server, build_server
from claudetask_mcp.session import Opener
from claudetask_mcp.tools.catalogue import CLASSES

ERAS = ("auto", "legacy")
PROCESS = "claude-code:test"


Run = Callable[..., tuple[int, str, str]]
"""Runs a command: exit code, stdout, stderr."""


def typing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Runs commands in a folder as people type them: exit code, stdout, stderr."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(logs, "configure_logging", _nothing)

    def typed(*arguments: str) -> tuple[int, str, str]:
        try:
            code = cli.main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return typed


def _nothing(*_: object) -> None:
    """Does nothing: the tests' own logging stays as it is."""


def opener_of(core: Core) -> Opener:
    """Opens nothing: the test opened the core, and closes it."""

    @asynccontextmanager
    async def opener() -> AsyncGenerator[Core]:
        yield core

    return opener


def server_of(core: Core, settings: Settings | None = None) -> Server:
    limiter = RateLimiter(settings or core.settings)
    return build_server(opener_of(core), process=lambda: PROCESS, limit=RateLimit(limiter, CLASSES))


def text_of(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    assert result.structured_content is None
    return block.text


async def answer(client: Client, tool: str, **arguments: Any) -> str:
    """The text of a call that succeeds."""
    result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult)
    assert not result.is_error, text_of(result)
    return text_of(result)


async def refusal(client: Client, tool: str, arguments: Mapping[str, Any] | None = None) -> str:
    """The text of a call that fails."""
    result = await client.call_tool(tool, dict(arguments or {}))
    assert isinstance(result, CallToolResult)
    assert result.is_error, text_of(result)
    return text_of(result)


async def read(client: Client, uri: str) -> tuple[str, str]:
    """The MIME type and text of a resource."""
    result = await client.read_resource(uri)
    (content,) = result.contents
    assert isinstance(content, TextResourceContents)
    return content.mime_type or "", content.text
