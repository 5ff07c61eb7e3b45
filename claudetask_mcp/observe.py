"""Every tool call under a request id: a line in the log, and a figure for who counts."""

import json
import logging
import time
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import CallToolResult

from claudetask_core.tracing import request_id

log = logging.getLogger("claudetask_mcp.access")


class Counted(Protocol):
    """Who counts calls; only tools that there are, so that no caller invents a name."""

    def called(self, tool: str, *, failed: bool, seconds: float) -> None: ...


class Observe:
    """Gives a call the id of its request over HTTP, or else the client's own number of it."""

    def __init__(self, tools: Collection[str], counted: Counted | None) -> None:
        self._tools = frozenset(tools)
        self._counted = counted

    async def __call__(
        self, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        if ctx.method != "tools/call":
            return await call_next(ctx)
        request_id.set(_id(ctx))
        begun, failed = time.perf_counter(), True
        try:
            result = await call_next(ctx)
            failed = _failed(result)
            return result
        finally:
            self._note(str((ctx.params or {}).get("name")), failed, time.perf_counter() - begun)

    def _note(self, tool: str, failed: bool, seconds: float) -> None:
        if tool not in self._tools:
            return
        if self._counted is not None:
            self._counted.called(tool, failed=failed, seconds=seconds)
        if log.isEnabledFor(logging.INFO):
            line = {"tool": tool, "failed": failed, "ms": round(seconds * 1000, 1)}
            log.info("%s", json.dumps({**line, "request_id": request_id.get()}))


def _id(ctx: ServerRequestContext[Any, Any]) -> str:
    if ctx.request is not None:
        return str(ctx.request.scope.get("state", {}).get("request_id", ""))
    return str(ctx.request_id)[:128]


def _failed(result: HandlerResult) -> bool:
    if isinstance(result, CallToolResult):
        return bool(result.is_error)
    return isinstance(result, Mapping) and bool(result.get("isError"))
