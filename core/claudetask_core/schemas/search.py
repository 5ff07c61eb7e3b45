"""A question to the code index and its answer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, PrivateAttr, StringConstraints, computed_field

from claudetask_core.schemas.base import NoNul, ReadModel, Text, WriteModel

Glob = Annotated[Text, StringConstraints(min_length=1, max_length=500)]
Name = Annotated[Text, StringConstraints(min_length=1, max_length=50)]


class SearchQuery(WriteModel):
    """A question in words or an identifier, and what to look at.

    `path` is a glob over project-relative paths (`src/**/*.py`), `language` a name as the results
    show it, `kind` one of code, docs, config and tests (or function, class or text, as the results
    show a chunk's), `min_score` leaves out what scores less.
    """

    query: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), NoNul
    ]
    top_k: Annotated[int, Field(ge=1, le=100)] = 20
    path: Annotated[Glob | None, Field(description="`src/**/*.py`, `*.md`, `!tests/`")] = None
    language: Annotated[Name | None, Field(description="`python`, `typescript`, `markdown`")] = None
    min_score: Annotated[float, Field(ge=0, le=1)] | None = None
    kind: Annotated[
        Name | None,
        Field(description="`code`, `docs`, `config` or `tests`; or a piece's own, as `function`"),
    ] = None


@dataclass(slots=True)  # frozen ones take six times as long to make, and an answer has hundreds
class Highlight:
    """A word of the question in line `line` of the file: characters `start` to before `end`."""

    line: int
    start: int
    end: int


Marks = Callable[[str, int], list[Highlight]]
"""Finds the words of a question in some lines, the first of which has this number in its file."""


class SearchHit(ReadModel):
    """Whole lines of one file, `start_line` to `end_line` counted from 1, both included.

    `text` starts at `start_line` and holds fewer lines than the span where `truncated`.
    `score` is in 0–1, best first. `highlights` are in the lines of `text`, in order, 50 at most;
    their offsets count Unicode code points from 0.
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
    _marker: Marks | None = PrivateAttr(default=None)

    def marked(self, marker: Marks) -> Self:
        """The hit itself, whose highlights `marker` finds as soon as someone wants them."""
        self._marker = marker
        return self

    @computed_field
    @cached_property
    def highlights(self) -> list[Highlight]:
        return self._marker(self.text, self.start_line) if self._marker is not None else []


class SearchResults(ReadModel):
    """Hits, best first; `complete` (0–1) is how much of the tree is indexed.

    `weak` says that none of them is a good match (there may be none at all), `message` what to
    try then, or why hits may be missing.
    """

    query: str
    complete: float
    results: list[SearchHit]
    weak: bool
    message: str | None


class IndexState(ReadModel):
    """How far the index is: `state` is `idle`, `building`, `ready` or `failed`."""

    state: str
    complete: float
    files: int
    chunks: int
    message: str
