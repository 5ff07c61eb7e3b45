"""What routes are given: the core, who calls, and a request that holds nothing unknown."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException, Path, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, from_json

from claudetask_api.access import needed
from claudetask_core.core import Core
from claudetask_core.schemas.base import ActorName
from claudetask_core.schemas.task import MAX_ID
from claudetask_core.schemas.token import Identity, identity_in
from claudetask_core.services.access.actors import InsufficientScope, acting, require
from claudetask_core.services.tasks.claims import Caller

DEFAULT_ACTOR = "rest"
NO_NUMBERS = re.compile(rb"NaN|Infinity")


async def _core(request: Request) -> Core:
    core: Core = request.app.state.core
    return core


async def who_asks(request: Request) -> Identity | None:
    return identity_in(request.scope.get("state", {}))


WhoAsks = Annotated[Identity | None, Depends(who_asks)]


@dataclass(frozen=True)
class Named:
    """What a request says of who makes it: its token, and the `X-Agent` header."""

    identity: Identity | None
    header: str | None


def _as_utf8(value: Any) -> Any:
    """A header's bytes as the text they are meant to be; what is no UTF-8 stays Latin-1."""
    if not isinstance(value, str):
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


async def _named(
    identity: WhoAsks,
    x_agent: Annotated[
        ActorName | None,
        BeforeValidator(_as_utf8),
        Header(description="Who calls, in UTF-8; `agent` in a body goes before it."),
    ] = None,
) -> Named:
    return Named(identity, x_agent)


CoreDep = Annotated[Core, Depends(_core)]
HeaderActor = Annotated[Named, Depends(_named)]


def actor(agent: str | None, named: Named) -> str:
    """The name that history shows: `agent`, else the `X-Agent` header, else `rest`.

    With a token of their own a caller's name begins with the token's.
    """
    return acting(named.identity, agent or named.header) or DEFAULT_ACTOR


def caller(agent: str | None, named: Named) -> Caller:
    """Who claims; a caller over HTTP stands in no worktree."""
    return Caller(actor(agent, named))


async def require_scope(request: Request, core: CoreDep, identity: WhoAsks) -> None:
    """Refuses what the caller's token does not cover, and has the record tell of it."""
    try:
        require(identity, needed(request.scope["route"].name, request.method))
    except InsufficientScope as error:
        what = f"{request.method} {request.url.path}"
        who = acting(identity, None) or DEFAULT_ACTOR
        core.tokens.refused("scope_refused", what, actor=who, why=error.message)
        raise


def only_digits(value: Any) -> Any:
    """Refuses what `int()` would take besides plain digits, such as `1_0` and ` 1`."""
    if isinstance(value, str) and not (value.isascii() and value.lstrip("-").isdigit()):
        raise ValueError("must be a whole number")
    return value


TaskIdPath = Annotated[
    int,
    Field(ge=1, le=MAX_ID),
    BeforeValidator(only_digits),
    Path(examples=[12], description="Its id."),
]


def _not_empty(agent_id: str) -> str:
    """Refuses the empty name, which is `/api/agents/`: a slash too many, and no agent's address."""
    if not agent_id:
        raise HTTPException(404)
    return agent_id


AgentIdPath = Annotated[
    str,
    AfterValidator(_not_empty),
    Path(examples=["code-reviewer"], description="Its name, percent-encoded."),
]


async def refuse_unknown_query(request: Request) -> None:
    """Refuses query parameters that the route does not take, and repeated ones."""
    if not request.query_params:
        return
    known = query_names(request.scope["route"].dependant)
    given = [name for name, _ in request.query_params.multi_items()]
    unknown = [name for name in dict.fromkeys(given) if name not in known]
    repeated = [name for name in dict.fromkeys(given) if name in known and given.count(name) > 1]
    listed = ", ".join(sorted(known)) or "none"
    errors = [
        *_errors(unknown, "unknown_parameter", f"is not a query parameter here; known: {listed}"),
        *_errors(repeated, "repeated", "may be given once"),
    ]
    if errors:
        raise RequestValidationError(errors)


def query_names(dependant: Dependant) -> set[str]:
    """What a route takes in its query, one by one or as fields of a model.

    The API's own document names the same, but takes a quarter of a second to be made.
    """
    names: set[str] = set()
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names.update(info.alias or name for name, info in kind.model_fields.items())
        else:
            names.add(field.alias)
    return names.union(*map(query_names, dependant.dependencies))


def _errors(names: list[str], kind: str, message: str) -> list[dict[str, Any]]:
    return [{"type": kind, "loc": ("query", name), "msg": message} for name in names]


async def require_exact_json(request: Request) -> None:
    """Refuses a body whose JSON types are not the documented ones (`"1"` is no number).

    FastAPI's own reading of the body, which comes after this, would convert them.
    """
    field = request.scope["route"].body_field
    if field is None:
        return
    body = await request.body()
    if not body:
        return
    _refuse_no_numbers(body)
    try:
        _adapter(field.field_info.annotation).validate_json(body, strict=True)
    except ValidationError as error:
        errors = [one for one in error.errors(include_url=False) if not _is_whole(one)]
        if errors:
            raise RequestValidationError(
                [{**one, "loc": ("body", *one["loc"])} for one in errors]
            ) from None


def _refuse_no_numbers(body: bytes) -> None:
    """Refuses `NaN` and `Infinity`, which Python's readers of JSON take and JSON does not have."""
    if not NO_NUMBERS.search(body):
        return
    try:
        from_json(body, allow_inf_nan=False)
    except ValueError as error:
        told = {"type": "json_invalid", "loc": ("body",), "msg": str(error)}
        raise RequestValidationError([told]) from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """What reads a body of this kind; it is costly to make."""
    return TypeAdapter(kind)


def _is_whole(error: ErrorDetails) -> bool:
    """Whether it is about `1.0`, which JSON Schema counts among the integers."""
    given: Any = error["input"]
    return error["type"] == "int_type" and isinstance(given, float) and given.is_integer()
