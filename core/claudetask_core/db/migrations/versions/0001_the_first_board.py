"""The first board"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# (SQLAlchemy leaves the type arguments of JSON and Double open)

import sqlalchemy as sa
from alembic import op

from claudetask_core.db.models.base import NUMBER, TEXT, WORD, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "callers",
        sa.Column("actor", WORD, nullable=False),
        sa.Column("last_event", NUMBER, nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("actor", name=op.f("pk_callers")),
    )
    op.create_table(
        "events",
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("type", WORD, nullable=False),
        sa.Column("action", WORD, nullable=False),
        sa.Column("subject", WORD, nullable=False),
        sa.Column("actor", WORD, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("version", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "history",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("task_id", NUMBER, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", WORD, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("action", WORD, nullable=False),
        sa.Column("field", WORD, nullable=True),
        sa.Column("old", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("new", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reason", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_history_actor_id", "history", ["actor", "id"], unique=False)
    op.create_index("ix_history_task_id_id", "history", ["task_id", "id"], unique=False)

    op.create_table(
        "project_settings",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("project_path", WORD, nullable=True),
        sa.Column("github_repo", WORD, nullable=True),
        sa.Column("version", NUMBER, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_project_settings_singleton")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_settings")),
    )
    op.create_table(
        "tasks",
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
        sa.CheckConstraint(
            "status IN ('Backlog', 'Analysis', 'Ready', 'In Progress', "
            "'Testing', 'Code Review', 'Done')",
            name=op.f("ck_tasks_status"),
        ),
        sa.CheckConstraint("type IN ('Feature', 'Bug')", name=op.f("ck_tasks_type")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["tasks.id"], name=op.f("fk_tasks_parent_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tasks_parent_id", "tasks", ["parent_id"], unique=False)
    op.create_index(
        "ix_tasks_status_priority_id", "tasks", ["status", "priority", "id"], unique=False
    )

    op.create_table(
        "criteria",
        sa.Column("task_id", NUMBER, nullable=False),
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("checked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("evidence", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_criteria_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "id", name=op.f("pk_criteria")),
    )
    op.create_table(
        "dependencies",
        sa.Column("task_id", NUMBER, nullable=False),
        sa.Column("depends_on_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["depends_on_id"],
            ["tasks.id"],
            name=op.f("fk_dependencies_depends_on_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_dependencies_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "depends_on_id", name=op.f("pk_dependencies")),
    )
    op.create_index(
        "ix_dependencies_depends_on_id", "dependencies", ["depends_on_id"], unique=False
    )

    op.create_table(
        "jobs",
        sa.Column("id", WORD, nullable=False),
        sa.Column("task_id", NUMBER, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("provider", WORD, nullable=False),
        sa.Column("actor", WORD, nullable=False),
        sa.Column("owner", WORD, nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("cost_usd", sa.Double(), nullable=True),
        sa.Column("turns", NUMBER, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("heartbeat_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted')",
            name=op.f("ck_jobs_status"),
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_jobs_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_status", "jobs", ["status"], unique=False)
    op.create_index("ix_jobs_task_id", "jobs", ["task_id"], unique=False)
    op.create_index(
        "uq_jobs_task_id_unfinished",
        "jobs",
        ["task_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('queued', 'running')"),
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )

    op.create_table(
        "notes",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("task_id", NUMBER, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("author", WORD, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_notes_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notes_task_id", "notes", ["task_id"], unique=False)

    op.create_table(
        "related_files",
        sa.Column("task_id", NUMBER, nullable=False),
        sa.Column("position", NUMBER, autoincrement=False, nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_related_files_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "position", name=op.f("pk_related_files")),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE tasks_fts USING fts5("
            "title, description, analysis, notes, tokenize = 'porter unicode61')"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE tasks_fts")
    for table in (
        "related_files",
        "notes",
        "jobs",
        "dependencies",
        "criteria",
        "tasks",
        "project_settings",
        "history",
        "events",
        "callers",
    ):
        op.drop_table(table)
