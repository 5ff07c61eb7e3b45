"""The API's own document, made exact: every status, every error, what texts may hold."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from claudetask_api.problems import MEDIA_TYPE, ProblemDetails, ValidationProblemDetails
from claudetask_api.security import is_open
from claudetask_core.schemas.event import Event
from claudetask_core.schemas.task import MAX_ID
from claudetask_core.schemas.workflow import Workflow, with_statuses

Json = dict[str, Any]
Responses = dict[int | str, Json]

REF = "#/components/schemas/{model}"
TAGS: list[Json] = [
    {"name": "tasks", "description": "The board."},
    {"name": "board", "description": "The board as a screen needs it."},
    {"name": "jobs", "description": "Analyses of tasks, run in the background."},
    {"name": "project", "description": "The project that the board serves."},
    {"name": "claude", "description": "CLAUDE.md and Claude Code's agents; the disk is the truth."},
    {"name": "search", "description": "The project's text."},
    {"name": "events", "description": "What happens, as it happens."},
    {"name": "access", "description": "Tokens, and who did what."},
    {"name": "server", "description": "This server."},
]
EVERYWHERE = (403, 422, 429, 500, 503)
WITH_BODY = (400, 413, 415)
MEANING = {
    304: "Not modified: what the caller has is what there is.",
    400: "The body is not JSON.",
    401: "The token is missing or wrong.",
    403: "A foreign Host or Origin, a token without the scope, or what may not be done here.",
    404: "What the path names does not exist.",
    409: "The present state forbids it; nothing was changed.",
    412: "The precondition is not met: it was changed since it was read; nothing was written.",
    413: "The body is larger than 1 MiB.",
    415: "The body is not sent as application/json.",
    422: "A field or parameter is unknown, missing or out of its limits.",
    429: "Too many calls; Retry-After says how many seconds to wait.",
    500: "A fault of the server; its log has the request id.",
    503: "Something outside (disk, database, git, Claude) does not answer.",
}
HEADERS: dict[str, str] = {
    "ETag": "A strong tag of this state; give it back as If-Match.",
    "Location": "Where the new thing is.",
    "Claude-Code-Restart": "`needed`: sessions that are older than .claude/agents must restart.",
    "Link": "first, prev, next and last pages (RFC 8288).",
    "X-Merged-Fields": "What others had changed since the caller's last write; without If-Match.",
    "X-Total-Count": "How many there are on all pages.",
    "Retry-After": "Seconds to wait.",
    "WWW-Authenticate": "The scheme of the token.",
    "X-Request-ID": "The id of this request in the log; the caller's own where it gave a sane one.",
}


def answers(*statuses: int, ok: int = 200, headers: Iterable[str] = ()) -> Responses:
    """What a route answers besides its plain success and what every route may answer."""
    found: Responses = {status: {"description": MEANING[status]} for status in statuses}
    if headers:
        found[ok] = {
            "description": HTTPStatus(ok).phrase,
            "headers": {name: _header(name) for name in headers},
        }
    return found


def _header(name: str) -> Json:
    kind = "integer" if name in {"X-Total-Count", "Retry-After"} else "string"
    return {"description": HEADERS[name], "schema": {"type": kind}}


def install(app: FastAPI, *, needs_token: bool, workflow: Workflow) -> None:
    """Has the app describe itself so."""

    def document() -> Json:
        if app.openapi_schema is None:
            found = _document(app, needs_token=needs_token)
            app.openapi_schema = _with_workflow(found, workflow)
        return app.openapi_schema

    app.openapi = document


def _with_workflow(document: Json, workflow: Workflow) -> Json:
    """The document with the board's own statuses wherever a status is due."""
    found: Json = with_statuses(document, {"$ref": REF.format(model="Status")})
    found["components"]["schemas"]["Status"] = {
        "type": "string",
        "title": "Status",
        "description": "The columns of the board, in their order.",
        "enum": [str(status) for status in workflow.statuses],
    }
    return found


def _document(app: FastAPI, *, needs_token: bool) -> Json:
    found: Json = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    schemas: Json = found["components"]["schemas"]
    _, extra = models_json_schema(
        [(model, "serialization") for model in (ProblemDetails, ValidationProblemDetails, Event)],
        ref_template=REF,
    )
    schemas.update(extra["$defs"])
    _mend_bounds(found)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path, item in found["paths"].items():
        for operation in item.values():
            _complete(operation)
            if not is_open(path):
                _guard(operation, needs_token=needs_token)
    found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return found


def _mend_bounds(part: Any) -> None:
    """Writes bounds of whole numbers as such: FastAPI makes floats of them, which round 2^63-1."""
    if isinstance(part, list):
        for item in cast("list[Any]", part):
            _mend_bounds(item)
    elif isinstance(part, dict):
        schema = cast("Json", part)
        if schema.get("type") == "integer":
            for name in schema.keys() & {"minimum", "maximum"}:
                schema[name] = min(int(schema[name]), MAX_ID)
        for item in schema.values():
            _mend_bounds(item)


def _guard(operation: Json, *, needs_token: bool) -> None:
    """Adds to an operation that it may want a token, or always does."""
    operation["security"] = [{"token": []}] if needs_token else [{"token": []}, {}]
    response: Json = {"description": MEANING[401], "headers": {}}
    _as_problem(401, response)
    response["headers"]["X-Request-ID"] = _header("X-Request-ID")
    operation["responses"] = dict(sorted({**operation["responses"], "401": response}.items()))


def _complete(operation: Json) -> None:
    """Adds to an operation what it shares with the others."""
    responses: Json = operation["responses"]
    statuses = [*EVERYWHERE, *(WITH_BODY if "requestBody" in operation else ())]
    for status in statuses:
        known = responses.setdefault(str(status), {})
        known["description"] = known.get("description") or MEANING[status]
        if status == 422:  # noqa: PLR2004 — FastAPI's own description of it says less
            known.update(description=MEANING[422], content={})
    for status, response in responses.items():
        if int(status) >= 400:  # noqa: PLR2004 — every error is a problem
            _as_problem(int(status), response)
        response.setdefault("headers", {})["X-Request-ID"] = _header("X-Request-ID")
    operation["responses"] = dict(sorted(responses.items()))


def _as_problem(status: int, response: Json) -> None:
    if response.get("content"):
        return
    model = "ValidationProblemDetails" if status == 422 else "ProblemDetails"  # noqa: PLR2004 — the one with `errors`
    response["content"] = {MEDIA_TYPE: {"schema": {"$ref": REF.format(model=model)}}}
    needed: Mapping[int, str] = {429: "Retry-After", 401: "WWW-Authenticate"}
    if status in needed:
        response.setdefault("headers", {})[needed[status]] = _header(needed[status])
