"""The tasks of the board. Each public method is one transaction."""

from dataclasses import replace

from sqlalchemy import select

from claudetask_core.db.engine import Database, WriteSession
from claudetask_core.db.models import DependencyRow, TaskRow
from claudetask_core.schemas.task import (
    Deleted,
    HistoryEntry,
    OnDuplicate,
    Page,
    Status,
    StatusChange,
    Task,
    TaskCreate,
    TaskDetails,
    TaskFilter,
    TaskPage,
    TaskUpdate,
    Written,
)
from claudetask_core.services.matching.counts import counts
from claudetask_core.services.repository.branches import NOWHERE
from claudetask_core.services.similar import similar
from claudetask_core.services.similar.similar import SimilarService
from claudetask_core.services.tasks import claims, history
from claudetask_core.services.tasks.changes import (
    check_criteria,
    set_criteria,
    set_dependencies,
    set_parent,
    set_plain_fields,
    set_related_files,
)
from claudetask_core.services.tasks.claims import Caller, Claimed, Lease
from claudetask_core.services.tasks.duplicates import Created, PossibleDuplicate
from claudetask_core.services.tasks.graph import around
from claudetask_core.services.tasks.history import Change
from claudetask_core.services.tasks.listing import completed, listed
from claudetask_core.services.tasks.moves import Move, move
from claudetask_core.services.tasks.proving import VERIFIER, Proving
from claudetask_core.services.tasks.reading import read, read_notes
from claudetask_core.services.tasks.rows import WHOLE, require, to_task
from claudetask_core.services.tasks.workflow import (
    illegal_start,
    is_allowed,
    known,
    require_same,
)
from claudetask_core.services.tasks.workflow_change import adopt
from claudetask_core.services.tasks.writes import TaskWrites
from claudetask_core.services.verify.verify import Proof, VerifyService


