"""Questions: to the project's text, and for tasks like another."""

from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator

from claudetask_api import routing
from claudetask_api.dependencies import CoreDep, only_digits
from claudetask_api.openapi import answers
from claudetask_core.schemas.search import SearchQuery, SearchResults
from claudetask_core.schemas.task import SimilarCount, SimilarQuery, SimilarTasks, Status

router = routing.router("/api", tag="search")


@router.get("/search", summary="Find code and text by a question or a name", responses=answers(404))
async def search_codebase(
    core: CoreDep, question: Annotated[SearchQuery, Query()]
) -> SearchResults:
    return await core.search.search(question)


@router.get("/tasks/similar", tags=["tasks"], summary="Find tasks like a text")
async def find_similar_tasks(
    core: CoreDep,
    query: Annotated[SimilarQuery, Query(examples=["time zones are lost"])],
    top_k: Annotated[SimilarCount, BeforeValidator(only_digits), Query()] = 10,
    status: Status | None = None,
) -> SimilarTasks:
    wanted = core.tasks.known(status)
    return await core.similar.find(query, top_k=top_k, status=wanted)
