"""MCP over streamable HTTP, as routes to mount beside the REST API."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import BaseRoute, Route

from claudetask_mcp.http_wire import Wire
from claudetask_mcp.server import Server

PATH = "/mcp"


class HttpFace:
    """The routes of a server and what must be open while they are served.

    Who mounts them guards them: Host, Origin and the token are checked there for every route.
    """

    def __init__(self, server: Server) -> None:
        guarded = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        app = server.streamable_http_app(
            streamable_http_path=PATH, transport_security=guarded, host=""
        )
        self._server = server
        self.routes: Sequence[BaseRoute] = [
            Route(route.path, endpoint=Wire(route.endpoint))
            for route in app.routes
            if isinstance(route, Route)
        ]

    def open(self) -> AbstractAsyncContextManager[None]:
        """Opens the sessions; to be entered once, in the task that leaves it."""
        return self._server.session_manager.run()

    def end_streams(self) -> None:
        """Ends the streams that are open, so that a server that waits for its clients can stop."""
        self._server.end_streams()
