"""Tasks by their text, where the board is in a server."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.engine import make_url

from claudetask_core.db import trigrams
from claudetask_core.db.engine import Database
from claudetask_core.db.migrate import bring_to_head
from claudetask_core.db.models import TaskRow
from claudetask_core.errors import DomainError
from claudetask_core.services.similar import index_postgresql as similar_index_postgresql
from claudetask_core.services.similar.compare import Said
from claudetask_core.services.similar.index import Wanted
from claudetask_core.services.similar.index_postgresql import PostgresqlWords
from claudetask_core.services.similar.indexes import text_index
from claudetask_core.services.similar.question import Question
from claudetask_core.services.similar.rarity import Rarity
from tests.postgresql_server import Server

NOW = datetime(2026, 1, 5, tzinfo=UTC)
TASKS = 3_000


@pytest.fixture
async def board(database_url: str) -> AsyncGenerator[Database]:
    database = Database(database_url)
    async with database.write() as session:
        await session.execute(insert(TaskRow), [row(number) for number in range(TASKS)])
    yield database
    await database.close()


def row(number: int) -> dict[str, Any]:
    title = f"door {number} of the {'red' if number % 100 else 'green'} house"
    return {
        "title": title,
        "description": "",
        "type": "Bug",
        "priority": "Low",
        "status": "Ready",
        "last_criterion": 0,
        "notes_count": 0,
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }


async def test_a_part_of_a_text_is_found_by_the_index(board: Database) -> None:
    async with board.write() as session:
        await session.execute(text("ANALYZE tasks"))
    async with board.read() as session:
        holding = await text_index(session).holding(session, "2345 OF")
        asked = select(TaskRow.id).where(holding.holds)
        assert await text_index(session).counted(session, asked) == (1, [2346])
        await session.execute(text("SET LOCAL enable_seqscan = off"))  # as on a larger board
        sql = asked.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = await session.scalars(text(f"EXPLAIN {sql}"))
        assert "tasks_grams" in "\n".join(plan)
        holding = await text_index(session).holding(session, "OOR")
        count, few = await text_index(session).counted(
            session, select(TaskRow.id).where(holding.holds)
        )
        assert (count, few) == (TASKS, ())


async def test_for_a_text_without_a_trigram_each_task_is_looked_at(board: Database) -> None:
    """By the index that would be all of it first, and then each task."""
    plans: list[str] = []
    async with board.read() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        for asked in ("or", "45 o"):
            holding = await text_index(session).holding(session, asked)
            found = select(TaskRow.id).where(holding.holds)
            count, _ = await text_index(session).counted(session, found)
            assert count == (TASKS if asked == "or" else 30)
            sql = found.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
            plans.append("\n".join(await session.scalars(text(f"EXPLAIN {sql}"))))
    assert not any("tasks_grams" in plan for plan in plans)


async def test_counts_made_anew_are_those_of_the_tasks(board: Database) -> None:
    counted = text("SELECT status, type, priority, tasks FROM tasks_counted WHERE tasks > 0")
    async with board.write() as session:
        await session.execute(text("UPDATE tasks SET priority = 'High' WHERE id <= 10"))
        await session.execute(text("DELETE FROM tasks WHERE id > 2990"))
        kept = sorted(map(tuple, await session.execute(counted)))
        await session.execute(text("UPDATE tasks_counted SET tasks = 1"))
        await text_index(session).make_anew(session)
        anew = sorted(map(tuple, await session.execute(counted)))
    assert kept == anew == [("Ready", "Bug", "High", 10), ("Ready", "Bug", "Low", 2980)]


async def test_a_rare_word_tells_more_and_the_title_more_than_notes(board: Database) -> None:
    words = PostgresqlWords()
    texts = dict.fromkeys(("title", "description", "analysis", "notes", "files"), "")
    said = {
        1: {"title": "green house"},
        2: {"title": "red house"},
        3: {"title": "other", "notes": "green"},
        **{number: {"title": "red house"} for number in range(4, 40)},
    }
    async with board.write() as session:
        await words.enter(session, {number: texts | some for number, some in said.items()})
        await words.enter(session, {100: texts | {"title": "x" * 5_000}})
    question = Question(Said.of("green house", ""), Rarity.of(()), TASKS)
    async with board.read() as session:
        found = await words.nearest(session, question, Wanted(3))
        assert [task.id for task in found][:2] == [1, 3]
        created = await words.nearest(session, question, Wanted(40, created=True))
        assert 3 not in [task.id for task in created]
    async with board.write() as session:
        await words.forget(session, 1)
        assert 1 not in [t.id for t in await words.nearest(session, question, Wanted(40))]
        await words.empty(session)
        assert await words.nearest(session, question, Wanted(3)) == []


WORDS = text("SELECT word, task_id, whole, created FROM tasks_words ORDER BY 1, 2")


async def test_words_of_many_tasks_are_entered_as_those_of_each(
    board: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = dict.fromkeys(("title", "description", "analysis", "notes", "files"), "")
    said = {n: texts | {"title": f"green {n}", "notes": f"\u2028\\ house\t{n}"} for n in range(9)}
    found: list[list[Any]] = []
    for many, at_once in ((1, 1), (1, 7), (1, 10_000), (10_000, 7), (10_000, 10_000)):
        monkeypatch.setattr(similar_index_postgresql, "MANY", many)
        monkeypatch.setattr(similar_index_postgresql, "AT_ONCE", at_once)
        async with board.rehearse() as session:
            await PostgresqlWords().empty(session)
            await PostgresqlWords().enter(session, said)
            found.append([tuple(row) for row in await session.execute(WORDS)])
    assert len(found[0]) == 2 * len(said)
    assert all(one == found[0] for one in found)


async def test_what_the_server_says_to_a_copy_is_told_as_to_any_write(
    board: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similar_index_postgresql, "MANY", 1)

    async def written() -> None:
        async with board.write() as session:
            await session.execute(text("SET TRANSACTION READ ONLY"))
            await PostgresqlWords().enter(session, {1: {"title": "green house"}})

    with pytest.raises(DomainError) as refusal:
        await written()
    assert refusal.value.code == "board_unwritable"


@pytest.mark.parametrize(
    ("how", "left"),
    [
        ("DELETE FROM tasks WHERE id = 1", {2}),
        ("UPDATE tasks SET id = 1000000 WHERE id = 1", {2, 1_000_000}),
        ("TRUNCATE tasks CASCADE", set[int]()),
    ],
)
async def test_words_go_with_their_task_whoever_writes(
    board: Database, how: str, left: set[int]
) -> None:
    async with board.write() as session:
        await PostgresqlWords().empty(session)
        await PostgresqlWords().enter(session, {n: {"title": "green house"} for n in (1, 2)})
        await session.execute(text(how))
        assert {task for _, task, *_ in await session.execute(WORDS)} == left


async def test_one_who_may_not_add_the_extension_is_told_who_may(
    postgresql: Server, tmp_path: Path
) -> None:
    postgresql.create("guarded", "template0")

    async def guest(connection: Any) -> None:
        await connection.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
        await connection.execute("REVOKE CREATE ON DATABASE guarded FROM PUBLIC, guest")
        await connection.execute("GRANT ALL ON SCHEMA public TO guest")

    async def add(connection: Any) -> None:
        await connection.execute("CREATE EXTENSION pg_trgm")

    async def away(connection: Any) -> None:
        await connection.execute("DROP OWNED BY guest")
        await connection.execute("DROP ROLE guest")

    await asyncio.to_thread(postgresql.admin, guest, "guarded")
    url = make_url(postgresql.url("guarded")).set(username="guest", password="guest")
    database = Database(url.render_as_string(hide_password=False))
    with pytest.raises(DomainError) as refusal:
        await bring_to_head(database, tmp_path / "lock")
    assert refusal.value.code == "trigrams_missing"
    assert "CREATE EXTENSION pg_trgm" in refusal.value.next_step
    await asyncio.to_thread(postgresql.admin, add, "guarded")
    await bring_to_head(database, tmp_path / "lock")
    await database.close()
    await asyncio.to_thread(postgresql.admin, away, "guarded")
    await asyncio.to_thread(postgresql.drop, "guarded")


def test_a_server_without_the_extension_is_told_what_to_install() -> None:
    class Bare:
        def scalar(self, _: object) -> None:
            return None

    with pytest.raises(DomainError) as refusal:
        trigrams.require_trigrams(cast("Connection", Bare()))
    assert "contrib" in refusal.value.next_step
