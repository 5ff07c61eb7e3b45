"""Which methods a path knows, and what HEAD, OPTIONS and all others get there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from re import Pattern

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from claudetask_api.problems import problem

STREAM = "/api/events"
"""The one GET that has no end, so there is no HEAD for it."""

DOCUMENT = re.compile(r"/openapi\.json\Z")
"""The application's own route, which stands in no router."""

Table = Mapping[Pattern[str], set[str]]


def table_of(routers: Iterable[APIRouter]) -> Table:
    """Methods by path, in the order of the routes, so the literal path comes before the pattern."""
    table: dict[Pattern[str], set[str]] = {DOCUMENT: {"GET"}}
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute):
            table.setdefault(route.path_regex, set()).update(route.methods or ())
    return table


class Methods:
    """Answers HEAD as GET without the body, OPTIONS with `Allow`, and 405 for the rest.

    Left to the router, `PUT /api/tasks/next` would be taken for a task called next.
    """

    def __init__(self, app: ASGIApp, *, table: Table) -> None:
        self._app = app
        self._table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        allowed = self._allowed(path)
        if allowed and method == "OPTIONS":
            answer = Response(status_code=204, headers={"Allow": ", ".join(allowed)})
            await answer(scope, receive, send)
        elif allowed and method not in allowed:
            await not_allowed(scope, allowed)(scope, receive, send)
        elif allowed and method == "HEAD":
            await self._app({**scope, "method": "GET"}, receive, _headers_only(send))
        else:
            await self._app(scope, receive, send)

    def _allowed(self, path: str) -> list[str]:
        """What may be done at a path; empty where there is nothing of the API."""
        for pattern, methods in self._table.items():
            if pattern.match(path):
                head = ["HEAD"] if "GET" in methods and path != STREAM else []
                return sorted([*methods, *head, "OPTIONS"])
        return []


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
