"""What came of a task: when it was done, its branch, its files, what its analysis says first."""

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.models import RelatedFileRow, TaskRow

SNIPPET: Final = 160
FILES: Final = 5


async def outcomes(session: AsyncSession, rows: Collection[TaskRow]) -> dict[int, str]:
    """A line for each of the tasks."""
    ids = [row.id for row in rows]
    found = await session.execute(
        select(RelatedFileRow.task_id, RelatedFileRow.path)
        .where(RelatedFileRow.task_id.in_(ids))
        .order_by(RelatedFileRow.task_id, RelatedFileRow.position)
    )
    files: defaultdict[int, list[str]] = defaultdict(list)
    for task_id, path in found:
        files[task_id].append(path)
    return {row.id: _outcome(row, files[row.id]) for row in rows}


def _outcome(row: TaskRow, files: list[str]) -> str:
    parts: list[str] = []
    if row.completed_at is not None:
        parts.append(f"Done {row.completed_at.date()}")
    if row.git_branch:
        parts.append(f"branch {row.git_branch}")
    if files:
        more = f" and {len(files) - FILES} more" if len(files) > FILES else ""
        parts.append(f"files {', '.join(files[:FILES])}{more}")
    if row.analysis:
        parts.append(_summary(row.analysis))
    return "; ".join(parts) or f"{row.status}, nothing recorded yet"


def _summary(analysis: str) -> str:
    """The beginning of an analysis without its headings."""
    said = " ".join(line for line in analysis.splitlines() if not line.startswith("#"))
    first = " ".join(said.split()) or " ".join(analysis.split())
    return first[:SNIPPET] + ("…" if len(first) > SNIPPET else "")
