"""A briefing for one subagent: what is known about a task, within a budget of tokens."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from claudetask_core.errors import DomainError
from claudetask_core.printable import fenced, on_one_line
from claudetask_core.schemas.legible import legible
from claudetask_core.schemas.search import SearchHit, SearchQuery
from claudetask_core.schemas.task import Note, Pack, SimilarTask, Task
from claudetask_core.services.code.search import SearchService
from claudetask_core.services.pack_text import Section, cut, line, packed, tokens
from claudetask_core.services.similar.similar import SimilarService
from claudetask_core.services.tasks.notes import NoteService
from claudetask_core.services.tasks.tasks import TaskService

Found = TypeVar("Found")

QUESTION = 1000
HITS = 8
SIMILAR = 5
LINKED = 20
SECONDS = 10.0
ENTRY = 600
FINDINGS = 900
LINE = 300


class PackService:
    """Gathers from the board and the index; a source that fails or is slow is left out."""

    def __init__(
        self,
        tasks: TaskService,
        notes: NoteService,
        search: SearchService,
        similar: SimilarService,
    ) -> None:
        self._tasks = tasks
        self._notes = notes
        self._search = search
        self._similar = similar

    async def pack(self, task_id: int, budget: int) -> Pack:
        """What a subagent needs to work on the task, in at most `budget` tokens.

        The sections stand in the order in which room is given to them: description, criteria,
        analysis, notes, findings of dependencies and parent, related files, code, similar finished
        tasks.

        Raises:
            TaskNotFound: There is none of this number.
        """
        task = legible(await self._tasks.get(task_id))
        notes = legible(await self._notes.find(task_id))
        question = f"{task.title}\n{task.description}"[:QUESTION].strip()
        found = self._search.search(SearchQuery(query=question, top_k=HITS))
        code = legible(await _or_none(found))
        done = self._tasks.workflow.done
        like = legible(await _or_none(self._similar.find(question, top_k=SIMILAR + 1, status=done)))
        sections = [
            *_own(task, notes),
            Section("dependencies", "Depends on:", await self._linked(task.depends_on), 0.14),
            Section("parent", "Part of:", await self._linked([task.parent_id]), 0.06),
            Section("related files", "Related files:", _files(task.related_files), 0.06),
            Section("code", "Code that may concern it:", _hits(code.results if code else ()), 0.16),
            Section(
                "similar tasks",
                "Similar finished tasks:",
                tuple(_similar(hit) for hit in (like.results if like else ()) if hit.id != task_id)[
                    :SIMILAR
                ],
                0.08,
            ),
        ]
        text, left_out = packed(_head(task), sections, budget)
        return Pack(
            task_id=task_id, budget=budget, tokens=tokens(text), text=text, left_out=left_out
        )

    async def _linked(self, numbers: Sequence[int | None]) -> tuple[str, ...]:
        """What was found in other tasks: where each stands, its analysis and its last note."""
        entries: list[str] = []
        for number in [n for n in numbers if n is not None][:LINKED]:
            task = legible(await _or_none(self._tasks.get(number)))
            if task is not None:
                notes = legible(await self._notes.find(number))
                entries.append(_finding(task, notes))
        return tuple(entries)


def _own(task: Task, notes: Sequence[Note]) -> list[Section]:
    criteria = tuple(
        f"[{'x' if c.checked else ' '}] {c.id}: {line(c.text, LINE)}"
        + (f" ({line(c.evidence, LINE)})" if c.evidence else "")
        for c in task.acceptance_criteria
    )
    said = tuple(f"- {note.author}: {line(note.text, ENTRY)}" for note in reversed(notes))
    description = (task.description,) if task.description else ()
    analysis = (task.analysis,) if task.analysis else ()
    return [
        Section("description", "Description:", description, 0.22, whole=False),
        Section("criteria", "Acceptance criteria:", criteria, 0.2),
        Section("analysis", "Analysis:", analysis, 0.18, whole=False),
        Section("notes", "Notes, newest first:", said, 0.1),
    ]


def _head(task: Task) -> str:
    branch = f", branch {task.git_branch}" if task.git_branch else ""
    return f"#{task.id} {task.title}\n{task.type}, {task.priority} priority, {task.status}{branch}"


def _finding(task: Task, notes: Sequence[Note]) -> str:
    branch = f", branch {task.git_branch}" if task.git_branch else ""
    parts = [f"#{task.id} {line(task.title, LINE)} ({task.status}{branch})"]
    if task.analysis:
        parts.append(f"  found: {line(task.analysis, FINDINGS)}")
    if notes:
        parts.append(f"  last note: {line(notes[-1].text, LINE)}")
    return "\n".join(parts)


def _hits(hits: Sequence[SearchHit]) -> tuple[str, ...]:
    return tuple(
        line(f"{hit.path}:{hit.start_line}-{hit.end_line} {hit.symbol or ''}", LINE)
        + f"\n{fenced(cut(hit.text, ENTRY))}"
        for hit in hits
    )


def _similar(hit: SimilarTask) -> str:
    return f"#{hit.id} {line(hit.title, LINE)}: {line(hit.outcome, LINE)}"


def _files(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"- {on_one_line(path)}" for path in paths)


async def _or_none(asked: Awaitable[Found]) -> Found | None:
    try:
        return await asyncio.wait_for(asked, SECONDS)
    except (DomainError, TimeoutError):
        return None
