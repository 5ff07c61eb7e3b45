"""The routers of the API, whose routes are whole as they stand."""

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from claudetask_api.dependencies import refuse_unknown_query, require_exact_json, require_scope


def router(prefix: str = "", *, tag: str | None = None) -> APIRouter:
    """A router whose routes hold all that is asked of every request.

    An application takes them as they are. Were they included with what it adds to them, FastAPI
    would make each of them anew at the first request, and try one router after the other at all.

    Args:
        prefix: What the paths of all its routes begin with.
        tag: Where the reference shows them; None for a page, which it does not show.
    """
    return APIRouter(
        prefix=prefix,
        tags=None if tag is None else [tag],
        include_in_schema=tag is not None,
        dependencies=[
            Depends(require_scope),
            Depends(refuse_unknown_query),
            Depends(require_exact_json),
        ],
        generate_unique_id_function=_operation_id,
    )


def _operation_id(route: APIRoute) -> str:
    return route.name
