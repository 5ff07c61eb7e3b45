"""What a board's file keeps that is made of its tasks: the index of parts of texts, and counts.

Triggers (migrations 0005, 0007 and 0008) note in `tasks_grams_due` what the index does not know
yet, keep the counts, and note in `tasks_changed` which tasks changed last.
"""

import sqlite3
from contextlib import closing
from typing import Final

from claudetask_core.errors import Unavailable

LEAST_SQLITE: Final = (3, 34)
"""The first with trigrams."""
MAKES_JSON: Final = "json_group_array"

_TABLE: Final = (
    "CREATE VIRTUAL TABLE tasks_grams USING fts5(said, content = 'tasks_said', "
    "content_rowid = 'id', columnsize = 0, tokenize = 'trigram case_sensitive 1')"
)
_FORGET: Final = (
    "INSERT INTO tasks_grams (tasks_grams, rowid, said) "
    "SELECT 'delete', id, said FROM tasks_grams_due WHERE said IS NOT NULL"
)
_ENTER: Final = (
    "INSERT INTO tasks_grams (rowid, said) "
    "SELECT s.id, s.said FROM tasks_grams_due AS d JOIN tasks_said AS s ON s.id = d.id"
)
_COUNTS: Final = "SELECT status, type, priority, count(*) FROM tasks GROUP BY 1, 2, 3"

COUNT_ANEW: Final = (
    "DELETE FROM tasks_counted",
    f"INSERT INTO tasks_counted {_COUNTS}",
)
"""Counts again."""
ANEW_IN_SERVER: Final = (
    *COUNT_ANEW,
    "UPDATE tasks_changed_since SET mark = gen_random_uuid()",
)
"""What a board in a server keeps of these, again."""
TAKE_IN: Final = (_FORGET, _ENTER, "DELETE FROM tasks_grams_due")
"""Has the index know all that was written."""
ANEW: Final = (
    "DROP TABLE tasks_grams",
    _TABLE,
    "INSERT INTO tasks_grams (tasks_grams) VALUES ('rebuild')",
    "DELETE FROM tasks_grams_due",
    *COUNT_ANEW,
    "DELETE FROM tasks_changed",
    "INSERT INTO tasks_changed (mark, task) VALUES (random(), 0)",
)
"""Makes all of it again, and what anyone found by it before counts for nothing."""
CHECK: Final = (
    *TAKE_IN,
    "INSERT INTO tasks_grams (tasks_grams, rank) VALUES ('integrity-check', 1)",
)
"""Fails where the index does not say what the tasks do."""
MISCOUNTED: Final = (
    f"SELECT count(*) FROM (SELECT * FROM ({_COUNTS}) EXCEPT SELECT * FROM tasks_counted UNION ALL "  # noqa: S608 — text of ours
    f"SELECT * FROM (SELECT * FROM tasks_counted WHERE tasks <> 0 EXCEPT {_COUNTS}))"
)
"""How many counts are not those of the tasks."""


class SqliteTooOld(Unavailable):
    code = "sqlite_too_old"

    def __init__(self) -> None:
        least = ".".join(map(str, LEAST_SQLITE))
        super().__init__(
            f"This Python has SQLite {sqlite3.sqlite_version}; the board needs {least} or newer, "
            "with JSON.",
            next_step="Start claudetask-mcp with another Python, such as one of uv or python.org.",
        )


def require_sqlite() -> None:
    """Refuses a library that cannot keep the index.

    Raises:
        SqliteTooOld: It is older than that, or was built without JSON.
    """
    if sqlite3.sqlite_version_info < LEAST_SQLITE or not _knows_json():
        raise SqliteTooOld


def _knows_json() -> bool:
    """Whether it can make JSON of rows, as those who built it could leave out before 3.38."""
    with closing(sqlite3.connect(":memory:")) as any_board:
        names = any_board.execute(
            "SELECT 1 FROM pragma_function_list WHERE name = ?", (MAKES_JSON,)
        )
        return names.fetchone() is not None
