"""Writes fields to a task's row and says what changed; each function answers history changes."""

from typing import Any

from claudetask_core.db.engine import WriteSession
from claudetask_core.db.models import CriterionRow, DependencyRow, RelatedFileRow, TaskRow
from claudetask_core.errors import Invalid
from claudetask_core.schemas.task import CriterionWrite, TaskUpdate
from claudetask_core.services.tasks.graph import (
    refuse_dependency_cycle,
    refuse_parent_cycle,
    require_tasks,
)
from claudetask_core.services.tasks.history import Change
from claudetask_core.services.tasks.rows import criteria_json

PLAIN = ("title", "description", "type", "priority", "analysis", "git_branch")


class CriterionMissing(Invalid):
    code = "criterion_missing"

    def __init__(self, row: TaskRow, criterion_id: int, field: str) -> None:
        self.field = field
        if not row.criteria:  # perhaps a task that is only being made: it has no number yet
            super().__init__(
                f"There is no criterion {criterion_id}: the task has none yet.",
                next_step="Give new ones in acceptance_criteria without an id; they are numbered "
                "from 1.",
            )
            return
        known = ", ".join(str(c.id) for c in row.criteria[:20]) or "none"
        super().__init__(
            f"Task #{row.id} has no criterion {criterion_id}; it has: {known}.",
            next_step=f"Read them with get_task(task_id={row.id}).",
        )


class CriterionTwice(Invalid):
    code = "criterion_twice"
    field = "acceptance_criteria"

    def __init__(self, criterion_id: int) -> None:
        super().__init__(
            f"Criterion {criterion_id} is named twice.",
            next_step="Name each once, and a new one without an id.",
        )


def set_plain_fields(row: TaskRow, update: TaskUpdate) -> list[Change]:
    """Title, description and their like, those that are given and differ."""
    changes: list[Change] = []
    for name in PLAIN:
        if name in update.model_fields_set:
            changes += _set(row, name, getattr(update, name))
    return changes


def _set(row: TaskRow, name: str, value: Any) -> list[Change]:
    new = None if value is None else str(value)
    old = getattr(row, name)
    if old == new:
        return []
    setattr(row, name, new)
    return [Change("updated", name, old, new)]


async def set_parent(session: WriteSession, row: TaskRow, parent_id: int | None) -> list[Change]:
    old = row.parent_id
    if parent_id == old:
        return []
    if parent_id is not None:
        await require_tasks(session, [parent_id], "parent_id")
        await refuse_parent_cycle(session, row.id, parent_id)
    row.parent_id = parent_id
    return [Change("updated", "parent_id", old, parent_id)]


async def set_dependencies(session: WriteSession, row: TaskRow, wanted: list[int]) -> list[Change]:
    old = [d.depends_on_id for d in row.dependencies]
    new = sorted(set(wanted))
    if new == old:
        return []
    await require_tasks(session, new, "depends_on")
    kept = {d.depends_on_id: d for d in row.dependencies}
    await refuse_dependency_cycle(session, row.id, [n for n in new if n not in kept])
    row.dependencies = [kept.get(n) or DependencyRow(depends_on_id=n) for n in new]
    return [Change("updated", "depends_on", old, new)]


def set_related_files(row: TaskRow, wanted: list[str]) -> list[Change]:
    old = [f.path for f in row.files]
    new = list(dict.fromkeys(wanted))
    if new == old:
        return []
    for position, path in enumerate(new):
        if position < len(row.files):
            row.files[position].path = path
        else:
            row.files.append(RelatedFileRow(position=position, path=path))
    del row.files[len(new) :]
    return [Change("updated", "related_files", old, new)]


def set_criteria(row: TaskRow, wanted: list[CriterionWrite]) -> list[Change]:
    """Replaces the list; a criterion with a known id, or the same text, is kept as that one.

    Raises:
        CriterionMissing: An id that the task does not have.
        CriterionTwice: An id that another one of the list has too.
    """
    old = criteria_json(row)
    named = {given.id for given in wanted}
    left = {c.id: c for c in row.criteria}
    kept: list[CriterionRow] = []
    for position, given in enumerate(wanted):
        criterion = _match(row, left, given, named)
        if criterion is None:
            row.last_criterion += 1
            criterion = CriterionRow(id=row.last_criterion, checked=False, evidence=None)
        criterion.position = position
        criterion.text = given.text
        if given.model_fields_set & {"checked", "evidence"}:
            criterion.checked = given.checked
            criterion.evidence = given.evidence if given.checked else None
        kept.append(criterion)
    row.criteria = kept
    new = criteria_json(row)
    return [] if new == old else [Change("updated", "acceptance_criteria", old, new)]


def _match(
    row: TaskRow, left: dict[int, CriterionRow], given: CriterionWrite, named: set[int | None]
) -> CriterionRow | None:
    if given.id is not None:
        if given.id not in {criterion.id for criterion in row.criteria}:
            raise CriterionMissing(row, given.id, "acceptance_criteria")
        if given.id not in left:
            raise CriterionTwice(given.id)
        return left.pop(given.id)
    alike = (c.id for c in left.values() if c.text == given.text and c.id not in named)
    same = next(alike, None)
    return None if same is None else left.pop(same)


def check_criteria(row: TaskRow, evidence: dict[int, str]) -> list[Change]:
    """Marks criteria as met.

    Raises:
        CriterionMissing: An id that the task does not have.
    """
    old = criteria_json(row)
    by_id = {c.id: c for c in row.criteria}
    for criterion_id, text in evidence.items():
        if criterion_id not in by_id:
            raise CriterionMissing(row, criterion_id, "check")
        by_id[criterion_id].checked = True
        by_id[criterion_id].evidence = text
    new = criteria_json(row)
    return [] if new == old else [Change("checked", "acceptance_criteria", old, new)]
