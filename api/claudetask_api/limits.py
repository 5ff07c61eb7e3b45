"""How much and how often: the size and kind of bodies, and the rate of calls."""

import re

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from claudetask_api.door import caller_key
from claudetask_api.errors import refusal
from claudetask_api.problems import problem
from claudetask_core.services.access.rate_limit import RateClass, RateLimiter, TooManyCalls

MAX_BODY = 1024 * 1024
BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
ASKS = frozenset({"/api/markdown", "/api/claude/config/preview", "/api/project/validate-path"})
"""What is posted because it is long, and changes nothing."""
READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SEARCHES = frozenset({"/api/search", "/api/tasks/similar"})
ANALYZE = re.compile(r"/api/tasks/[^/]+/analyze")


class Bodies:
    """Lets JSON of at most `MAX_BODY` bytes through, counted as it comes.

    A body is taken in whole before the app sees the request, so that a length that was not
    announced, or announced wrongly, is refused before anything was done.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        has_body = _announced(headers) > 0 or "transfer-encoding" in headers
        kind = headers.get("content-type")
        if scope["method"] in BODY_METHODS and (has_body or kind) and not _is_json(kind):
            await _not_json(scope)(scope, receive, send)
        elif has_body and headers.get("content-encoding", "identity").lower() != "identity":
            await _encoded(scope)(scope, receive, send)
        elif _announced(headers) > MAX_BODY:
            await _too_large(scope)(scope, receive, send)
        elif has_body:
            await self._with_body(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            taken += message.get("body", b"")
            more = message.get("more_body", False)
            if len(taken) > MAX_BODY:
                await _too_large(scope)(scope, receive, send)
                return
        await self._app(scope, replayed(bytes(taken), receive), send)


def _announced(headers: Headers) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _is_json(kind: str | None) -> bool:
    return (kind or "").partition(";")[0].strip().lower() == "application/json"


def replayed(body: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever else comes of the connection."""
    given = False

    async def receiving() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving


def _not_json(scope: Scope) -> Response:
    detail = "A body must be JSON. Send it with Content-Type: application/json."
    return problem(scope, 415, "unsupported_media_type", detail)


def _encoded(scope: Scope) -> Response:
    detail = "A body must not be compressed. Send it without Content-Encoding."
    headers = {"Accept-Encoding": "identity"}
    return problem(scope, 415, "unsupported_media_type", detail, headers=headers)


def _too_large(scope: Scope) -> Response:
    detail = f"The body is larger than {MAX_BODY} bytes."
    return problem(scope, 413, "content_too_large", detail)


class Rates:
    """Counts calls of the API by caller and class; one that fails counts too."""

    def __init__(self, app: ASGIApp, *, limiter: RateLimiter) -> None:
        self._app = app
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["path"] == "/" or scope["path"].startswith("/api/")):
            try:
                await self._limiter.hit(caller_key(scope), rate_class(scope))
            except TooManyCalls as error:
                await refusal(scope, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def rate_class(scope: Scope) -> RateClass:
    """The class of a call: what it costs."""
    path = scope["path"]
    if path in SEARCHES:
        return RateClass.SEARCH
    if scope["method"] == "POST" and ANALYZE.fullmatch(path):
        return RateClass.ANALYSIS
    asks = scope["method"] in READ_METHODS or path in ASKS
    return RateClass.READ if asks else RateClass.WRITE
