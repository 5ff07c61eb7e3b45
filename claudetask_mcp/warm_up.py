"""Opens the core ahead of the first call, once the client has had its answers."""

from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from claudetask_mcp.session import LazyCore
from claudetask_mcp.subscriptions import Subscribers

AFTER_GREETING = 1.0
AFTER_LISTING = 0.5
"""Seconds; clients ask for prompts and resources right after the tools."""

GREETINGS = frozenset({"notifications/initialized", "server/discover"})


class WarmUp:
    """A middleware that watches a client arrive."""

    def __init__(self, lazy: LazyCore, subscribers: Subscribers) -> None:
        self._lazy = lazy
        self._subscribers = subscribers

    async def __call__(
        self, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        result = await call_next(ctx)
        if ctx.method == "notifications/initialized":
            self._subscribers.greet(ctx)
        if ctx.method in GREETINGS:
            self._lazy.warm_up(AFTER_GREETING)
        elif ctx.method == "tools/list":
            self._lazy.warm_up(AFTER_LISTING)
        return result
