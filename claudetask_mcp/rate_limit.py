"""One middleware that counts calls, the failing ones too, before they are carried out.

What reads the board by another way than a tool counts as a read: else a caller whose reads are used
up went on with the resources. Lists and subscriptions ask no board, and a client that is told of a
change must be able to ask what there is.
"""

from collections.abc import Mapping
from typing import Any, Final

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from claudetask_core.services.access.rate_limit import RateClass, RateLimiter, TooManyCalls
from claudetask_mcp.access import identity
from claudetask_mcp.app import App, transport_name
from claudetask_mcp.errors import refusal, too_many

READS: Final = frozenset({"resources/read", "prompts/get", "completion/complete"})


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
        elif ctx.method in READS:
            try:
                await self.limiter.hit(budget(ctx), RateClass.READ)
            except TooManyCalls as error:
                raise too_many(error) from None
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
