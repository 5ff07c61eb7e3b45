"""Tool calls are counted and logged under the id of their request."""

import json
import logging

import pytest
from mcp import Client

from claudetask_core.core import Core
from claudetask_core.services.access.rate_limit import RateLimiter
from claudetask_mcp import logs
from claudetask_mcp.rate_limit import RateLimit
from claudetask_mcp.server import build_server
from claudetask_mcp.tools.catalogue import CLASSES
from tests.mcp.support import ERAS, opener_of


class Counting:
    def __init__(self) -> None:
        self.calls: list[tuple[str, bool]] = []

    def called(self, tool: str, *, failed: bool, seconds: float) -> None:
        assert seconds >= 0
        self.calls.append((tool, failed))


@pytest.mark.parametrize("era", ERAS)
async def test_each_call_is_counted_and_logged_once_with_its_id(
    core: Core, caplog: pytest.LogCaptureFixture, era: str
) -> None:
    counting = Counting()
    limit = RateLimit(RateLimiter(core.settings), CLASSES)
    server = build_server(opener_of(core), process=lambda: "p", limit=limit, counted=counting)
    caplog.set_level(logging.INFO, "claudetask_mcp.access")
    async with Client(server, mode=era) as client:  # pyright: ignore[reportArgumentType] — one of its literals
        await client.call_tool("list_tasks", {})
        await client.call_tool("get_task", {"task_id": 404})
        await client.call_tool("made-up\nby a caller", {})
    assert counting.calls == [("list_tasks", False), ("get_task", True)]
    lines = [json.loads(r.getMessage()) for r in caplog.records if "access" in r.name]
    assert [(line["tool"], line["failed"]) for line in lines] == counting.calls
    ids = [line["request_id"] for line in lines]
    assert all(ids)
    assert ids[0] != ids[1]
    first = next(record for record in caplog.records if "access" in record.name)
    assert "claudetask_mcp.access" in logs.Text().format(first)
