"""What a handler works with: the open core, and who is calling."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mcp.server import ServerRequestContext
from mcp.server.mcpserver import Context

from claudetask_core.errors import Unavailable
from claudetask_core.services.access.actors import MARK, acting
from claudetask_mcp.access import identity
from claudetask_mcp.entry import UNNAMED
from claudetask_mcp.session import LazyCore

if TYPE_CHECKING:
    from claudetask_core.core import Core
    from claudetask_core.services.tasks.claims import Caller

SESSION_HEADER = "mcp-session-id"
CLIENT_NAME = 60


@dataclass(frozen=True)
class App:
    """What the handlers of one run of the server share.

    `process` names the caller where the transport names none: over stdio the client that started
    this process, which may go over to another session meanwhile. `run` tells this run of a server
    object from another one.
    """

    lazy: LazyCore
    process: Callable[[], str]
    run: object = field(default_factory=object)


@dataclass(frozen=True)
class Visit:
    """One call: the open core and the caller."""

    core: "Core"
    caller: "Caller"


async def visit(ctx: Context[Any], agent: str | None = None) -> Visit:
    """Opens the core where that is still to do, and says who calls.

    Args:
        ctx: The context of the call.
        agent: The name the caller gave itself; it beats what the transport knows.

    Raises:
        DomainError: The core cannot be opened, or the name is another's.
    """
    app: App = ctx.request_context.lifespan_context
    core = await app.lazy.get()
    # the module is loaded with the core, and must not be before
    from claudetask_core.services.tasks.claims import Caller  # noqa: PLC0415 — loaded with the core

    name = acting(identity(ctx.request_context), agent or caller_name(ctx.request_context))
    return Visit(core, Caller(name or UNNAMED, str(core.places.root)))


async def note_call(ctx: Context[Any], agent: Any) -> None:
    """Has the board remember that the caller was here; a busy board does not fail the call."""
    here = await visit(ctx, agent if isinstance(agent, str) else None)
    with suppress(Unavailable):
        await here.core.resume.called(here.caller)


def caller_name(ctx: ServerRequestContext[App, Any]) -> str:
    """Who calls: the session, where one is known, else the client by its name and version."""
    known = transport_name(ctx)
    kind, _, which = known.partition(":")
    if kind != UNNAMED or (ctx.request is not None and which):
        return known
    params = ctx.session.client_params
    client = _printable(params.client_info.name).lstrip(MARK) if params else ""
    if params and client:
        client = f"{client}/{_printable(params.client_info.version)}"[:CLIENT_NAME]
    return ":".join(filter(None, (client or UNNAMED, which)))


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip()


def transport_name(ctx: ServerRequestContext[App, Any]) -> str:
    """Who calls, as far as the transport knows: over HTTP the session, else the process."""
    if ctx.request is None:
        return ctx.lifespan_context.process()
    session = ctx.request.headers.get(SESSION_HEADER)
    # who knows a session's id can speak for it, so only a digest is shown to others
    return f"{UNNAMED}:{digest(session)}" if session else UNNAMED


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("latin-1", "replace")).hexdigest()[:16]
