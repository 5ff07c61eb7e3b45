"""Lists that are answered whole: no cursor was ever given, so none can go on from anywhere."""

from typing import Any, Final

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from claudetask_core.errors import Invalid
from claudetask_mcp.arguments import fit
from claudetask_mcp.errors import protocol_error

METHODS: Final = frozenset(
    {"tools/list", "resources/list", "resources/templates/list", "prompts/list"}
)


class CursorUnknown(Invalid):
    code = "cursor_unknown"

    def __init__(self, method: str, cursor: str) -> None:
        super().__init__(
            f"{method} gave no cursor {fit(cursor, 60)!r}: it answers everything at once.",
            next_step="Ask without a cursor.",
        )


async def whole_lists(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Refuses a cursor, as the specification has it; an empty one asks for the beginning."""
    if ctx.method in METHODS and (cursor := (ctx.params or {}).get("cursor")):
        raise protocol_error(CursorUnknown(ctx.method, str(cursor)))
    return await call_next(ctx)
