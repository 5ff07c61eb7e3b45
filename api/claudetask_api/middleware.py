"""What every request gets: an id, a line in the log, and headers that keep browsers careful."""

import json
import logging
import re
import time
from urllib.parse import quote
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from claudetask_core import tracing

log = logging.getLogger("claudetask_api.access")

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
CAREFUL = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class RequestContext:
    """The outermost layer: nothing leaves without its request id.

    The log line is one JSON object: method, path, status, ms, request_id. Query strings, headers
    and bodies may hold secrets and are not in it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get("x-request-id", ""))
        scope.setdefault("state", {})["request_id"] = request_id
        tracing.request_id.set(request_id)
        begun = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _dress(MutableHeaders(scope=message), scope["path"], request_id)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            milliseconds = round((time.perf_counter() - begun) * 1000, 1)
            log.info("%s", _line(scope, status, milliseconds, request_id))


def _request_id(given: str) -> str:
    return given if SANE_ID.fullmatch(given) else uuid4().hex


def _dress(headers: MutableHeaders, path: str, request_id: str) -> None:
    headers["X-Request-ID"] = request_id
    for name, value in CAREFUL.items():
        headers[name] = value
    if path.startswith("/api"):
        headers["Cache-Control"] = "no-store"


def _line(scope: Scope, status: int, milliseconds: float, request_id: str) -> str:
    return json.dumps(
        {
            "method": scope["method"],
            "path": quote(scope["path"]),
            "status": status,
            "ms": milliseconds,
            "request_id": request_id,
        }
    )
