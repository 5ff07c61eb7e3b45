import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Connection

from claudetask_core.db import migrate
from claudetask_core.db.engine import Database
from claudetask_core.db.models import Base
from claudetask_core.db.revision import HEAD
from claudetask_core.db.sqlite import sqlite_url, without_foreign_keys
from claudetask_core.errors import DomainError

PROGRAM = """
import asyncio, sys
from pathlib import Path
from claudetask_core.db.engine import Database
from claudetask_core.db.sqlite import sqlite_url
from claudetask_core.db.migrate import bring_to_head

async def main(folder):
    database = Database(sqlite_url(folder / "claudetask.db"))
    await bring_to_head(database, folder / "migrate.lock")
    await database.close()

asyncio.run(main(Path(sys.argv[1])))
print("alembic" in sys.modules)
"""


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )


def test_processes_that_start_at_once_migrate_exactly_once(tmp_path: Path) -> None:
    folder = tmp_path / "ein Ordner %20 mit ä"
    folder.mkdir()
    children = [start(folder) for _ in range(5)]
    results = [(child.communicate(timeout=60), child.returncode) for child in children]
    assert all(code == 0 for _, code in results), [err for (_, err), _ in results]
    assert sorted(out.strip() for (out, _), _ in results) == ["False"] * 4 + ["True"]
    with sqlite3.connect(folder / "claudetask.db") as board:
        assert board.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    board.close()


def test_at_head_alembic_is_not_imported(tmp_path: Path, migrated_board: Path) -> None:
    (tmp_path / "claudetask.db").write_bytes(migrated_board.read_bytes())
    child = start(tmp_path)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out.strip()) == (0, "False"), err


def test_the_head_the_program_knows_is_the_last_migration() -> None:
    folder = Path(migrate.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [HEAD]


async def test_the_migrations_make_exactly_the_models(migrated_board: Path) -> None:
    database = Database(sqlite_url(migrated_board))

    def ours(name: str | None, _kind: str, _parents: object) -> bool:
        return not str(name).startswith("tasks_")  # what is made of the tasks

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"include_name": ours})
        return list(compare_metadata(context, Base.metadata))

    async with database.engine.connect() as connection:
        found = await connection.run_sync(differences)
    await database.close()
    assert found == []


async def test_a_board_of_a_newer_program_is_refused_and_left_alone(
    tmp_path: Path, migrated_board: Path
) -> None:
    board = tmp_path / "claudetask.db"
    board.write_bytes(migrated_board.read_bytes())
    with sqlite3.connect(board) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    database = Database(sqlite_url(board))
    with pytest.raises(DomainError) as refusal:
        await migrate.bring_to_head(database, tmp_path / "migrate.lock")
    await database.close()
    assert refusal.value.code == "board_too_new"
    with sqlite3.connect(board) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)
    connection.close()


async def test_waiting_for_another_migration_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.05)
    database = Database(sqlite_url(tmp_path / "claudetask.db"))
    with FileLock(tmp_path / "migrate.lock"), pytest.raises(DomainError) as refusal:
        await asyncio.wait_for(migrate.bring_to_head(database, tmp_path / "migrate.lock"), 10)
    await database.close()
    assert refusal.value.code == "migration_busy"


async def test_the_migrations_can_be_undone(tmp_path: Path) -> None:
    from alembic import command  # noqa: PLC0415 — the one test that goes down
    from alembic.config import Config  # noqa: PLC0415 — as above

    database = Database(sqlite_url(tmp_path / "claudetask.db"))
    await migrate.bring_to_head(database, tmp_path / "migrate.lock")

    def down(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", "claudetask_core:db/migrations")
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    engine = database.engine
    async with engine.connect() as connection, without_foreign_keys(connection):
        await connection.run_sync(down)
        await connection.commit()
    await database.close()
    with sqlite3.connect(tmp_path / "claudetask.db") as board:
        tables = {name for (name,) in board.execute("SELECT name FROM sqlite_master")}
    board.close()
    assert not tables & {table.name for table in Base.metadata.sorted_tables}


OLD_TASK = """INSERT INTO tasks (id, title, description, type, priority, status, last_criterion,
    notes_count, version, created_at, updated_at, parent_id)
    VALUES (?, 'a', '', 'Bug', 'High', 'Code Review', 0, 1, 3, '2026-01-01', '2026-01-01', ?)"""


async def test_a_board_of_the_first_schema_keeps_everything(tmp_path: Path) -> None:
    """Making a table anew deletes what hangs on it, where foreign keys are on."""
    from alembic import command  # noqa: PLC0415 — the one test that stops half way
    from alembic.config import Config  # noqa: PLC0415 — as above

    database = Database(sqlite_url(tmp_path / "claudetask.db"))

    def up_to_the_first(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", "claudetask_core:db/migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")

    async with database.engine.connect() as connection:
        await connection.run_sync(up_to_the_first)
        for values in ((1, None), (2, 1), (7, None)):
            await connection.exec_driver_sql(OLD_TASK, values)
        await connection.exec_driver_sql("DELETE FROM tasks WHERE id = 7")
        await connection.exec_driver_sql(
            "INSERT INTO notes (task_id, text, author, created_at)"
            " VALUES (1, 'n', 'a', '2026-01-01')"
        )
        await connection.exec_driver_sql("INSERT INTO dependencies VALUES (2, 1)")
        await connection.exec_driver_sql("INSERT INTO callers VALUES ('me', 4, '2026-01-01')")
        await connection.commit()
    await migrate.bring_to_head(database, tmp_path / "migrate.lock")
    await database.close()
    with sqlite3.connect(tmp_path / "claudetask.db") as board:
        board.execute("PRAGMA foreign_keys = ON")
        assert board.execute("SELECT id, status, parent_id FROM tasks").fetchall() == [
            (1, "Code Review", None),
            (2, "Code Review", 1),
        ]
        assert board.execute("SELECT count(*) FROM notes").fetchone() == (1,)
        assert board.execute("SELECT count(*) FROM dependencies").fetchone() == (1,)
        assert board.execute("SELECT last_history FROM callers").fetchone() == (0,)
        made = board.execute(OLD_TASK, (None, None)).lastrowid
        assert made == 8
        with pytest.raises(sqlite3.IntegrityError):
            board.execute("UPDATE tasks SET status = 'Elsewhere'")
        assert board.execute("PRAGMA foreign_key_check").fetchall() == []
    board.close()
