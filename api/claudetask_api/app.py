"""The REST face as one ASGI application over an open core."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route

from claudetask_api import openapi
from claudetask_api.dashboard import shell
from claudetask_api.door import Door
from claudetask_api.errors import ErrorEdge, install
from claudetask_api.limits import Bodies, Rates
from claudetask_api.methods import Methods, table_of
from claudetask_api.metrics import Measured, Metrics
from claudetask_api.middleware import RequestContext
from claudetask_api.routes import (
    agent_templates,
    agents,
    audit,
    claude_config,
    claude_sections,
    dashboard,
    events,
    health,
    jobs,
    notes,
    overview,
    project,
    reference,
    search,
    tasks,
    tokens,
)
from claudetask_api.routes import (
    metrics as metrics_route,
)
from claudetask_api.security import Port, SameSite
from claudetask_api.streams import Streams
from claudetask_api.telemetry import telemetry
from claudetask_core import __version__
from claudetask_core.core import Core
from claudetask_core.services.access.rate_limit import RateLimiter

ROUTERS = (
    health.router,
    metrics_route.router,
    dashboard.router,
    reference.router,
    overview.router,
    search.router,
    tasks.router,
    notes.router,
    jobs.router,
    project.router,
    claude_config.router,
    claude_sections.router,
    agents.router,
    agent_templates.router,
    events.router,
    tokens.router,
    audit.router,
)
SENT_HEADERS = [
    "Authorization",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "Mcp-Method",
    "Mcp-Name",
    "Mcp-Protocol-Version",
    "Mcp-Session-Id",
    "X-Agent",
    "X-Request-ID",
]
SHOWN_HEADERS = [
    "Claude-Code-Restart",
    "ETag",
    "Link",
    "Location",
    "Mcp-Session-Id",
    "Retry-After",
    "X-Merged-Fields",
    "X-Request-ID",
    "X-Total-Count",
]
Lifespan = Callable[[], AbstractAsyncContextManager[object]]


def create_app(
    core: Core,
    *,
    limiter: RateLimiter,
    port: Port | None = None,
    extra_routes: Sequence[BaseRoute] = (),
    lifespan_context: Lifespan | None = None,
    metrics: Metrics | None = None,
) -> FastAPI:
    """The application; it opens and closes nothing of the core.

    Args:
        core: The open project.
        limiter: Counts calls; the MCP face asks the same one.
        port: Where the server listens, or a function that says so once it does; None for the
            setting's.
        extra_routes: What is mounted beside the API, behind the same guards.
        lifespan_context: Opens what those routes need; its context lasts as long as the server.
        metrics: Where requests are counted; the MCP face counts its calls there too.

    Raises:
        ConfigurationInvalid: Telemetry is wanted and its libraries are not installed.
    """
    metrics = metrics or Metrics()
    app = FastAPI(
        title="ClaudeTask",
        version=__version__,
        summary="A task board, code search and a keeper of .claude/ for Claude Code.",
        openapi_tags=openapi.TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=_layers(
            core,
            limiter,
            core.settings.port if port is None else port,
            Middleware(
                Measured,
                metrics=metrics,
                beside=[route.path for route in extra_routes if isinstance(route, Route)],
            ),
        ),
        lifespan=_lifespan(lifespan_context),
        telemetry=telemetry(core.settings),
    )
    app.state.core = core
    app.state.metrics = metrics
    app.state.streams = Streams()
    install(app)
    shell.files()  # read now: once the program is upgraded there are those of another version
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    app.router.routes.extend(extra_routes)
    openapi.install(
        app, needs_token=core.settings.token is not None, workflow=core.settings.workflow
    )
    return app


def _layers(core: Core, limiter: RateLimiter, port: Port, measured: Middleware) -> list[Middleware]:
    """From the outermost in. CORS stands before the token: a preflight carries none."""
    settings = core.settings
    layers = [
        Middleware(RequestContext),
        measured,
        Middleware(ErrorEdge),
        Middleware(SameSite, settings=settings, port=port),
    ]
    if settings.allowed_origins:
        layers.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.allowed_origins,
                allow_methods=["GET", "HEAD", "POST", "PUT", "DELETE"],
                allow_headers=SENT_HEADERS,
                expose_headers=SHOWN_HEADERS,
                allow_private_network=True,
            )
        )
    return [
        *layers,
        Middleware(Door, settings=settings, tokens=core.tokens, limiter=limiter),
        Middleware(Rates, limiter=limiter),
        Middleware(Bodies),
        Middleware(Methods, table=table_of(ROUTERS)),
    ]


def _lifespan(
    beside: Lifespan | None,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            if beside is not None:
                await stack.enter_async_context(beside())
            stack.callback(app.state.streams.end)
            yield

    return lifespan
