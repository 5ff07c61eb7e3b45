import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, open_core
from claudetask_core.home import Home
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.board.backup import Backups
from claudetask_core.services.tasks.claims import Caller
from tests.support import HeldClock


@pytest.fixture
def file(project: Path) -> Path:
    return project / ".claudetask" / DATABASE


@pytest.fixture
def backups(file: Path, clock: HeldClock) -> Backups:
    return Backups(file, file.parent / "backups", clock, keep=3)


@pytest.fixture
def write(
    project: Path, settings: Settings, own_home: Path, clock: HeldClock
) -> Callable[[str], None]:
    """Opens the board, creates a task and closes it, as a program of its own would."""
    settings = settings.model_copy(update={"backup_keep": 0})

    def written(title: str) -> None:
        async def create() -> None:
            async with open_core(settings, start=project, home=Home(own_home), clock=clock) as core:
                await core.tasks.create(TaskCreate(title=title), Caller("me"))

        asyncio.run(create())

    return written
