"""From what can go wrong to what HTTP says about it: one total table, and the outermost edge."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from claudetask_api.methods import not_allowed
from claudetask_api.over_rest import over_rest
from claudetask_api.problems import problem, request_id
from claudetask_core.errors import Code, DomainError, Invalid, RateLimited, Unavailable
from claudetask_core.replaced import ProgramReplaced, is_replaced
from claudetask_core.schemas.forms import said
from claudetask_core.services.access.actors import InsufficientScope
from claudetask_core.shortage import shortage

log = logging.getLogger(__name__)

STATUS: Mapping[Code, int] = {
    Code.INVALID: 422,
    Code.NOT_FOUND: 404,
    Code.CONFLICT: 409,
    Code.STALE: 412,
    Code.FORBIDDEN: 403,
    Code.RATE_LIMITED: 429,
    Code.UNAVAILABLE: 503,
    Code.INTERNAL: 500,
}
SHOWN = 5
LISTED = 100
SHOWN_NAME = 100


class ReadOnlyField(Invalid):
    """A read-only field of a body that is not as it is now."""

    code = "read_only_field"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is read-only, and its present value is not what the body says.",
            next_step="Read it again, or leave it out.",
        )
        self.field = name


class ServerEnding(Unavailable):
    """The server ends and waits no longer for what is under way."""

    code = "server_ending"

    def __init__(self) -> None:
        super().__init__(
            "The server is ending before this was answered.",
            next_step="Try again once it is back; where this was a write, look first whether it "
            "was made.",
        )


def refusal(scope: Scope, error: DomainError) -> Response:
    """The answer that a domain error makes."""
    status = STATUS[error.kind]
    headers: dict[str, str] = {}
    more = dict(error.details)
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    if isinstance(error, InsufficientScope):
        needed = error.details["scope"]
        headers["WWW-Authenticate"] = (
            f'Bearer realm="claudetask", error="insufficient_scope", scope="{needed}"'
        )
    if error.kind is Code.INVALID:
        more["errors"] = [_field_error(error, scope)]
    if error.kind is Code.INTERNAL:
        log.error("request %s failed: %s", request_id(scope), error, exc_info=error)
    detail = f"{error.message} {over_rest(error.next_step)}".strip()
    return problem(scope, status, error.code, detail, headers=headers, more=more)


def _field_error(error: DomainError, scope: Scope) -> dict[str, Any]:
    field = getattr(error, "field", "")
    in_query = field and field in dict(parse_qsl(scope["query_string"].decode("latin-1")))
    return {
        "location": "query" if in_query else "body",
        "field": field,
        "message": error.message,
        "type": error.code,
    }


def install(app: FastAPI) -> None:
    """Gives the app its handlers."""
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)


async def _domain(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)  # noqa: S101 — Starlette looks handlers up by type
    return refusal(request.scope, error)


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 — as above
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return _not_json(request.scope)
    errors = [_as_field_error(one) for one in found]
    told = "; ".join(
        f"{one['field'] or one['location']}: {one['message']}" for one in errors[:SHOWN]
    )
    more = f"; and {len(errors) - SHOWN} more" if len(errors) > SHOWN else ""
    detail = f"The request is not valid: {told}{more}."
    listed = errors[:LISTED]  # a body of 1 MB can hold 60,000 of them
    return problem(request.scope, 422, "validation_failed", detail, more={"errors": listed})


def _as_field_error(one: Mapping[str, Any]) -> dict[str, Any]:
    path: Sequence[Any] = one["loc"]
    return {
        "location": str(path[0]) if path else "body",
        "field": ".".join(str(part)[:SHOWN_NAME] for part in path[1:]),
        "message": said(one),
        "type": str(one["type"]),
    }


def _not_json(scope: Scope) -> Response:
    detail = "The body is not JSON in UTF-8. Send one JSON object."
    return problem(scope, 400, "malformed_json", detail)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 — as above
    path = request.url.path
    match error.status_code:
        case 400:
            return _not_json(request.scope)
        case 404:
            return nothing_at(request.scope, path)
        case 405:
            return not_allowed(request.scope, _allow(error))
        case status:
            headers = dict(error.headers or {})
            return problem(request.scope, status, "refused", str(error.detail), headers=headers)


def nothing_at(scope: Scope, path: str) -> Response:
    """A path that there is not; where only the slash at its end is wrong, the right one."""
    shorter = path.rstrip("/")
    known = shorter not in {path, ""} and _is_a_path({**scope, "path": shorter})
    hint = (
        f"Leave out its last slash: {shorter}." if known else "/openapi.json lists what there is."
    )
    return problem(scope, 404, "path_not_found", f"There is nothing at {path}. {hint}")


def _is_a_path(scope: Scope) -> bool:
    routes: Sequence[BaseRoute] = scope["app"].routes
    return any(route.matches(scope)[0] is not Match.NONE for route in routes)


def _allow(error: HTTPException) -> list[str]:
    return (error.headers or {}).get("Allow", "").split(", ")


class ErrorEdge:
    """The outermost edge: a stranger's exception is opaque to the caller, complete in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except asyncio.CancelledError:
            if started or not scope["app"].state.streams.ended:
                raise
            log.warning("request %s was given up, as the server is ending", request_id(scope))
            await refusal(scope, ServerEnding())(scope, receive, send)
        except Exception as error:
            log.exception("request %s failed", request_id(scope))
            if started:
                raise
            known = shortage(error) or (ProgramReplaced() if is_replaced() else None)
            if known is not None:
                await refusal(scope, known)(scope, receive, send)
                return
            detail = f"Something went wrong here; the log has it under {request_id(scope)}."
            await problem(scope, 500, "internal", detail)(scope, receive, send)
