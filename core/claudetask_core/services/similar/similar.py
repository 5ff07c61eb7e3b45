"""Tasks like a question or like each other, over title, description, analysis, notes and files.

An index in the database (`index`) finds who shares words, or words that may stand for them:
there is nothing to load and nothing to keep in step. `compare` then looks at the best of
these.
A question's score is the share of what it says that the task says too, weighed by how much each
word tells: 1.0 is all of it. A duplicate's score is how likely it is the same work.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from claudetask_core.db.engine import Database, WriteSession
from claudetask_core.db.models import NoteRow, TaskRow
from claudetask_core.schemas.task import SimilarTask, SimilarTasks, Status
from claudetask_core.services.similar import model as similar_model
from claudetask_core.services.similar.compare import Comparison, Said
from claudetask_core.services.similar.index import Candidate, Wanted
from claudetask_core.services.similar.indexes import text_index, word_index
from claudetask_core.services.similar.outcome import CameOf, outcomes, touched_by
from claudetask_core.services.similar.question import Question
from claudetask_core.services.similar.rarity import SAMPLE, Rarity
from claudetask_core.services.similar.terms import MOST_CHARACTERS, lexicon

BATCH: Final = 500
NEWEST: Final = select(func.max(TaskRow.id))
CANDIDATES: Final = 32
LIKELY_ONES: Final = 16
DUPLICATES: Final = 3
TITLE_WEIGHT: Final = 0.3
FEW: Final = 20
GROWTH: Final = 1.2
SHARED: Final = 6
LONG: Final = 400

FilesOf = Callable[[str], Awaitable[list[str]]]


@dataclass(frozen=True)
class _Described:
    """Tasks as they are shown, and what came of each."""

    tasks: list[SimilarTask]
    came: dict[int, CameOf]


async def index(session: WriteSession, row: TaskRow) -> None:
    """Makes the task findable as it now stands, in the same transaction."""
    if row.version > 1:
        await word_index(session).forget(session, row.id)
    await _enter(session, [row])
    await text_index(session).keep_up(session)


async def _enter(session: WriteSession, rows: Sequence[TaskRow]) -> None:
    notes = await _notes(session, [row.id for row in rows if row.notes_count])
    said = {
        row.id: {
            "title": row.title,
            "description": row.description,
            "analysis": row.analysis or "",
            "notes": "\n".join(notes[row.id]),
            "files": "\n".join(file.path for file in row.files),
        }
        for row in rows
    }
    await word_index(session).enter(session, said)


async def _notes(session: WriteSession, noted: Sequence[int]) -> Mapping[int, list[str]]:
    """What was noted on each of these tasks, the first note first."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    if noted:
        asked = select(NoteRow.task_id, NoteRow.text).where(NoteRow.task_id.in_(noted))
        for task_id, said in await session.execute(asked.order_by(NoteRow.id)):
            found[task_id].append(said)
    return found


async def forget(session: WriteSession, task_id: int) -> None:
    """Makes a task that is being deleted findable no more."""
    await word_index(session).forget(session, task_id)
    await text_index(session).keep_up(session)


async def index_anew(session: WriteSession) -> None:
    """Makes the search indexes again from the tasks, also where they are damaged."""
    await word_index(session).empty(session)
    last = 0
    while rows := (await session.scalars(_some_after(last))).all():
        await _enter(session, rows)
        last = rows[-1].id
        session.expunge_all()
    await text_index(session).make_anew(session)


def _some_after(last: int) -> Select[TaskRow]:
    some = select(TaskRow).where(TaskRow.id > last).order_by(TaskRow.id).limit(BATCH)
    return some.options(selectinload(TaskRow.files))


