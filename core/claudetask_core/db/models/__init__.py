"""The tables, imported together so that `Base.metadata` is whole."""

from claudetask_core.db.models.base import Base
from claudetask_core.db.models.job import JobRow
from claudetask_core.db.models.log import CallerRow, EventRow, HistoryRow
from claudetask_core.db.models.project import ProjectSettingsRow
from claudetask_core.db.models.task import (
    CriterionRow,
    DependencyRow,
    NoteRow,
    RelatedFileRow,
    TaskRow,
)
from claudetask_core.db.models.token import AuditRow, TokenRow
from claudetask_core.db.models.workflow import StatusRow

__all__ = [
    "AuditRow",
    "Base",
    "CallerRow",
    "CriterionRow",
    "DependencyRow",
    "EventRow",
    "HistoryRow",
    "JobRow",
    "NoteRow",
    "ProjectSettingsRow",
    "RelatedFileRow",
    "StatusRow",
    "TaskRow",
    "TokenRow",
]
