"""The oldest task of a column, and who holds what, without a look at every task"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None

OLDEST = "ix_tasks_status_priority_created_at_id"
HELD = "ix_tasks_claimed_by"
CLAIMED = sa.text("claimed_by IS NOT NULL")


def upgrade() -> None:
    """Lets the next task and the resume of a large board be found as quickly as of a small one."""
    op.create_index(OLDEST, "tasks", ["status", "priority", "created_at", "id"])
    op.create_index(HELD, "tasks", ["claimed_by"], sqlite_where=CLAIMED, postgresql_where=CLAIMED)


def downgrade() -> None:
    op.drop_index(HELD, "tasks")
    op.drop_index(OLDEST, "tasks")
