"""Problem details (RFC 9457): the one shape of every refusal of this face."""

import json
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response
from starlette.types import Scope

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """One thing that is wrong: where (`body`, `query`, `path`, `header`), what, and why."""

    location: str
    field: str
    message: str
    type: str


class ProblemDetails(BaseModel):
    """A refusal. `code` is stable; some codes bring more members, such as `allowed`."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:claudetask:task_not_found",
                    "title": "Task not found",
                    "status": 404,
                    "detail": "There is no task #12.",
                    "instance": "/api/tasks/12",
                    "code": "task_not_found",
                    "request_id": "5f0c6b1e9a5d4c6f8f6f0a8a3c1e2d4b",
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str


class ValidationProblemDetails(ProblemDetails):
    """A request that can never succeed as it stands; `errors` names what is wrong with it."""

    errors: list[FieldError]


def request_id(scope: Scope) -> str:
    """The id that this request goes by in the answer and in the log."""
    return str(scope.get("state", {}).get("request_id", ""))


def problem(
    scope: Scope,
    status: int,
    code: str,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
    more: dict[str, Any] | None = None,
) -> Response:
    """A problem as an answer.

    Args:
        scope: The request it is about.
        status: The HTTP status.
        code: The stable name of what went wrong.
        detail: What and why, as sentences.
        headers: What else the answer says about itself.
        more: Further members; those that RFC 9457 and this face name are not replaced.
    """
    body = {
        **(more or {}),
        "type": f"urn:claudetask:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail or HTTPStatus(status).phrase,
        "instance": scope.get("path", ""),
        "code": code,
        "request_id": request_id(scope),
    }
    text = json.dumps(body, ensure_ascii=False, default=str)
    # A lone surrogate of the request (a field's name, say) is no UTF-8.
    return Response(text.encode("utf-8", "replace"), status, headers, MEDIA_TYPE)
