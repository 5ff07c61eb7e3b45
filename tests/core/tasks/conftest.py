"""A board that is a file, as its tables."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, open_core


@pytest.fixture
def board(project: Path, settings: Settings) -> Iterator[sqlite3.Connection]:
    """The board's file as a person opens it by hand."""

    async def made() -> None:
        async with open_core(settings, start=project, home=None):
            pass

    asyncio.run(made())
    with closing(sqlite3.connect(project / ".claudetask" / DATABASE)) as by_hand:
        by_hand.isolation_level = None
        yield by_hand
