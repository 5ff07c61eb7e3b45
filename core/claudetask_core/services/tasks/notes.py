"""The notes of a task: appended, never changed."""

from claudetask_core.db.engine import Database
from claudetask_core.db.models import NoteRow
from claudetask_core.schemas.task import Note
from claudetask_core.services.tasks.claims import Caller
from claudetask_core.services.tasks.reading import read_notes
from claudetask_core.services.tasks.rows import load, require
from claudetask_core.services.tasks.writes import TaskWrites


class NoteService:
    def __init__(self, database: Database, writes: TaskWrites) -> None:
        self._database = database
        self._writes = writes

    async def find(self, task_id: int) -> list[Note]:
        """The task's notes, newest last."""
        async with self._database.read() as session:
            await require(session, task_id)
            return await read_notes(session, task_id)

    async def create(self, task_id: int, text: str, caller: Caller) -> Note:
        """Appends a note; anyone may."""
        async with self._database.write() as session:
            lease = self._writes.lease()
            row = await load(session, task_id)
            change = await self._writes.append_note(session, row, text, caller, lease)
            await self._writes.finish(session, row, [change], caller, lease)
            row = await session.get_one(NoteRow, change.new["id"])
            return Note(id=row.id, text=row.text, author=row.author, created_at=row.created_at)
