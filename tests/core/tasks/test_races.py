"""Several processes on one board at once."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import chain
from pathlib import Path

import pytest

from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, open_core
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.tasks.claims import Caller

pytestmark = pytest.mark.slow

PROGRAM = """
import asyncio, sys
from itertools import chain
from pathlib import Path
from claudetask_core.config import Settings
from claudetask_core.core import open_core
from claudetask_core.schemas.task import StatusChange, Status, TaskCreate
from claudetask_core.services.tasks.claims import Caller

async def drain(core, me):
    while True:
        found = await core.queue.next(me, claim=True)
        if found.task is None:
            return
        print(found.task.id, flush=True)
        await core.tasks.move(found.task.id, StatusChange(status=Status.CODE_REVIEW), me)

async def create(core, me):
    for number in range(10):
        made = await core.tasks.create(TaskCreate(title=f"{me.name} {number}"), me)
        print(made.task.id, flush=True)

async def note(core, me):
    for number in range(10):
        await core.notes.create(1, f"{me.name} {number}", me)
        print(number, flush=True)

async def main(folder, name, what):
    async with open_core(Settings(), start=Path(folder), home=None) as core:
        await {"drain": drain, "create": create, "note": note}[what](core, Caller(name))

asyncio.run(main(*sys.argv[1:]))
"""


def at_once(project: Path, what: str, processes: int) -> list[list[int]]:
    """What each of several processes printed, numbers all."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(project), f"agent-{number}", what],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        for number in range(processes)
    ]
    results = [child.communicate(timeout=120) for child in children]
    assert [child.returncode for child in children] == [0] * processes, results
    return [[int(line) for line in out.split()] for out, _ in results]


async def test_every_task_is_given_to_exactly_one_of_four_processes(project: Path) -> None:
    async with open_core(Settings(), start=project, home=None) as core:
        for number in range(40):
            await core.tasks.create(TaskCreate(title=f"task {number}"), Caller("x"))
    given = at_once(project, "drain", 4)
    assert sorted(chain.from_iterable(given)) == list(range(1, 41))


async def test_sixty_creates_by_six_processes_are_sixty_tasks(project: Path) -> None:
    """Elsewhere 12 to 30 of 50 acknowledged creates survived."""
    acknowledged = await asyncio.to_thread(at_once, project, "create", 6)
    assert sorted(chain.from_iterable(acknowledged)) == list(range(1, 61))
    async with open_core(Settings(), start=project, home=None) as core:
        assert sum((await core.tasks.counts()).values()) == 60


@pytest.mark.embedded(reason="looks into the file")
def test_a_file_that_six_processes_write_to_stays_sound(project: Path) -> None:
    at_once(project, "create", 6)
    with closing(sqlite3.connect(project / ".claudetask" / DATABASE)) as board:
        assert board.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_fifty_notes_by_five_processes_are_fifty_notes(project: Path) -> None:
    async with open_core(Settings(), start=project, home=None) as core:
        await core.tasks.create(TaskCreate(title="a"), Caller("x"))
        at_once(project, "note", 5)
        assert len({note.text for note in await core.notes.find(1)}) == 50
        assert (await core.tasks.get(1)).notes_count == 50
