"""The words of tasks as rows of PostgreSQL, ranked with BM25.

PostgreSQL's own ranking does not know that a rare word tells more, and looks into each text that
matches. Here a row of `tasks_words` says of a word and a task how much the task is about it, worked
out when it is written: occurrences by the weight of where they stand, saturated, and less in a long
text. A question is then a sum over the rows of its words, each times how rare its word is.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.engine import WriteSession
from claudetask_core.services.similar.index import WEIGHTS, Candidate, Said, Wanted
from claudetask_core.services.similar.question import Question
from claudetask_core.services.similar.terms import counted_terms

CREATED: Final = ("title", "description")
SATURATION: Final = 1.2
LENGTH: Final = 0.75
USUAL_LENGTH: Final = 40.0
LONGEST: Final = 64
"""No term is longer; what is, is no word that anybody asks for."""
COLUMNS: Final = ("word", "task_id", "whole", "created")
ENTER: Final = """INSERT INTO tasks_words (word, task_id, whole, created)
    SELECT w.word, w.task, w.whole, w.created FROM unnest(CAST(:words AS text[]),
    CAST(:tasks AS bigint[]), CAST(:whole AS real[]), CAST(:created AS real[])
    ) AS w (word, task, whole, created)"""
COPY: Final = "COPY tasks_words"
MANY: Final = 2_000
"""So many rows are copied, which needs a trip more and half of the time."""
AT_ONCE: Final = 40_000
"""Of so many rows a copy takes a second, of the twenty that it may take."""
Row = tuple[str, int, float, float]
NEAREST: Final = """WITH found AS (
        SELECT word, task_id, {weight} AS weight FROM tasks_words
        WHERE word = ANY(CAST(:words AS text[])) AND {weight} > 0
    ), board AS (SELECT greatest(sum(tasks), 1) AS tasks FROM tasks_counted
    ), tells AS (
        SELECT word, greatest(ln((b.tasks - count(*) + 0.5) / (count(*) + 0.5)), 1e-6) AS much
        FROM found, board AS b GROUP BY word, b.tasks
    ), best AS (
        SELECT f.task_id AS id, sum(f.weight * t.much) AS rank FROM found AS f
        JOIN tells AS t ON t.word = f.word {narrowed}
        GROUP BY f.task_id ORDER BY rank DESC, id LIMIT :most
    )
    SELECT t.id, t.title, t.description, coalesce(t.analysis, ''), coalesce((
        SELECT string_agg(n.text, chr(10) ORDER BY n.id) FROM notes AS n WHERE n.task_id = t.id
    ), ''), coalesce((SELECT string_agg(f.path, chr(10) ORDER BY f.position)
        FROM related_files AS f WHERE f.task_id = t.id), '')
    FROM best JOIN tasks AS t ON t.id = best.id ORDER BY best.rank DESC, t.id"""
NARROWED: Final = "JOIN tasks AS s ON s.id = f.task_id AND s.status = CAST(:status AS text)"


class PostgresqlWords:
    async def enter(self, session: WriteSession, tasks: Mapping[int, Said]) -> None:
        rows: list[Row] = []
        for number, said in tasks.items():
            rows += [(word, number, *much) for word, much in _weighed(said).items()]
            if len(rows) >= AT_ONCE:
                await _entered(session, rows)
                rows = []
        await _entered(session, rows)

    async def forget(self, session: WriteSession, task_id: int) -> None:
        await session.execute(text("DELETE FROM tasks_words WHERE task_id = :id"), {"id": task_id})

    async def empty(self, session: WriteSession) -> None:
        await session.execute(text("DELETE FROM tasks_words"))

    async def nearest(
        self, session: AsyncSession, question: Question, wanted: Wanted
    ) -> list[Candidate]:
        words = [term for term, _ in question.asked()]
        values: dict[str, Any] = {"words": words, "most": wanted.most}
        narrowed = ""
        if wanted.status is not None:
            narrowed = NARROWED
            values["status"] = wanted.status.value
        weight = "created" if wanted.created else "whole"
        found = await session.execute(
            text(NEAREST.format(weight=weight, narrowed=narrowed)), values
        )
        return [Candidate.of(*row) for row in found]


async def _entered(session: WriteSession, rows: list[Row]) -> None:
    if len(rows) >= MANY:
        await _copied(session, rows)
    elif rows:
        words, tasks, whole, created = map(list, zip(*rows, strict=True))
        values = {"words": words, "tasks": tasks, "whole": whole, "created": created}
        await session.execute(text(ENTER), values)


async def _copied(session: WriteSession, rows: list[Row]) -> None:
    """The same by the driver, in the order of the index."""
    import asyncpg  # noqa: PLC0415 — an extra that only boards in a server need

    connection = await (await session.connection()).get_raw_connection()
    driver: Any = connection.driver_connection
    try:
        await driver.copy_records_to_table("tasks_words", records=sorted(rows), columns=COLUMNS)
    except asyncpg.PostgresError as error:
        raise DBAPIError(COPY, None, error) from error


def _weighed(said: Said) -> dict[str, tuple[float, float]]:
    """How much a task is about each of its words, by all its texts and by those it began with."""
    whole: defaultdict[str, float] = defaultdict(float)
    created: Counter[str] = Counter()
    length = 0
    for name, value in said.items():
        counted = counted_terms(value)
        length += counted.total()
        for term, times in counted.items():
            if len(term) <= LONGEST:
                whole[term] += WEIGHTS[name] * times
                created[term] += int(WEIGHTS[name] * times) if name in CREATED else 0
    norm = SATURATION * (1 - LENGTH + LENGTH * length / USUAL_LENGTH)

    def saturated(weight: float) -> float:
        return weight * (SATURATION + 1) / (weight + norm)

    return {term: (saturated(much), saturated(created[term])) for term, much in whole.items()}
