"""The settings of the project, one row."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from claudetask_core.db.models.base import Base


class ProjectSettingsRow(Base):
    """`project_path` is null until a person names another folder than the process's own."""

    __tablename__ = "project_settings"
    __table_args__ = (CheckConstraint("id = 1", name="singleton"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    project_path: Mapped[str | None]
    github_repo: Mapped[str | None]
    version: Mapped[int]
