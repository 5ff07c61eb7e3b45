"""The tool that searches the code."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from claudetask_core.schemas.search import SearchQuery
from claudetask_core.services.access.rate_limit import RateClass
from claudetask_mcp.app import visit
from claudetask_mcp.arguments import ABSENT, given
from claudetask_mcp.render import search
from claudetask_mcp.tool import Spec


async def search_codebase(
    ctx: Context[Any],
    query: Annotated[str, Field(description="A question, words or an identifier")],
    top_k: Annotated[int, Field(ge=1, le=100, description="How many at most")] = 20,
    path: Annotated[str, Field(description="Glob, e.g. src/**/*.py")] = ABSENT,
    language: Annotated[str, Field(description="e.g. python")] = ABSENT,
    kind: Annotated[str, Field(description="code, docs, config or tests")] = ABSENT,
    min_score: Annotated[float | None, Field(ge=0, le=1, description="Leave out less")] = None,
    detail: Annotated[search.Detail, Field(description="How much code to show")] = "concise",
) -> str:
    """Find code and documents by meaning or by name, best first, with path, lines and text. Use
    it before Grep when you do not know the exact words, or where to look.
    """
    here = await visit(ctx)
    optional = given(
        path=path or None, language=language or None, kind=kind or None, min_score=min_score
    )
    question = SearchQuery(query=query, top_k=top_k, **optional)
    return search.found(await here.core.search.search(question), detail)


SEARCH = (
    Spec(
        search_codebase,
        "Search the code",
        RateClass.SEARCH,
        read_only=True,
        idempotent=True,
        always_load=True,
    ),
)
