"""Files in the search index, and what a job took"""

import sqlalchemy as sa
from alembic import op

from claudetask_core.db.models.base import NUMBER

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPTIONS = "tokenize = 'porter unicode61'"
TEXTS = "title, description, analysis, notes"


def upgrade() -> None:
    """Makes tasks findable by the files that they touch, and counts tokens and attempts of jobs."""
    op.add_column("jobs", sa.Column("tokens", NUMBER, nullable=True))
    op.add_column(
        "jobs", sa.Column("attempts", NUMBER, server_default=sa.text("1"), nullable=False)
    )
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("DROP TABLE tasks_fts")
    op.execute(f"CREATE VIRTUAL TABLE tasks_fts USING fts5({TEXTS}, files, {OPTIONS})")
    op.execute(
        "INSERT INTO tasks_fts (rowid, title, description, analysis, notes, files) "
        "SELECT t.id, t.title, t.description, COALESCE(t.analysis, ''), "
        "COALESCE((SELECT group_concat(n.text, char(10)) FROM notes n WHERE n.task_id = t.id), ''),"
        " COALESCE((SELECT group_concat(f.path, char(10)) FROM related_files f "
        "WHERE f.task_id = t.id), '') FROM tasks t"
    )


def downgrade() -> None:
    op.drop_column("jobs", "attempts")
    op.drop_column("jobs", "tokens")
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(f"CREATE VIRTUAL TABLE tasks_fts_before USING fts5({TEXTS}, {OPTIONS})")
    op.execute(
        f"INSERT INTO tasks_fts_before (rowid, {TEXTS}) SELECT rowid, {TEXTS} FROM tasks_fts"  # noqa: S608 — names of ours
    )
    op.execute("DROP TABLE tasks_fts")
    op.execute("ALTER TABLE tasks_fts_before RENAME TO tasks_fts")
