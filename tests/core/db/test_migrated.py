"""A server that a newer program migrates the board under."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from claudetask_core.core import Core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.tasks.claims import Caller

ALICE = Caller("alice")
NEWER = "UPDATE alembic_version SET version_num = '9999'"


async def change(core: Core, *statements: str) -> None:
    async with core.database.write() as session:
        for statement in statements:
            await session.execute(text(statement))


@pytest.mark.parametrize(
    "migration",
    [
        "ALTER TABLE tasks RENAME COLUMN title TO name",
        "ALTER TABLE tasks RENAME TO cards",
        "CREATE UNIQUE INDEX of_titles ON tasks (title)",
    ],
    ids=["a column", "a table", "a rule"],
)
async def test_what_no_longer_fits_is_said_to_be_of_a_newer_program(
    core: Core, migration: str
) -> None:
    task = TaskCreate(title="Log out")
    await core.tasks.create(task, ALICE)
    await change(core, migration, NEWER)
    with pytest.raises(DomainError) as refusal:
        await core.tasks.create(task, ALICE)
    assert refusal.value.code == "board_too_new"
    assert "/mcp, reconnect" in str(refusal.value)


async def test_what_still_fits_goes_on(core: Core) -> None:
    await change(core, "ALTER TABLE tasks ADD COLUMN colour TEXT", NEWER)
    created = await core.tasks.create(TaskCreate(title="Log out"), ALICE)
    assert (await core.tasks.get(created.task.id)).title == "Log out"


async def test_a_fault_on_a_board_of_this_programs_is_one(core: Core) -> None:
    await change(core, "CREATE UNIQUE INDEX of_titles ON tasks (title)")
    task = TaskCreate(title="Log out")
    await core.tasks.create(task, ALICE)
    with pytest.raises(DBAPIError):
        await core.tasks.create(task, ALICE)
