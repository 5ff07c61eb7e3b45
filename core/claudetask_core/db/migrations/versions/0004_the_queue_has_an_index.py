"""The queue has an index"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

QUEUE = ["status", "priority", "created_at", "id", "claimed_by", "claim_expires_at"]


def upgrade() -> None:
    """Finds the next task, and who holds what, without reading the texts of all tasks."""
    op.drop_index("ix_tasks_status_priority_id", "tasks")
    op.create_index("ix_tasks_queue", "tasks", QUEUE)
    op.create_index("ix_tasks_claimed_by", "tasks", ["claimed_by"])


def downgrade() -> None:
    op.drop_index("ix_tasks_claimed_by", "tasks")
    op.drop_index("ix_tasks_queue", "tasks")
    op.create_index("ix_tasks_status_priority_id", "tasks", ["status", "priority", "id"])
