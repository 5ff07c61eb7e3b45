"""One middleware that counts tool calls, the failing ones too, before they are carried out."""

from collections.abc import Mapping
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from claudetask_core.services.rate_limit import RateClass, RateLimiter, TooManyCalls
from claudetask_mcp.access import identity
from claudetask_mcp.app import App, transport_name
from claudetask_mcp.errors import refusal


class RateLimit:
    """Refuses a call whose caller has used up the budget of the tool's class.

    The limiter may be replaced: a project's own limits are known only once its board is open.
    """

    def __init__(self, limiter: RateLimiter, classes: Mapping[str, RateClass]) -> None:
        self.limiter = limiter
        self._classes = classes

    async def __call__(
        self, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        if ctx.method == "tools/call":
            kind = self._kind(ctx.params or {})
            try:
                await self.limiter.hit(budget(ctx), kind)
            except TooManyCalls as error:
                return refusal(error.message)
        return await call_next(ctx)

    def _kind(self, params: Mapping[str, Any]) -> RateClass:
        """The class of a call; asking for the next task changes nothing until it is claimed."""
        name, arguments = str(params.get("name")), params.get("arguments")
        if name == "get_next_task":
            claim = isinstance(arguments, Mapping) and arguments.get("claim")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] — as the client sent it
            return RateClass.WRITE if claim else RateClass.READ
        return self._classes.get(name, RateClass.READ)


def budget(ctx: ServerRequestContext[App, Any]) -> str:
    """Whose budget a call is taken from: the token's, else the session's or the process's."""
    who = identity(ctx)
    return who.budget if who is not None else transport_name(ctx)
