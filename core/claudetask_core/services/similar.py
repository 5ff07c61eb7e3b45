"""Tasks like a question or like each other, over title, description, analysis and notes.

SQLite's FTS5 (porter stems) finds who shares words; the score is the share of the question's
words, each weighted by how rare it is on this board (inverse document frequency), that the task
has. So 1.0 means that every word of the question stands in the task, and the score does not depend
on how large the board is otherwise.
"""

import math
import re
from collections import Counter, defaultdict

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.engine import Database, WriteSession
from claudetask_core.db.models import NoteRow, TaskRow
from claudetask_core.schemas.task import SimilarTask, SimilarTasks, Status

WORD = re.compile(r"[^\W_]+", re.UNICODE)
MAX_WORDS = 40
BATCH = 500
SNIPPET = 160
TITLE_WEIGHT = 0.3
LIKELY_DUPLICATE = 0.75
STOP_WORDS = frozenset(
    """a an and are as at be but by do does for from has have how i in into is it its of on or our
    should so that the their then there they this to was we what when where which who why will
    with you your""".split()  # noqa: SIM905 — a list of forty strings reads worse
)


async def index(session: WriteSession, row: TaskRow) -> None:
    """Makes the task findable as it now stands, in the same transaction."""
    notes = await _notes(session, row.id) if row.notes_count else ""
    if row.version > 1:
        await forget(session, row.id)
    await session.execute(
        text(
            "INSERT INTO tasks_fts (rowid, title, description, analysis, notes) "
            "VALUES (:id, :title, :description, :analysis, :notes)"
        ),
        {
            "id": row.id,
            "title": row.title,
            "description": row.description,
            "analysis": row.analysis or "",
            "notes": notes,
        },
    )


async def _notes(session: WriteSession, task_id: int) -> str:
    texts = await session.scalars(
        select(NoteRow.text).where(NoteRow.task_id == task_id).order_by(NoteRow.id)
    )
    return "\n".join(texts)


async def forget(session: WriteSession, task_id: int) -> None:
    await session.execute(text("DELETE FROM tasks_fts WHERE rowid = :id"), {"id": task_id})


class SimilarService:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self, query: str, *, top_k: int = 10, status: Status | None = None
    ) -> SimilarTasks:
        """The tasks most like the question, best first.

        Args:
            query: Words, or the text of a task.
            top_k: How many at most.
            status: Only tasks in this one.
        """
        async with self._database.read() as session:
            results = await ranked(session, query, top_k=top_k, status=status)
        return SimilarTasks(query=query, results=results)


async def possible_duplicates(session: AsyncSession, title: str) -> list[SimilarTask]:
    """Up to three tasks that may be the one about to be made."""
    return await ranked(
        session, title, top_k=3, status=None, column="title", at_least=LIKELY_DUPLICATE
    )


async def ranked(
    session: AsyncSession,
    query: str,
    *,
    top_k: int,
    status: Status | None,
    column: str | None = None,
    at_least: float = 0.0,
) -> list[SimilarTask]:
    words = _words(query)
    total = await session.scalar(select(func.count()).select_from(TaskRow)) or 0
    if not words or not total:
        return []
    shared, weights = await _who_shares(session, words, total, column)
    in_title, _ = (shared, weights) if column else await _who_shares(session, words, total, "title")
    whole = sum(weights.values())
    scores: dict[int, float] = {}
    for task_id, matched in shared.items():
        base = sum(weights[word] for word in matched) / whole
        title = sum(weights[word] for word in in_title.get(task_id, ())) / whole
        score = base if column else (1 - TITLE_WEIGHT) * base + TITLE_WEIGHT * title
        if score >= at_least:
            scores[task_id] = score
    rows = await _rows(session, scores, top_k, status)
    return [
        SimilarTask(
            id=row.id,
            title=row.title,
            status=Status(row.status),
            score=round(scores[row.id], 4),
            why="shares " + ", ".join(sorted(shared[row.id], key=lambda w: -weights[w])[:6]),
            outcome=_outcome(row),
        )
        for row in rows
    ]


def _words(query: str) -> list[str]:
    """The words that tell most, rare stop words out, at most `MAX_WORDS`, most frequent first."""
    found = [word.lower() for word in WORD.findall(query)]
    telling = [word for word in found if word not in STOP_WORDS] or found
    return [word for word, _ in Counter(telling).most_common(MAX_WORDS)]


async def _who_shares(
    session: AsyncSession, words: list[str], total: int, column: str | None
) -> tuple[dict[int, set[str]], dict[str, float]]:
    """For each task the words it has, and each word's weight; one question for all words."""
    one = "SELECT {n} AS word, rowid FROM tasks_fts WHERE tasks_fts MATCH :w{n}"
    statement = " UNION ALL ".join(one.format(n=n) for n in range(len(words)))
    prefix = f"{column} : " if column else ""
    rows = await session.execute(
        text(statement), {f"w{n}": f'{prefix}"{word}"' for n, word in enumerate(words)}
    )
    shared: dict[int, set[str]] = defaultdict(set)
    holders: Counter[str] = Counter()
    for number, task_id in rows.all():
        number, task_id = int(number), int(task_id)  # noqa: PLW2901 — the driver leaves them untyped
        shared[task_id].add(words[number])
        holders[words[number]] += 1
    weights = {w: math.log(1 + (total - holders[w] + 0.5) / (holders[w] + 0.5)) for w in words}
    return shared, weights


async def _rows(
    session: AsyncSession, scores: dict[int, float], top_k: int, status: Status | None
) -> list[TaskRow]:
    """The best rows in order; asks for more ids only where the status leaves some out."""
    order = sorted(scores, key=lambda task_id: (-scores[task_id], -task_id))
    found: list[TaskRow] = []
    size = top_k if status is None else BATCH
    for start in range(0, len(order), size):
        part = order[start : start + size]
        statement = select(TaskRow).where(TaskRow.id.in_(part))
        if status is not None:
            statement = statement.where(TaskRow.status == status.value)
        by_id = {row.id: row for row in await session.scalars(statement)}
        found += [by_id[task_id] for task_id in part if task_id in by_id]
        if len(found) >= top_k:
            break
    return found[:top_k]


def _outcome(row: TaskRow) -> str:
    parts: list[str] = []
    if row.completed_at is not None:
        parts.append(f"Done {row.completed_at.date()}")
    if row.git_branch:
        parts.append(f"branch {row.git_branch}")
    if row.analysis:
        first = " ".join(row.analysis.split())
        parts.append(first[:SNIPPET] + ("…" if len(first) > SNIPPET else ""))
    return "; ".join(parts) or f"{row.status}, nothing recorded yet"
