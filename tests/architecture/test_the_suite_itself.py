"""What the suite promises of itself."""

import asyncio
import socket
from pathlib import Path

import httpx
import pytest
from respx.models import AllMockedAssertionError


async def test_no_request_leaves_by_httpx() -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(AllMockedAssertionError):
            await client.get("https://example.invalid/")


async def test_no_socket_leaves_loopback() -> None:
    with socket.socket() as plain, pytest.raises(PermissionError):
        plain.connect(("192.0.2.1", 80))
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass


def test_no_test_can_see_the_developers_home(own_home: Path) -> None:
    assert Path.home() == own_home
    assert Path("~").expanduser() == own_home
