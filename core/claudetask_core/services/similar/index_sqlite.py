"""The words of tasks by SQLite's FTS5, which ranks with BM25."""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from claudetask_core.db.engine import WriteSession
from claudetask_core.services.similar.index import WEIGHTS, Candidate, Said, Wanted
from claudetask_core.services.similar.question import Question
from claudetask_core.services.similar.terms import compounds

CREATED = "{title description}"
COLUMNS = ", ".join(WEIGHTS)
VALUES = ", ".join(f":{name}" for name in WEIGHTS)
ENTER = f"INSERT INTO tasks_fts (rowid, {COLUMNS}) VALUES (:id, {VALUES})"  # noqa: S608 — names of ours
BM25 = ", ".join(map(str, WEIGHTS.values()))


class SqliteWords:
    async def enter(self, session: WriteSession, tasks: Mapping[int, Said]) -> None:
        rows = [
            {"id": number}
            | {name: f"{value}\n{compounds(value)}".strip() for name, value in said.items()}
            for number, said in tasks.items()
        ]
        await session.execute(text(ENTER), rows)

    async def forget(self, session: WriteSession, task_id: int) -> None:
        await session.execute(text("DELETE FROM tasks_fts WHERE rowid = :id"), {"id": task_id})

    async def empty(self, session: WriteSession) -> None:
        await session.execute(text("DROP TABLE tasks_fts"))
        how = "tokenize = 'porter unicode61'"
        await session.execute(text(f"CREATE VIRTUAL TABLE tasks_fts USING fts5({COLUMNS}, {how})"))

    async def nearest(
        self, session: AsyncSession, question: Question, wanted: Wanted
    ) -> list[Candidate]:
        match = question.match(CREATED if wanted.created else "")
        if not match:
            return []
        values: dict[str, str | int] = {"match": match, "most": wanted.most}
        narrowed = ""
        if wanted.status is not None:
            narrowed = "AND rowid IN (SELECT id FROM tasks WHERE status = :status)"
            values["status"] = wanted.status.value
        found = await session.execute(
            text(
                "SELECT f.rowid, t.title, t.description, f.analysis, f.notes, f.files FROM ("  # noqa: S608 — text of ours
                f" SELECT rowid AS id, bm25(tasks_fts, {BM25}) AS rank FROM tasks_fts"
                f" WHERE tasks_fts MATCH :match {narrowed} ORDER BY rank LIMIT :most) AS best"
                " JOIN tasks_fts AS f ON f.rowid = best.id JOIN tasks AS t ON t.id = best.id"
                " ORDER BY best.rank"
            ),
            values,
        )
        return [Candidate.of(*row) for row in found]
