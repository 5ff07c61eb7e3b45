"""The board's columns, so that the database itself refuses a status that there is not."""

from sqlalchemy.orm import Mapped, mapped_column

from claudetask_core.db.models.base import Base


class StatusRow(Base):
    __tablename__ = "statuses"

    name: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(unique=True)
    kind: Mapped[str]
    offered: Mapped[bool]
