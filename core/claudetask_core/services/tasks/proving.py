"""A write that may make a task Done, with the verify commands run before it and outside of it.

A command may take minutes, and a write holds the whole board. So the write is rehearsed first,
which refuses early what would be refused anyway; then the commands run; then the write is made, and
all that it decides on is looked at again.
"""

from collections.abc import Awaitable, Callable

from claudetask_core.db.engine import Database, WriteSession
from claudetask_core.schemas.task import Status, Task
from claudetask_core.services.tasks.claims import Caller
from claudetask_core.services.tasks.rows import load
from claudetask_core.services.tasks.writes import TaskWrites
from claudetask_core.services.verify.verify import Proof, VerifyService

VERIFIER = Caller("verify")

Write = Callable[[WriteSession, Proof], Awaitable[Task]]
"""Makes the change in the transaction it is given, with what was proven."""


class Proving:
    def __init__(self, database: Database, writes: TaskWrites, verify: VerifyService) -> None:
        self._database = database
        self._writes = writes
        self._verify = verify

    async def carry_out(
        self, task_id: int, status: Status | None, *, forced: bool, write: Write
    ) -> Task:
        """Makes the write, proven where it leads to Done."""
        proof = Proof()
        if status == self._writes.workflow.done:
            proof = await (self._verify.skip() if forced else self._prove(task_id, write))
        async with self._database.write() as session:
            return await write(session, proof)

    async def _prove(self, task_id: int, write: Write) -> Proof:
        if await self._verify.names_commands() and not await self._rehearse(task_id, write):
            return Proof()
        proof = await self._verify.prove()
        if proof.open and proof.note:
            async with self._database.write() as session:
                lease = self._writes.lease()
                row = await load(session, task_id)
                said = await self._writes.append_note(session, row, proof.note, VERIFIER, lease)
                await self._writes.finish(session, row, [said], VERIFIER, lease)
        return proof

    async def _rehearse(self, task_id: int, write: Write) -> bool:
        """Makes the write and undoes it; says whether the task is not Done yet."""
        async with self._database.rehearse() as session:
            status = (await load(session, task_id)).status
            await write(session, Proof())
        return status != self._writes.workflow.done
