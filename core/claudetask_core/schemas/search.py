"""A question to the code index and its answer."""

from typing import Annotated

from pydantic import Field, StringConstraints

from claudetask_core.schemas.base import NoNul, ReadModel, Text, WriteModel


class SearchQuery(WriteModel):
    """A question in words or an identifier, and what to look at.

    `path` is a glob over project-relative paths (`src/**/*.py`), `language` and `kind` are
    names as the results show them, `min_score` leaves out what scores less.
    """

    query: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), NoNul
    ]
    top_k: Annotated[int, Field(ge=1, le=100)] = 20
    path: Annotated[Text, StringConstraints(min_length=1, max_length=500)] | None = None
    language: Annotated[Text, StringConstraints(min_length=1, max_length=50)] | None = None
    min_score: Annotated[float, Field(ge=0, le=1)] | None = None
    kind: Annotated[Text, StringConstraints(min_length=1, max_length=50)] | None = None


class SearchHit(ReadModel):
    """Whole lines of one file, `start_line` to `end_line` counted from 1, both included.

    `text` starts at `start_line` and holds fewer lines than the span where `truncated`.
    `score` is in 0–1, best first.
    """

    path: str
    start_line: int
    end_line: int
    symbol: str | None
    language: str | None
    kind: str
    score: float
    why: str
    text: str
    truncated: bool


class SearchResults(ReadModel):
    """Hits, best first; `complete` (0–1) is how much of the tree is indexed."""

    query: str
    complete: float
    results: list[SearchHit]


class IndexState(ReadModel):
    """How far the index is: `state` is `idle`, `building`, `ready` or `failed`."""

    state: str
    complete: float
    files: int
    chunks: int
    message: str
