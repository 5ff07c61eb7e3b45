"""Which tasks changed last, and an index of their types"""

from typing import Final

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CHANGED: Final = "INSERT INTO tasks_changed (mark, task) VALUES (random(), {});"
LOOKED_AT: Final = "title, description, status, type, priority"
SAID: Final = "lower(old.title) || char(1, 1) || lower(old.description) || char(1, 1)"
DUE: Final = (
    f"INSERT INTO tasks_grams_due VALUES (old.id, {SAID}) ON CONFLICT DO NOTHING; "  # noqa: S608 — text of ours
    "INSERT INTO tasks_grams_due VALUES (new.id, NULL) ON CONFLICT DO NOTHING;"
)
OLD: Final = CHANGED.format("old.id")
NEW: Final = CHANGED.format("new.id")
TABLE: Final = (
    "CREATE TABLE tasks_changed (seq INTEGER PRIMARY KEY, mark INTEGER NOT NULL, "
    "task INTEGER NOT NULL)"
)
ONLY_THE_LAST: Final = (
    "CREATE TRIGGER tasks_changed_last AFTER INSERT ON tasks_changed WHEN new.seq % 256 = 0 "
    "BEGIN DELETE FROM tasks_changed WHERE seq <= new.seq - 1024; END"
)
SQLITE: Final = (
    TABLE,
    "INSERT INTO tasks_changed (mark, task) VALUES (random(), 0)",
    ONLY_THE_LAST,
    f"CREATE TRIGGER tasks_changed_in AFTER INSERT ON tasks BEGIN {NEW} END",
    f"CREATE TRIGGER tasks_changed_out AFTER DELETE ON tasks BEGIN {OLD} END",
    f"CREATE TRIGGER tasks_changed_anew AFTER UPDATE OF {LOOKED_AT} ON tasks BEGIN {NEW} END",
    f"CREATE TRIGGER tasks_changed_number AFTER UPDATE OF id ON tasks BEGIN {OLD} {NEW} {DUE} END",
)
SQLITE_BACK: Final = (
    *(f"DROP TRIGGER tasks_changed_{name}" for name in ("number", "anew", "out", "in")),
    "DROP TABLE tasks_changed",
)


def upgrade() -> None:
    """Lets what was found once be brought up to date rather than be found again.

    A row's place in the table says what came after it, and its mark that it is that very row: not
    one of a board that was put in the place of this one. A board in a server finds things anew.
    """
    op.create_index("ix_tasks_type_id", "tasks", ["type", "id"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE_BACK:
            op.execute(statement)
    op.drop_index("ix_tasks_type_id", "tasks")
