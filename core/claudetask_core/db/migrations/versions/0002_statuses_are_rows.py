"""Statuses are rows, so that a project may have its own; callers remember what they were told"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# (SQLAlchemy leaves the type arguments of JSON and Double open)

import sqlalchemy as sa
from alembic import op

from claudetask_core.db.models.base import NUMBER, TEXT, WORD, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATUSES = (
    ("Backlog", "todo"),
    ("Analysis", "analysis"),
    ("Ready", "todo"),
    ("In Progress", "doing"),
    ("Testing", "testing"),
    ("Code Review", "review"),
    ("Done", "done"),
)
LISTED = ", ".join(f"'{name}'" for name, _ in STATUSES)
CHECK = f"status IN ({LISTED})"


def upgrade() -> None:
    statuses = op.create_table(
        "statuses",
        sa.Column("name", WORD, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_statuses")),
        sa.UniqueConstraint("position", name=op.f("uq_statuses_position")),
    )
    op.bulk_insert(
        statuses,
        [
            {"name": name, "position": position, "kind": kind, "offered": kind == "todo"}
            for position, (name, kind) in enumerate(STATUSES)
        ],
    )
    op.add_column("callers", sa.Column("last_history", NUMBER, server_default="0", nullable=False))
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(
            sa.ForeignKeyConstraint(["status"], ["statuses.name"], name=op.f("fk_tasks_status"))
        )
        return
    op.drop_constraint(op.f("ck_tasks_status"), "tasks")
    op.create_foreign_key(op.f("fk_tasks_status"), "tasks", "statuses", ["status"], ["name"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(sa.CheckConstraint(CHECK, name=op.f("ck_tasks_status")))
    else:
        op.drop_constraint(op.f("fk_tasks_status"), "tasks")
        op.create_check_constraint(op.f("ck_tasks_status"), "tasks", CHECK)
    op.drop_column("callers", "last_history")
    op.drop_table("statuses")


def _rebuild(status: sa.ForeignKeyConstraint | sa.CheckConstraint) -> None:
    """Copies the tasks into a table with another constraint; numbers are still not used again.

    The program migrates with foreign keys off: dropping a table would delete what hangs on it.
    """
    bind = op.get_bind()
    if bind.exec_driver_sql("PRAGMA foreign_keys").scalar():
        raise RuntimeError("this migration needs foreign keys to be off")
    last = bind.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'tasks'").scalar()
    table = op.create_table(
        "tasks_new",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("type", WORD, nullable=False),
        sa.Column("priority", WORD, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("analysis", TEXT, nullable=True),
        sa.Column("git_branch", WORD, nullable=True),
        sa.Column("parent_id", NUMBER, nullable=True),
        sa.Column("claimed_by", WORD, nullable=True),
        sa.Column("claim_expires_at", UtcDateTime(), nullable=True),
        sa.Column("claim_worktree", WORD, nullable=True),
        sa.Column("last_criterion", NUMBER, nullable=False),
        sa.Column("notes_count", NUMBER, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("priority IN ('High', 'Medium', 'Low')", name=op.f("ck_tasks_priority")),
        sa.CheckConstraint("type IN ('Feature', 'Bug')", name=op.f("ck_tasks_type")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["tasks.id"], name=op.f("fk_tasks_parent_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        status,
        sqlite_autoincrement=True,
    )
    columns = ", ".join(column.name for column in table.columns)
    op.execute(f"INSERT INTO tasks_new ({columns}) SELECT {columns} FROM tasks")  # noqa: S608 — names of ours
    op.drop_table("tasks")
    op.rename_table("tasks_new", "tasks")
    if last is not None:
        op.execute("DELETE FROM sqlite_sequence WHERE name = 'tasks'")
        bind.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES ('tasks', ?)", (last,))
    op.create_index("ix_tasks_parent_id", "tasks", ["parent_id"], unique=False)
    op.create_index(
        "ix_tasks_status_priority_id", "tasks", ["status", "priority", "id"], unique=False
    )
    if bind.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise RuntimeError("a task refers to what there is not")
