"""A board that holds the first tasks of the labelled triples, to be asked about the others."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.tasks.claims import Caller

ME = Caller("bench")


@asynccontextmanager
async def board(tasks: Iterable[tuple[str, str]]) -> AsyncGenerator[Core]:
    """A board with these tasks, numbered from 1 on."""
    with TemporaryDirectory() as folder:
        settings = Settings(index_watch=False)
        async with open_core(settings, start=Path(folder), home=None) as core:
            for title, description in tasks:
                await core.tasks.create(TaskCreate(title=title, description=description), ME)
            yield core
