"""Which tasks changed last, on a board in a server"""

from typing import Final

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FUNCTION: Final = "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} END $$"
LOOKED_AT: Final = "id, title, description, status, type, priority"
CHANGED: Final = (
    "IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND old.id <> new.id THEN "
    "INSERT INTO tasks_changed (task) VALUES (old.id); END IF; "
    "IF TG_OP <> 'DELETE' THEN INSERT INTO tasks_changed (task) VALUES (new.id); END IF; "
    "RETURN NULL;"
)
ONLY_THE_LAST: Final = (
    "WITH gone AS (DELETE FROM tasks_changed WHERE seq <= new.seq - 1024 RETURNING xid) "
    "UPDATE tasks_changed_since SET "
    "pruned = greatest(pruned, (SELECT xid FROM gone ORDER BY xid DESC LIMIT 1)); "
    "RETURN NULL;"
)
ALL: Final = "UPDATE tasks_changed_since SET mark = gen_random_uuid(); RETURN NULL;"
TABLE: Final = (
    "CREATE TABLE tasks_changed (seq BIGINT GENERATED ALWAYS AS IDENTITY, "
    "xid XID8 NOT NULL DEFAULT pg_current_xact_id(), task BIGINT NOT NULL)"
)
TRIGGERS: Final = (
    (
        "tasks_changed",
        f"AFTER INSERT OR DELETE OR UPDATE OF {LOOKED_AT} ON tasks FOR EACH ROW",
    ),
    (
        "tasks_changed_last",
        "AFTER INSERT ON tasks_changed FOR EACH ROW WHEN (new.seq % 256 = 0)",
    ),
    ("tasks_changed_all", "AFTER TRUNCATE ON tasks FOR EACH STATEMENT"),
)
POSTGRESQL: Final = (
    TABLE,
    "CREATE INDEX tasks_changed_xid ON tasks_changed (xid)",
    "CREATE TABLE tasks_changed_since (mark UUID NOT NULL, pruned XID8 NOT NULL)",
    "INSERT INTO tasks_changed_since VALUES (gen_random_uuid(), '0')",
    FUNCTION.format("tasks_changed", CHANGED),
    FUNCTION.format("tasks_changed_last", ONLY_THE_LAST),
    FUNCTION.format("tasks_changed_all", ALL),
    *(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()" for name, when in TRIGGERS),
)
POSTGRESQL_BACK: Final = (
    "DROP TRIGGER tasks_changed_all ON tasks",
    "DROP TRIGGER tasks_changed ON tasks",
    "DROP TABLE tasks_changed_since",
    "DROP TABLE tasks_changed",
    "DROP FUNCTION tasks_changed_all",
    "DROP FUNCTION tasks_changed_last",
    "DROP FUNCTION tasks_changed",
)


def upgrade() -> None:
    """Lets what was found once be brought up to date there too.

    Several may write at once there, by hand, and commit in another order: a change bears the
    number of its transaction, which a snapshot has seen or not. How far changes were taken away
    is kept, and a mark that is another one where they do not tell of everything.
    """
    if op.get_bind().dialect.name == "postgresql":
        for statement in POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in POSTGRESQL_BACK:
            op.execute(statement)
