"""From where one may speak to this server: Host and Origin, on reads as on writes.

A page of any site can make a browser send requests to a loopback port. It cannot choose the Host
header (so a name that is not ours means DNS rebinding), nor leave out the Origin of a cross-site
request that it could read or that could change something.
"""

import ipaddress
import re
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from claudetask_api.errors import refusal
from claudetask_core.config import Settings
from claudetask_core.errors import Forbidden

HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 — compared with, not bound to
DEFAULT_PORTS = {"http": 80, "https": 443}
OPEN_PATHS = frozenset({"/health", "/"})
OPEN_FOLDER = "/dashboard/"
"""The page's own files hold no data; the page asks for the token and sends it with every call."""

Port = int | Callable[[], int]


class HostRefused(Forbidden):
    code = "host_refused"


class OriginRefused(Forbidden):
    code = "origin_refused"


class SameSite:
    """Refuses requests that name a host that is not this one, or come from another's page.

    Args:
        app: What is protected.
        settings: Says the host and the origins that are welcome.
        port: Where the server listens, or a function that says so once it does.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings, port: Port) -> None:
        self._app = app
        self._host = settings.host.strip("[]").lower()
        # Names of a server that listens everywhere are not known; its tokens are what guards it.
        self._any_host = self._host in ANY_ADDRESS
        self._origins = frozenset(origin.lower() for origin in settings.allowed_origins)
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            error = self._refused(scope)
            if error is not None:
                await refusal(scope, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refused(self, scope: Scope) -> Forbidden | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if host is None or not self._is_ours(host["name"], scope, host["port"]):
            return HostRefused(
                "The Host header does not name this server.",
                next_step="Use the address that the server printed when it started.",
            )
        return self._foreign(headers, f"{scope.get('scheme', 'http')}://{hosts[0]}".lower())

    def _is_ours(self, name: str, scope: Scope, port: str | None) -> bool:
        present = int(port) if port else DEFAULT_PORTS.get(scope.get("scheme", "http"), 80)
        return self._any_host or (
            present == self._present_port() and (is_loopback(name) or name.lower() == self._host)
        )

    def _present_port(self) -> int:
        return self._port if isinstance(self._port, int) else self._port()

    def _foreign(self, headers: Headers, own: str) -> Forbidden | None:
        origins = headers.getlist("origin")
        if not origins:
            site = headers.get("sec-fetch-site", "none")
            if site in {"none", "same-origin"} or headers.get("sec-fetch-mode") == "navigate":
                return None
        elif all(self._is_welcome(origin.lower(), own) for origin in origins):
            return None
        return OriginRefused(
            "The request comes from a page of another origin.",
            next_step="List that origin in CLAUDETASK_CORS_ORIGINS if you trust it.",
        )

    def _is_welcome(self, origin: str, own: str) -> bool:
        return _with_port(origin) == _with_port(own) or origin in self._origins


def is_loopback(name: str) -> bool:
    """Whether a host's name or address can only mean this machine."""
    bare = name.strip("[]").lower()
    if bare == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def _with_port(origin: str) -> str:
    scheme, _, rest = origin.partition("://")
    named = re.search(r":[0-9]+$", rest)
    return origin if named else f"{origin}:{DEFAULT_PORTS.get(scheme, '')}"


def is_open(path: str) -> bool:
    """Whether a path says nothing that the token guards."""
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDER)
