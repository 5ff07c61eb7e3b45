"""What the board and the index know about a task, collected for whoever analyses it."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from claudetask_core.errors import DomainError
from claudetask_core.schemas.agent import Agent
from claudetask_core.schemas.claude_md import ClaudeMd
from claudetask_core.schemas.search import SearchHit, SearchQuery, SearchResults
from claudetask_core.schemas.task import Note, SimilarTask, SimilarTasks, Status, Task
from claudetask_core.schemas.workflow import DEFAULT

log = logging.getLogger(__name__)

SECONDS = 10.0
HITS = 8
SIMILAR = 5
QUESTION = 600

Found = TypeVar("Found")


class Notes(Protocol):
    async def find(self, task_id: int) -> list[Note]: ...


class Search(Protocol):
    async def search(self, query: SearchQuery) -> SearchResults: ...


class Similar(Protocol):
    async def find(
        self, query: str, *, top_k: int = 10, status: Status | None = None
    ) -> SimilarTasks: ...


class Agents(Protocol):
    async def find(self) -> list[Agent]: ...


class Conventions(Protocol):
    async def read(self) -> ClaudeMd: ...


@dataclass(frozen=True)
class Material:
    """All that a prompt is made of; what could not be had is empty."""

    task: Task
    notes: Sequence[Note] = ()
    hits: Sequence[SearchHit] = ()
    similar: Sequence[SimilarTask] = ()
    agents: Sequence[Agent] = ()
    claude_md: str = ""


@dataclass(frozen=True)
class AnalysisContext:
    """Where the material comes from; a source that is missing, fails or is slow is left out.

    `done` is the column whose tasks are shown for their outcome.
    """

    notes: Notes | None = None
    search: Search | None = None
    similar: Similar | None = None
    agents: Agents | None = None
    claude_md: Conventions | None = None
    done: Status = DEFAULT.done

    async def gather(self, task: Task) -> Material:
        """The material for this task."""
        question = f"{task.title}\n{task.description}"[:QUESTION].strip()
        notes, hits, similar, agents, claude_md = await asyncio.gather(
            _or_none(self.notes.find(task.id) if self.notes else None),
            _or_none(
                self.search.search(SearchQuery(query=question, top_k=HITS)) if self.search else None
            ),
            _or_none(
                self.similar.find(question, top_k=SIMILAR + 1, status=self.done)
                if self.similar
                else None
            ),
            _or_none(self.agents.find() if self.agents else None),
            _or_none(self.claude_md.read() if self.claude_md else None),
        )
        others = [hit for hit in similar.results if hit.id != task.id] if similar else []
        return Material(
            task,
            notes or (),
            hits.results if hits else (),
            others[:SIMILAR],
            agents or (),
            claude_md.content if claude_md else "",
        )


async def _or_none(asked: Awaitable[Found] | None) -> Found | None:
    if asked is None:
        return None
    try:
        return await asyncio.wait_for(asked, SECONDS)
    except DomainError as refusal:
        log.info("an analysis goes without a part of its context: %s", refusal.code)
    except TimeoutError:
        log.info("an analysis goes without a part of its context: too slow")
    return None
