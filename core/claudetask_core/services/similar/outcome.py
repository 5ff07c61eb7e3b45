"""What came of a task: when it was done, its branch and what that touched, its files, what was
noted last, and what its analysis says first.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.models import NoteRow, RelatedFileRow, TaskRow
from claudetask_core.errors import DomainError

SNIPPET: Final = 160
FILES: Final = 5
BRANCHES: Final = 5
SECONDS: Final = 1.0


@dataclass(frozen=True)
class CameOf:
    """What is known of a task's end; `files` are those that the task names itself."""

    status: str
    done: date | None
    branch: str | None
    files: tuple[str, ...]
    analysis: str | None
    note: str | None = None

    def told(self, touched: Sequence[str] = ()) -> str:
        """A line; `touched` are the files of the branch's commits."""
        parts: list[str] = []
        if self.done is not None:
            parts.append(f"Done {self.done}")
        if self.branch:
            parts.append(f"branch {self.branch}")
        if touched:
            parts.append(f"its commits touched {_some(touched)}")
        if own := [path for path in self.files if path not in touched]:
            parts.append(f"files {_some(own)}")
        if self.note:
            parts.append(f"last note: {_snippet(self.note)}")
        if self.analysis:
            parts.append(_summary(self.analysis))
        return "; ".join(parts) or f"{self.status}, nothing recorded yet"


async def outcomes(session: AsyncSession, rows: Collection[TaskRow]) -> dict[int, CameOf]:
    """What came of each of the tasks."""
    ids = [row.id for row in rows]
    found = await session.execute(
        select(RelatedFileRow.task_id, RelatedFileRow.path)
        .where(RelatedFileRow.task_id.in_(ids))
        .order_by(RelatedFileRow.task_id, RelatedFileRow.position)
    )
    files: defaultdict[int, list[str]] = defaultdict(list)
    for task_id, path in found:
        files[task_id].append(path)
    newest = select(func.max(NoteRow.id)).where(NoteRow.task_id.in_(ids)).group_by(NoteRow.task_id)
    said = await session.execute(
        select(NoteRow.task_id, NoteRow.text).where(NoteRow.id.in_(newest))
    )
    notes = {row.task_id: row.text for row in said}
    return {row.id: _came_of(row, files[row.id], notes.get(row.id)) for row in rows}


async def touched_by(
    came: Mapping[int, CameOf], files_of: Callable[[str], Awaitable[list[str]]]
) -> dict[int, list[str]]:
    """The files of the first tasks' branches, as far as they are told in time."""
    named = [(number, one.branch) for number, one in came.items() if one.branch][:BRANCHES]
    asked = {number: asyncio.create_task(_told(files_of(branch))) for number, branch in named}
    if not asked:
        return {}
    _, late = await asyncio.wait(asked.values(), timeout=SECONDS)
    for one in late:
        one.cancel()
    return {number: one.result() for number, one in asked.items() if one not in late}


async def _told(asked: Awaitable[list[str]]) -> list[str]:
    try:
        return await asked
    except DomainError:  # the project's folder is gone, say: the board still answers
        return []


def _came_of(row: TaskRow, files: list[str], note: str | None) -> CameOf:
    done = None if row.completed_at is None else row.completed_at.date()
    return CameOf(row.status, done, row.git_branch, tuple(files), row.analysis, note)


def _some(files: Sequence[str]) -> str:
    more = f" and {len(files) - FILES} more" if len(files) > FILES else ""
    return f"{', '.join(files[:FILES])}{more}"


def _summary(analysis: str) -> str:
    """The beginning of an analysis without its headings."""
    said = " ".join(line for line in analysis.splitlines() if not line.startswith("#"))
    return _snippet(said) or _snippet(analysis)


def _snippet(text: str) -> str:
    """The beginning of a text as one line."""
    first = " ".join(text.split())
    return first[:SNIPPET] + ("…" if len(first) > SNIPPET else "")