class TaskService:
    def __init__(
        self,
        database: Database,
        writes: TaskWrites,
        likeness: SimilarService,
        verify: VerifyService,
    ) -> None:
        self._database = database
        self._writes = writes
        self._likeness = likeness
        self.workflow = writes.workflow
        self._proving = Proving(database, writes, verify)

    async def adopt_workflow(self) -> None:
        """Gives the board the columns of the workflow, where it has others.

        Raises:
            WorkflowLosesTasks: Tasks stand in a column that is neither kept nor renamed.
        """
        await adopt(self._database, self._writes)

    def known(self, status: Status | None) -> Status | None:
        """The status, or None where none was named.

        Raises:
            UnknownStatus: The workflow has no such column.
        """
        return known(self.workflow, status)

    async def get(self, task_id: int, caller: Caller | None = None) -> Task:
        """A task; the holder's look at it renews the claim.

        Raises:
            TaskNotFound: There is none of this number.
        """
        return await self._writes.look(self._database, task_id, caller)

    async def details(self, task_id: int, caller: Caller) -> TaskDetails:
        """A task with its notes and what is around it, as of one moment; renews as `get` does.

        Raises:
            TaskNotFound: There is none of this number.
        """
        async with self._database.read() as session:
            task = await read(session, task_id)
            notes = await read_notes(session, task_id) if task.notes_count else []
            near = await around(session, task, self.workflow.done)
        task = await self._writes.looked_at(self._database, task, caller)
        return TaskDetails(task=task, notes=notes, around=near)

    async def find(self, wanted: TaskFilter, page: Page) -> TaskPage:
        """The tasks that match, in the page's order.

        Raises:
            UnknownStatus: The workflow has no such column.
        """
        self.known(wanted.status)
        async with self._database.read() as session:
            tasks, total = await listed(session, wanted, page)
            return TaskPage(tasks=tasks, total=total)

    async def complete(self, typed: str, *, limit: int) -> tuple[list[int], int]:
        """Numbers of tasks that begin with what was typed, or whose titles hold it.

        Returns:
            Up to `limit` numbers, open tasks first, and how many there are in all.
        """
        async with self._database.read() as session:
            return await completed(session, typed, limit)

    async def counts(self) -> dict[Status, int]:
        """How many tasks stand in each status, in board order."""
        async with self._database.read() as session:
            found = (await counts(session)).of_each("status", {})
        names = dict.fromkeys([*self.workflow.statuses, *map(Status, found)])
        return {status: found.get(str(status), 0) for status in names}

    async def history(self, task_id: int) -> list[HistoryEntry]:
        """Every change of the task, newest last."""
        async with self._database.read() as session:
            await require(session, task_id)
            return await history.entries(session, task_id)

    async def create(
        self, data: TaskCreate, caller: Caller, *, on_duplicate: OnDuplicate = OnDuplicate.WARN
    ) -> Created:
        """A new task, in the first column or where its `status` lets it begin.

        Raises:
            PossibleDuplicate: `on_duplicate` is refuse and a task much like it exists.
            LinkedTaskMissing: The parent or a dependency does not exist.
            IllegalMove: A task may not begin in this status.
        """
        start = self.known(data.status) or self.workflow.start
        if not is_allowed(self.workflow, self.workflow.start, start):
            raise illegal_start(self.workflow, start)
        standing = NOWHERE if data.status is None else await self._writes.standing(caller)
        async with self._database.write() as session:
            lease = self._writes.lease()
            likely = await self._likeness.duplicates(session, data.title, data.description)
            if likely and on_duplicate is OnDuplicate.REFUSE:
                raise PossibleDuplicate(likely)
            await require_same(session, self.workflow)
            row = await self._new_row(session, data, lease)
            row_version, caller_name = row.version, caller.name
            if data.status is not None:
                step = Move(data.status, caller, lease, standing=standing)
                await move(session, self.workflow, row, step)
            await session.flush()
            made = to_task(row)
            change = Change("created", None, None, made.model_dump(mode="json"))
            await history.record(
                session, row.id, [change], actor=caller_name, at=lease.now, version=row_version
            )
            await similar.index(session, row)
            await self._writes.announce(session, row, "created", caller)
        return Created(made, likely)

    async def update(
        self,
        task_id: int,
        data: TaskUpdate,
        caller: Caller,
        *,
        expected_version: int | None = None,
    ) -> Task:
        """Changes what is given; the rest stays as it is. As `write`, with the task alone."""
        return (await self.write(task_id, data, caller, expected_version=expected_version)).task

    async def write(
        self,
        task_id: int,
        data: TaskUpdate,
        caller: Caller,
        *,
        expected_version: int | None = None,
    ) -> Written:
        """Changes what is given; the rest stays as it is, whoever changed it meanwhile.

        Raises:
            TaskNotFound, VersionStale, Claimed, IllegalMove, NotProven, CriterionMissing,
            LinkedTaskMissing, CircularDependency: as their sentences say; nothing is changed then.
        """
        self.known(data.status)
        standing = NOWHERE if data.status is None else await self._writes.standing(caller)
        merged: list[tuple[int | None, dict[str, str]]] = []

        async def write(session: WriteSession, proof: Proof) -> Task:
            lease = self._writes.lease()
            row = await self._writes.row(session, task_id, expected_version)
            merged.append(await self._writes.others(session, row, caller))
            override = _override(row, data, caller, lease)
            changes = await _fields(session, row, data)
            changes += _criteria(row, data, override)
            if data.note is not None:
                changes.append(
                    await self._writes.append_note(session, row, data.note, caller, lease)
                )
            if data.status is not None:
                step = Move(
                    data.status,
                    caller,
                    lease,
                    force_reason=data.force_reason,
                    proof=proof,
                    standing=standing,
                )
                changes += await self._moved(session, row, step)
            return await self._writes.finish(session, row, changes, caller, lease)

        wanted = ", ".join(sorted(data.model_fields_set - {"force_reason"}))
        async with self._writes.noting_refusals(self._database, task_id, caller, wanted):
            task = await self._proving.carry_out(
                task_id, data.status, forced=data.force_reason is not None, write=write
            )
        since, others = merged[-1]
        return Written(task=task, since=since, others=others)

    async def move(
        self,
        task_id: int,
        data: StatusChange,
        caller: Caller,
        *,
        expected_version: int | None = None,
    ) -> Task:
        """Moves the task on the board; the comment becomes a note too.

        Raises:
            TaskNotFound, VersionStale, Claimed, IllegalMove, NotProven: as their sentences say.
        """
        self.known(data.status)
        standing = await self._writes.standing(caller)

        async def write(session: WriteSession, proof: Proof) -> Task:
            lease = self._writes.lease()
            row = await self._writes.row(session, task_id, expected_version)
            step = Move(
                data.status, caller, lease, data.comment, data.force_reason, proof, standing
            )
            changes = await self._moved(session, row, step)
            if data.comment is not None:
                changes.append(
                    await self._writes.append_note(session, row, data.comment, caller, lease)
                )
            return await self._writes.finish(session, row, changes, caller, lease)

        wanted = f"move to {data.status}"
        async with self._writes.noting_refusals(self._database, task_id, caller, wanted):
            return await self._proving.carry_out(
                task_id, data.status, forced=data.force_reason is not None, write=write
            )

    async def _moved(self, session: WriteSession, row: TaskRow, step: Move) -> list[Change]:
        """The move, with what proved it kept as a note."""
        changes = await move(session, self.workflow, row, step)
        if step.proof.note is not None:
            said = step.proof.note
            changes.append(await self._writes.append_note(session, row, said, VERIFIER, step.lease))
        return changes

    async def delete(
        self, task_id: int, caller: Caller, *, expected_version: int | None = None
    ) -> Deleted:
        """Removes the task, whoever holds it, and answers what it was and who named it.

        Its history stays, its number is not used again, and its subtasks are then nobody's.

        Raises:
            TaskNotFound, VersionStale: as their sentences say.
        """
        async with self._database.write() as session:
            lease = self._writes.lease()
            row = await self._writes.row(session, task_id, expected_version)
            was = to_task(row)
            subtasks, waited = await self._unlink(session, row, caller, lease)
            change = Change("deleted", None, was.model_dump(mode="json"), None)
            await history.record(
                session, row.id, [change], actor=caller.name, at=lease.now, version=row.version + 1
            )
            await similar.forget(session, row.id)
            await self._writes.announce(session, row, "deleted", caller)
            await session.delete(row)
            return Deleted(task=was, subtasks=subtasks, waited=waited)

    async def _new_row(self, session: WriteSession, data: TaskCreate, lease: Lease) -> TaskRow:
        row = TaskRow(
            title=data.title,
            description=data.description,
            type=data.type.value,
            priority=data.priority.value,
            status=str(self.workflow.start),
            analysis=data.analysis,
            git_branch=data.git_branch,
            last_criterion=0,
            notes_count=0,
            version=1,
            created_at=lease.now,
            updated_at=lease.now,
            criteria=[],
            dependencies=[],
            files=[],
        )
        session.add(row)
        await session.flush()
        await set_parent(session, row, data.parent_id)
        await set_dependencies(session, row, data.depends_on)
        set_related_files(row, data.related_files)
        set_criteria(row, data.acceptance_criteria)
        return row

    async def _unlink(
        self, session: WriteSession, row: TaskRow, caller: Caller, lease: Lease
    ) -> tuple[list[int], list[int]]:
        """Takes the task out of what others name, in their histories too.

        Answers the subtasks, and who waited for it.
        """
        subtasks: list[int] = []
        waited: list[int] = []
        others = await session.scalars(
            select(TaskRow)
            .where(
                TaskRow.id.in_(
                    select(DependencyRow.task_id).where(DependencyRow.depends_on_id == row.id)
                )
                | (TaskRow.parent_id == row.id)
            )
            .options(*WHOLE)
            .order_by(TaskRow.id)
        )
        for other in others.all():
            left = [d.depends_on_id for d in other.dependencies if d.depends_on_id != row.id]
            changes = await set_dependencies(session, other, left)
            if changes:
                waited.append(other.id)
            if other.parent_id == row.id:
                subtasks.append(other.id)
                changes += await set_parent(session, other, None)
            await self._writes.finish(session, other, changes, caller, lease)
        return subtasks, waited


async def _fields(session: WriteSession, row: TaskRow, data: TaskUpdate) -> list[Change]:
    """Sets what no claim guards."""
    changes = set_plain_fields(row, data)
    if "parent_id" in data.model_fields_set:
        changes += await set_parent(session, row, data.parent_id)
    if data.depends_on is not None:
        changes += await set_dependencies(session, row, data.depends_on)
    if data.related_files is not None:
        changes += set_related_files(row, data.related_files)
    return changes


def _override(row: TaskRow, data: TaskUpdate, caller: Caller, lease: Lease) -> str | None:
    """The reason that lets the caller at another's criteria; raises where there is none."""
    guarded = {"acceptance_criteria", "check"} & data.model_fields_set
    if not (guarded and claims.held_by_other(row, caller, lease.now)):
        return None
    if data.force_reason is None:
        raise Claimed(row)
    return data.force_reason


def _criteria(row: TaskRow, data: TaskUpdate, override: str | None) -> list[Change]:
    changes: list[Change] = []
    if data.acceptance_criteria is not None:
        changes += set_criteria(row, data.acceptance_criteria)
    if data.check:
        changes += check_criteria(row, data.check)
    if override is None:
        return changes
    return [replace(change, action="forced", reason=override) for change in changes]
