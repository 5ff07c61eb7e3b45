"""What a look through a board finds, and its mending."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.core import Core
from claudetask_core.db import copies
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.board import check as board_check
from claudetask_core.services.board.backup import Backups
from claudetask_core.services.tasks.claims import Caller
from tests.core.board.files import spoil

pytestmark = pytest.mark.embedded(reason="copies are of the file")


def test_a_check_names_what_is_wrong_and_what_to_do(
    write: Callable[[str], None], file: Path, backups: Backups
) -> None:
    write("a")
    assert board_check.look(backups).problems == []
    spoil(file)
    found = board_check.look(backups)
    assert found.problems
    assert "look for one elsewhere" in found.advice
    spoil(file)
    file.unlink()
    with contextlib.suppress(DomainError):
        board_check.look(backups)


def test_a_row_that_names_one_that_is_gone_is_found(
    write: Callable[[str], None], file: Path, backups: Backups
) -> None:
    write("a")
    backups.make()
    with contextlib.closing(sqlite3.connect(file)) as board:
        board.execute("INSERT INTO dependencies VALUES (1, 99)")
        board.commit()
    found = board_check.look(backups)
    assert found.problems == ["row 1 of dependencies names a tasks that is gone"]
    assert found.advice.endswith("claudetask-mcp board restore.")
    assert [one.told for one in found.copies] == ["manual, 1 tasks"]


def test_tasks_that_wait_for_each_other_are_told_of_and_are_no_damage(
    write: Callable[[str], None], file: Path, backups: Backups
) -> None:
    for title in "abcdefgh":
        write(title)
    with contextlib.closing(sqlite3.connect(file)) as board:
        board.execute("UPDATE tasks SET parent_id = id - 1 WHERE id IN (2, 4, 6, 8)")
        links = [(2, 1), (4, 3), (6, 5), (8, 7)]
        board.executemany("INSERT INTO dependencies VALUES (?, ?)", links)
        board.commit()
    found = board_check.look(backups)
    assert found.problems == []
    assert found.stuck == [
        *[
            f"these can never be Done: #{n} has the subtask #{n + 1}, #{n + 1} depends on #{n}"
            for n in (1, 3, 5)
        ],
        "1 more circles of such tasks",
    ]


async def test_damaged_indexes_are_told_from_damaged_tasks_and_made_anew(
    core: Core, file: Path, backups: Backups
) -> None:
    made = await core.tasks.create(TaskCreate(title="find the needle"), Caller("me"))
    async with core.database.write() as session:
        from sqlalchemy import text  # noqa: PLC0415 — to damage what the program never does

        await session.execute(text("UPDATE tasks_fts_data SET block = x'00' WHERE id > 10"))
        await session.execute(text("PRAGMA writable_schema = ON"))
    found = await asyncio.to_thread(board_check.look, backups)
    assert found.problems
    assert "--mend" in found.advice
    await board_check.mend(core.database)
    assert (await asyncio.to_thread(board_check.look, backups)).problems == []
    assert [hit.id for hit in (await core.similar.find("needle")).results] == [made.task.id]


async def test_a_board_whose_search_index_is_damaged_is_copied_all_the_same(
    core: Core, backups: Backups
) -> None:
    await core.tasks.create(TaskCreate(title="find the needle"), Caller("me"))
    async with core.database.write() as session:
        from sqlalchemy import text  # noqa: PLC0415 — to damage what the program never does

        await session.execute(text("UPDATE tasks_fts_data SET block = x'00' WHERE id > 10"))
    await asyncio.to_thread(backups.make)
    found = await asyncio.to_thread(board_check.look, backups)
    assert [one.told for one in found.copies] == ["manual, 1 tasks"]
    assert all("search index" in problem for problem in found.problems)


@pytest.mark.parametrize(
    ("said", "problems"),
    [
        ("malformed inverted index for FTS5 table main.tasks_fts", []),
        ('fts5: corruption found reading blob 137438953473 from table "tasks_grams"', []),
        (
            'fts5: checksum mismatch for table "tasks_fts"\nwrong # of entries in index ix_tasks',
            ["wrong # of entries in index ix_tasks"],
        ),
    ],
)
def test_what_newer_versions_of_sqlite_say_of_an_index_of_texts_is_no_damage_of_tasks(
    file: Path, monkeypatch: pytest.MonkeyPatch, said: str, problems: list[str]
) -> None:
    @contextlib.contextmanager
    def newer(*_: object) -> Generator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(":memory:", factory=Newer)) as board:
            board.said = said
            yield board

    monkeypatch.setattr(copies, "opened", newer)
    assert copies.problems(file, "mode=ro") == problems


class Newer(sqlite3.Connection):
    """Answers a check of the file as SQLite does from 3.44 on."""

    said = ""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if "integrity_check" in sql:
            return super().execute("SELECT ?", (self.said,))
        return super().execute(sql, parameters)
