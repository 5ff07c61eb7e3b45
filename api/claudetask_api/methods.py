"""Which methods a path knows, and what HEAD, OPTIONS and all others get there."""

from collections.abc import Iterator, Sequence
from re import Pattern

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from claudetask_api.problems import problem

STREAM = "/api/events"
"""The one GET that has no end, so there is no HEAD for it."""


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """What may be done at a path; empty where there is nothing."""
    for pattern, methods in _table(app).items():
        if pattern.match(path):
            head = ["HEAD"] if "GET" in methods and path != STREAM else []
            return sorted([*methods, *head, "OPTIONS"])
    return []


def _table(app: FastAPI) -> dict[Pattern[str], set[str]]:
    """Methods by path, in the order of the routes, so the literal path comes before the pattern."""
    table: dict[Pattern[str], set[str]] = getattr(app.state, "methods", {})
    if not table:
        for path, methods in _documented(app):
            pattern, _, _ = compile_path(path)
            table.setdefault(pattern, set()).update(methods)
        app.state.methods = table
    return table


def _documented(app: FastAPI) -> Iterator[tuple[str, set[str]]]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and context.include_in_schema and context.path:
            yield context.path, set(context.methods or ())


class Methods:
    """Answers HEAD as GET without the body, OPTIONS with `Allow`, and 405 for the rest.

    Left to the router, `PUT /api/tasks/next` would be taken for a task called next.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        allowed = allowed_methods(scope["app"], path)
        if allowed and method == "OPTIONS":
            answer = Response(status_code=204, headers={"Allow": ", ".join(allowed)})
            await answer(scope, receive, send)
        elif allowed and method not in allowed:
            await not_allowed(scope, allowed)(scope, receive, send)
        elif allowed and method == "HEAD":
            await self._app({**scope, "method": "GET"}, receive, _headers_only(send))
        else:
            await self._app(scope, receive, send)


def not_allowed(scope: Scope, allowed: Sequence[str]) -> Response:
    """405, and what is possible instead."""
    listed = ", ".join(allowed)
    detail = f"{scope['method']} is not possible at {scope['path']}. Possible: {listed}."
    return problem(scope, 405, "method_not_allowed", detail, headers={"Allow": listed})


def _headers_only(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sending
