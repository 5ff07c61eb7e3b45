"""Tasks by any part of their text, in each order, and counted"""

from typing import Final

from alembic import op

from claudetask_core.db.trigrams import require_trigrams

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ORDERS: Final = ("status", "priority", "created_at", "updated_at")
SAID: Final = "lower({0}title) || char(1, 1) || lower({0}description) || char(1, 1)"
DUE: Final = "INSERT INTO tasks_grams_due VALUES (new.id, NULL) ON CONFLICT DO NOTHING;"
STALE: Final = (
    f"INSERT INTO tasks_grams_due VALUES (old.id, {SAID.format('old.')}) ON CONFLICT DO NOTHING;"  # noqa: S608 — text of ours
)
MORE: Final = (
    "INSERT INTO tasks_counted VALUES (new.status, new.type, new.priority, 1) "
    "ON CONFLICT DO UPDATE SET tasks = tasks + 1;"
)
FEWER: Final = (
    "UPDATE tasks_counted SET tasks = tasks - 1 "
    "WHERE status = old.status AND type = old.type AND priority = old.priority;"
)
GRAMS: Final = (
    "CREATE VIRTUAL TABLE tasks_grams USING fts5(said, content = 'tasks_said', "
    "content_rowid = 'id', columnsize = 0, tokenize = 'trigram case_sensitive 1')"
)
COUNTED: Final = (
    "CREATE TABLE tasks_counted (status TEXT NOT NULL, type TEXT NOT NULL, "
    "priority TEXT NOT NULL, tasks INTEGER NOT NULL, PRIMARY KEY (status, type, priority))"
)
TEXTS: Final = "AFTER UPDATE OF title, description ON tasks"
GROUPS: Final = "AFTER UPDATE OF status, type, priority ON tasks"
SQLITE: Final = (
    "CREATE INDEX tasks_by_title ON tasks (title COLLATE NOCASE, id)",
    f"CREATE VIEW tasks_said AS SELECT id, {SAID.format('')} AS said FROM tasks",  # noqa: S608 — text of ours
    GRAMS,
    "CREATE VIRTUAL TABLE tasks_grams_terms USING fts5vocab('tasks_grams', 'instance')",
    "INSERT INTO tasks_grams (tasks_grams) VALUES ('rebuild')",
    "CREATE TABLE tasks_grams_due (id INTEGER PRIMARY KEY, said TEXT)",
    f"CREATE TRIGGER tasks_grams_in AFTER INSERT ON tasks BEGIN {DUE} END",
    f"CREATE TRIGGER tasks_grams_out AFTER DELETE ON tasks BEGIN {STALE} END",
    f"CREATE TRIGGER tasks_grams_anew {TEXTS} BEGIN {STALE} END",
    COUNTED,
    "INSERT INTO tasks_counted SELECT status, type, priority, count(*) FROM tasks GROUP BY 1, 2, 3",
    f"CREATE TRIGGER tasks_counted_in AFTER INSERT ON tasks BEGIN {MORE} END",
    f"CREATE TRIGGER tasks_counted_out AFTER DELETE ON tasks BEGIN {FEWER} END",
    f"CREATE TRIGGER tasks_counted_anew {GROUPS} BEGIN {FEWER} {MORE} END",
)
FUNCTION: Final = "CREATE FUNCTION tasks_counted() RETURNS trigger LANGUAGE plpgsql AS"
COUNT_MORE: Final = (
    "INSERT INTO tasks_counted VALUES (new.status, new.type, new.priority, 1) "
    "ON CONFLICT (status, type, priority) DO UPDATE SET tasks = tasks_counted.tasks + 1;"
)
COUNT: Final = (
    f"BEGIN IF TG_OP <> 'INSERT' THEN {FEWER} END IF; "
    f"IF TG_OP <> 'DELETE' THEN {COUNT_MORE} END IF; RETURN NULL; END"
)
ON_TASKS: Final = "AFTER INSERT OR DELETE OR UPDATE OF status, type, priority ON tasks"
TRIGRAMS: Final = "lower(title) gin_trgm_ops, lower(description) gin_trgm_ops"
WORDS: Final = (
    'CREATE TABLE tasks_words (word TEXT COLLATE "C" NOT NULL, task_id BIGINT NOT NULL '
    "REFERENCES tasks (id) ON DELETE CASCADE, whole REAL NOT NULL, created REAL NOT NULL, "
    "PRIMARY KEY (word, task_id) INCLUDE (whole, created))"
)
POSTGRESQL: Final = (
    "CREATE INDEX tasks_by_title ON tasks (lower(title), id)",
    f"CREATE INDEX tasks_grams ON tasks USING gin ({TRIGRAMS})",
    COUNTED,
    "INSERT INTO tasks_counted SELECT status, type, priority, count(*) FROM tasks GROUP BY 1, 2, 3",
    f"{FUNCTION} $$ {COUNT} $$",
    f"CREATE TRIGGER tasks_counted {ON_TASKS} FOR EACH ROW EXECUTE FUNCTION tasks_counted()",
    WORDS,
    "CREATE INDEX tasks_words_task_id ON tasks_words (task_id)",
)
POSTGRESQL_BACK: Final = (
    "DROP TABLE tasks_words",
    "DROP TRIGGER tasks_counted ON tasks",
    "DROP FUNCTION tasks_counted",
    "DROP TABLE tasks_counted",
    "DROP INDEX tasks_grams",
    "DROP INDEX tasks_by_title",
)
SQLITE_BACK: Final = (
    *(
        f"DROP TRIGGER {name}"
        for name in (
            "tasks_counted_anew",
            "tasks_counted_out",
            "tasks_counted_in",
            "tasks_grams_anew",
            "tasks_grams_out",
            "tasks_grams_in",
        )
    ),
    "DROP TABLE tasks_counted",
    "DROP TABLE tasks_grams_due",
    "DROP TABLE tasks_grams_terms",
    "DROP TABLE tasks_grams",
    "DROP VIEW tasks_said",
    "DROP INDEX tasks_by_title",
)


def upgrade() -> None:
    """Makes a page, a total and a part of a word cost about the same on a board of any size.

    The triggers write to plain tables alone: SQLite lets them reach no virtual table where the
    schema is not trusted, and a board's is not.
    """
    for column in ORDERS:
        op.create_index(f"ix_tasks_{column}_id", "tasks", [column, "id"])
    if op.get_bind().dialect.name == "postgresql":
        require_trigrams(op.get_bind())
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    for statement in SQLITE_BACK if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_BACK:
        op.execute(statement)
    for column in ORDERS:
        op.drop_index(f"ix_tasks_{column}_id", "tasks")