class SimilarService:
    """Finds tasks by what they say.

    Args:
        database: The board's.
        files_of: The files that a branch's commits touched; None where nobody can say.
    """

    def __init__(self, database: Database, files_of: FilesOf | None = None) -> None:
        self._database = database
        self._files_of = files_of
        self._rarity = Rarity.of(())
        self._newest = -FEW

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
            question = await self._question(session, query, "")
            most = max(CANDIDATES, 2 * top_k)
            wanted = Wanted(most, status=status)
            likely = await word_index(session).nearest(session, question, wanted)
            compared, scores = await asyncio.to_thread(self._scored, question, likely)
            best = sorted(range(len(likely)), key=lambda n: (-scores[n], -likely[n].id))
            chosen = [place for place in best if scores[place] > 0][:top_k]
            found = await _described(session, compared, likely, {n: scores[n] for n in chosen})
        touched = await touched_by(found.came, self._files_of) if self._files_of else {}
        results = [
            task.model_copy(update={"outcome": found.came[task.id].told(touched[task.id])})
            if task.id in touched
            else task
            for task in found.tasks
        ]
        return SimilarTasks(query=query, results=results)

    async def duplicates(
        self, session: AsyncSession, title: str, description: str
    ) -> list[SimilarTask]:
        """Up to three tasks that are likely the work that is about to be put on the board."""
        likely, compared = await self.compared(session, title, description)
        alike = [_plain(task.title) == _plain(title) for task in likely]
        chances = np.maximum(similar_model.chances(compared.features()), alike)
        best = sorted(range(len(likely)), key=lambda place: (-chances[place], -likely[place].id))
        least = similar_model.LIKELY if description.strip() else similar_model.LIKELY_BY_TITLE
        chosen = [place for place in best if chances[place] >= least][:DUPLICATES]
        named = {n: float(chances[n]) for n in chosen}
        return (await _described(session, compared, likely, named)).tasks

    async def compared(
        self, session: AsyncSession, title: str, description: str
    ) -> tuple[list[Candidate], Comparison]:
        """The tasks that a new one may repeat, and how it compares with them."""
        question = await self._question(session, title, description)
        wanted = Wanted(LIKELY_ONES, created=True)
        likely = await word_index(session).nearest(session, question, wanted)
        return likely, self._compare(question, likely, whole=False)

    async def _question(self, session: AsyncSession, title: str, rest: str) -> Question:
        """The question; what is rare on the board is looked at again when the board has grown."""
        newest = await session.scalar(NEWEST) or 0
        if newest >= self._newest * GROWTH + FEW or newest < self._newest:
            rows = await session.execute(
                select(TaskRow.title, TaskRow.description).order_by(TaskRow.id.desc()).limit(SAMPLE)
            )
            self._rarity = Rarity.of(f"{title}\n{said[:MOST_CHARACTERS]}" for title, said in rows)
            self._newest = newest
        return Question(Said.of(title, rest), self._rarity, newest)

    def _scored(
        self, question: Question, likely: Sequence[Candidate]
    ) -> tuple[Comparison, list[float]]:
        """How each compares; with long texts it takes a quarter of a second."""
        compared = self._compare(question, likely, whole=True)
        return compared, [_score(compared, place) for place in range(len(likely))]

    def _compare(
        self, question: Question, tasks: Sequence[Candidate], *, whole: bool
    ) -> Comparison:
        if whole:
            others = [
                Said.of(task.title, f"{task.description}\n{task.rest}", LONG) for task in tasks
            ]
        else:
            others = [Said.of(task.title, task.description) for task in tasks]
        return Comparison(question.said, others, self._rarity)


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())


def _score(compared: Comparison, place: int) -> float:
    share, title = compared.share(place), compared.share_by_title(place)
    return (1 - TITLE_WEIGHT) * share + TITLE_WEIGHT * title


async def _described(
    session: AsyncSession,
    compared: Comparison,
    tasks: Sequence[Candidate],
    scores: dict[int, float],
) -> _Described:
    """The tasks at the places of `scores`, in that order, with what came of them."""
    if not scores:
        return _Described([], {})
    ids = [tasks[place].id for place in scores]
    rows = {
        row.id: row for row in await session.scalars(select(TaskRow).where(TaskRow.id.in_(ids)))
    }
    came = await outcomes(session, rows.values())
    described = [
        SimilarTask(
            id=task.id,
            title=task.title,
            status=Status(rows[task.id].status),
            score=round(score, 4),
            why=_why(compared, place),
            outcome=came[task.id].told(),
        )
        for place, score in scores.items()
        if (task := tasks[place]).id in rows
    ]
    return _Described(described, {task.id: came[task.id] for task in described})


def _why(compared: Comparison, place: int) -> str:
    """The words they share, and where they use different ones for the same, both."""
    plain = lexicon().plain
    shared = compared.telling(place)
    telling = [pair for pair in shared if pair.term not in plain] or shared
    said: Iterable[str] = (
        f"{pair.here} ({pair.there})" if pair.there else pair.here for pair in telling[:SHARED]
    )
    return "shares " + ", ".join(dict.fromkeys(said))
