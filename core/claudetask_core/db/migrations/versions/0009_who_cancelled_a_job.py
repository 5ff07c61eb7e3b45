"""Who cancelled a job"""

import sqlalchemy as sa
from alembic import op

from claudetask_core.db.models.base import TEXT

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lets the process that has a job name who cancelled it, and not who began it."""
    op.add_column("jobs", sa.Column("cancelled_by", TEXT, nullable=True))


def downgrade() -> None:
    op.drop_column("jobs", "cancelled_by")
