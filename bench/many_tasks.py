"""Fills a board with many tasks at once, by plain SQL: titles of 200 characters, long texts."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

from claudetask_core.db import derived

STATUSES = ("Backlog", "Ready", "In Progress", "Testing", "Code Review", "Done", "Analysis")
PRIORITIES = ("High", "Medium", "Low")
TITLE, TEXT = 200, 5120
TEXTS = 50
AT = "2026-01-05 09:00:00.000000"
INSERT = """INSERT INTO tasks (title, description, type, priority, status, last_criterion,
        notes_count, version, created_at, updated_at, completed_at)
    VALUES (?, ?, ?, ?, ?, 2, 0, 1, :at, :at, ?)"""
DEPEND = """INSERT INTO dependencies (task_id, depends_on_id)
    SELECT id, id - 3 FROM tasks WHERE id > ? + 3 AND id % 20 = 0"""
CRITERIA = """INSERT INTO criteria (task_id, id, position, text, checked)
    SELECT id, 1, 0, 'it works', 0 FROM tasks WHERE id > ?"""
SEARCHED = """INSERT INTO tasks_fts (rowid, title, description, analysis, notes, files)
    SELECT id, title, description, '', '', '' FROM tasks WHERE id > ?"""


def fill(file: Path, count: int, *, seed: int = 1) -> None:
    """Adds tasks to the migrated board in a file.

    Args:
        file: The board's database.
        count: How many.
        seed: Of what their texts are made.
    """
    chance = random.Random(seed)  # noqa: S311 — no secret
    words = [f"word{number}" for number in range(2000)]
    texts = [" ".join(chance.choices(words, k=TEXT // 7))[:TEXT].ljust(TEXT) for _ in range(TEXTS)]
    rows = [
        (
            " ".join(chance.choices(words, k=TITLE // 6))[:TITLE],
            texts[number % TEXTS],
            "Bug" if number % 2 else "Feature",
            PRIORITIES[number % len(PRIORITIES)],
            status := STATUSES[number % len(STATUSES)],
            AT if status == "Done" else None,
        )
        for number in range(count)
    ]
    with closing(sqlite3.connect(file, isolation_level=None)) as board:
        board.execute("BEGIN IMMEDIATE")
        (before,) = board.execute("SELECT coalesce(max(id), 0) FROM tasks").fetchone()
        board.executemany(INSERT.replace(":at", f"'{AT}'"), rows)
        for statement in (DEPEND, CRITERIA, SEARCHED):
            board.execute(statement, (before,))
        for statement in derived.TAKE_IN:
            board.execute(statement)
        board.execute("COMMIT")
