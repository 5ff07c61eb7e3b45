"""What a caller's token lets it do over HTTP: refused calls, and a list without those tools."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from claudetask_core.schemas.token import Identity, TokenScope, identity_in
from claudetask_core.services.access.actors import InsufficientScope, acting, require
from claudetask_mcp.errors import refusal, sentence

if TYPE_CHECKING:
    from claudetask_core.core import Core


def identity(ctx: ServerRequestContext[Any, Any]) -> Identity | None:
    """Whose token the request came with; over stdio there is none."""
    if ctx.request is None:
        return None
    return identity_in(ctx.request.scope.get("state", {}))


class Access:
    """Refuses what a token does not cover, and does not offer it either.

    `get_next_task` only looks unless it claims, so it is offered to who may read.
    """

    def __init__(self, scopes: Mapping[str, TokenScope]) -> None:
        self._scopes = scopes

    async def __call__(
        self, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        who = identity(ctx)
        if who is None:
            return await call_next(ctx)
        if ctx.method == "tools/call":
            params = ctx.params or {}
            try:
                require(who, self._needed(str(params.get("name")), params.get("arguments")))
            except InsufficientScope as error:
                core: Core = await ctx.lifespan_context.lazy.get()
                what, actor = f"tool {str(params.get('name'))[:60]}", str(acting(who, None))
                core.tokens.refused("scope_refused", what, actor=actor, why=error.message)
                return refusal(sentence(error))
        answer = await call_next(ctx)
        if ctx.method == "tools/list":
            return self._offered(who, answer)
        return answer

    def _needed(self, name: str, arguments: Any) -> TokenScope:
        if name == "get_next_task" and isinstance(arguments, Mapping):
            return TokenScope.WRITE if arguments.get("claim") else TokenScope.READ  # pyright: ignore[reportUnknownMemberType] — as the client sent it
        return self._scopes.get(name, TokenScope.READ)  # of what there is not, the server says so

    def _offered(self, who: Identity, answer: HandlerResult) -> HandlerResult:
        """The list without what the token does not cover; the SDK has made it JSON by now."""
        if not isinstance(answer, dict):
            return answer
        tools: list[dict[str, Any]] = answer.get("tools", [])
        offered = [tool for tool in tools if who.scope.covers(self._scopes[tool["name"]])]
        return {**answer, "tools": offered}
