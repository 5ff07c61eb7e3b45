"""Words of tasks without a foreign key, on a board in a server"""

from typing import Final

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

FUNCTION: Final = "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} END $$"
ONE: Final = (
    "IF TG_OP = 'DELETE' THEN DELETE FROM tasks_words WHERE task_id = old.id; "
    "ELSE UPDATE tasks_words SET task_id = new.id WHERE task_id = old.id; END IF; RETURN NULL;"
)
ALL: Final = "DELETE FROM tasks_words; RETURN NULL;"
NUMBERED: Final = "AFTER UPDATE OF id ON tasks FOR EACH ROW WHEN (old.id <> new.id)"
KEY: Final = "tasks_words_task_id_fkey"
TRIGGER: Final = "CREATE TRIGGER {} {} EXECUTE FUNCTION {}()"
ADD: Final = "FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE"
POSTGRESQL: Final = (
    f"ALTER TABLE tasks_words DROP CONSTRAINT {KEY}",
    FUNCTION.format("tasks_words_one", ONE),
    FUNCTION.format("tasks_words_all", ALL),
    TRIGGER.format("tasks_words_out", "AFTER DELETE ON tasks FOR EACH ROW", "tasks_words_one"),
    TRIGGER.format("tasks_words_number", NUMBERED, "tasks_words_one"),
    TRIGGER.format("tasks_words_all", "AFTER TRUNCATE ON tasks", "tasks_words_all"),
)
POSTGRESQL_BACK: Final = (
    *(f"DROP TRIGGER tasks_words_{name} ON tasks" for name in ("all", "number", "out")),
    "DROP FUNCTION tasks_words_all",
    "DROP FUNCTION tasks_words_one",
    f"ALTER TABLE tasks_words ADD CONSTRAINT {KEY} {ADD}",
)


def upgrade() -> None:
    """Has words go with their task by triggers.

    To look for the task of each word was two thirds of what it took to enter them.
    """
    if op.get_bind().dialect.name == "postgresql":
        for statement in POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in POSTGRESQL_BACK:
            op.execute(statement)
