"""What an analysis does to its task: the move to Analysis and on, the text, a note on failure."""

import logging
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select

from claudetask_core.db.engine import Database
from claudetask_core.db.models import HistoryRow
from claudetask_core.errors import Conflict, DomainError, Stale
from claudetask_core.schemas.task import (
    CriterionText,
    RelatedFile,
    Status,
    StatusChange,
    Task,
    TaskUpdate,
)
from claudetask_core.schemas.workflow import Kind, Workflow
from claudetask_core.services.analysis.answer import AnalysisAnswer, AnalysisFile, to_markdown
from claudetask_core.services.tasks.claims import Caller
from claudetask_core.services.tasks.tasks import TaskService

log = logging.getLogger(__name__)

ANALYST = Caller("analysis")
TRIES = 5
MAX_CRITERIA = 20
MAX_FILES = 50
MOST_READ = 4_000_000
CRITERION: TypeAdapter[str] = TypeAdapter(CriterionText)
FILE: TypeAdapter[str] = TypeAdapter(RelatedFile)


@dataclass(frozen=True)
class Checked:
    """An answer held against the project: `files` are there, `missing` are not."""

    answer: AnalysisAnswer
    files: list[str]
    missing: frozenset[str]


class AnalysisBoard:
    """The task's side of an analysis. Others' claims and moves are respected, never an obstacle."""

    def __init__(self, database: Database, tasks: TaskService) -> None:
        self._database = database
        self._tasks = tasks

    async def enter(self, task: Task) -> None:
        """Moves a task that waits to Analysis, if nobody minds."""
        workflow = self._tasks.workflow
        if workflow.analysis is None or workflow.kind(task.status) is not Kind.TODO:
            return
        try:
            await self._tasks.move(
                task.id,
                StatusChange(status=workflow.analysis),
                ANALYST,
                expected_version=task.version,
            )
        except DomainError as refusal:
            log.info("task %d stays where it is: %s", task.id, refusal.code)

    async def put_back(self, task_id: int) -> None:
        """Undoes `enter` without a word."""
        try:
            back = await self._where_it_was(task_id)
            if back is not None:
                await self._tasks.move(task_id, StatusChange(status=back), ANALYST)
        except DomainError as refusal:
            log.info("task %d stays where it is: %s", task_id, refusal.code)

    async def leave(self, task_id: int, note: str) -> None:
        """Puts the task back to where it was before `enter` and notes why."""
        try:
            back = await self._where_it_was(task_id)
            update = TaskUpdate(note=note) if back is None else TaskUpdate(note=note, status=back)
            try:
                await self._tasks.update(task_id, update, ANALYST)
            except Conflict:
                await self._tasks.update(task_id, TaskUpdate(note=note), ANALYST)
        except DomainError as refusal:
            log.info("task %d has no note on its analysis: %s", task_id, refusal.code)

    async def store(self, task_id: int, found: Checked) -> None:
        """Keeps the answer, and moves the task on to Ready where it is in Analysis.

        Args:
            task_id: The task.
            found: What Claude found.

        Raises:
            TaskNotFound: It was deleted meanwhile.
            VersionStale: It changed all the time.
        """
        for left in reversed(range(TRIES)):
            task = await self._tasks.get(task_id)
            texts = _texts(task, found)
            guarded = _guarded(task, found.answer, self._tasks.workflow)
            try:
                await self._tasks.update(
                    task_id,
                    TaskUpdate.model_validate(texts | guarded),
                    ANALYST,
                    expected_version=task.version,
                )
            except Stale:
                if not left:
                    raise
                continue
            except Conflict as refusal:
                log.info("task %d takes only the text: %s", task_id, refusal.code)
                await self._tasks.update(task_id, TaskUpdate.model_validate(texts), ANALYST)
            return

    async def _where_it_was(self, task_id: int) -> Status | None:
        """The status before the move to Analysis, if that move was ours and the last."""
        async with self._database.read() as session:
            last = await session.scalar(
                select(HistoryRow)
                .where(HistoryRow.task_id == task_id, HistoryRow.field == "status")
                .order_by(HistoryRow.id.desc())
                .limit(1)
            )
        if last is None or last.actor != ANALYST.name or last.new != self._tasks.workflow.analysis:
            return None
        return Status(str(last.old))


def checked(root: Path, answer: AnalysisAnswer) -> Checked:
    """The answer with its files as they are: relative to the project, a line only where the file
    has it, what leads out of the project left out.
    """
    root = root.resolve()
    files: list[AnalysisFile] = []
    existing: list[str] = []
    missing: set[str] = set()
    for file in answer.files:
        path = _resolved(root, file.path.strip())
        if path is None or not path.is_relative_to(root) or path == root:
            continue
        name = path.relative_to(root).as_posix()
        there = _is_file(path)
        line = file.line if there and _has_line(path, file.line) else None
        files.append(file.model_copy(update={"path": name, "line": line}))
        if there:
            existing += _valid(FILE, name)
        else:
            missing.add(name)
    whole = answer.model_copy(update={"files": files})
    return Checked(whole, list(dict.fromkeys(existing))[:MAX_FILES], frozenset(missing))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than any file's, or a folder that is not ours to look into
        return False


def _has_line(path: Path, line: int | None) -> bool:
    if line is None:
        return False
    try:
        with path.open("rb") as file:  # a file may be one line without end
            lines = file.read(MOST_READ).split(b"\n")
    except OSError:
        return False
    return line <= len(lines) - (not lines[-1])


def _resolved(root: Path, path: str) -> Path | None:
    try:
        return (root / path).resolve()
    except (OSError, ValueError, RuntimeError):
        return None


def _texts(task: Task, found: Checked) -> dict[str, object]:
    fields: dict[str, object] = {"analysis": to_markdown(found.answer, found.missing)}
    if found.files and not task.related_files:
        fields["related_files"] = found.files
    return fields


def _guarded(task: Task, answer: AnalysisAnswer, workflow: Workflow) -> dict[str, object]:
    """What another caller's claim protects."""
    fields: dict[str, object] = {}
    if task.status == workflow.analysis:
        fields["status"] = workflow.ready
    if not task.acceptance_criteria:
        proposed = [c for text in answer.acceptance_criteria for c in _valid(CRITERION, text)]
        if proposed:
            fields["acceptance_criteria"] = list(dict.fromkeys(proposed))[:MAX_CRITERIA]
    return fields


def _valid(kind: TypeAdapter[str], text: str) -> list[str]:
    """The text as a task takes it, or nothing."""
    try:
        return [kind.validate_python(text)]
    except ValidationError:
        return []
