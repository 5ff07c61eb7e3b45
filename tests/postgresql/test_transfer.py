"""A board moves from a file into a server and back, with nothing lost."""

import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.errors import DomainError
from claudetask_core.schemas.task import TaskCreate
from claudetask_core.services.board import transfer
from tests.core.board.test_transfer import ME, SPOILT, filled, lines_of
from tests.support import HeldClock

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
async def embedded(
    make_project: Callable[[str], Path],
    settings: Settings,
    clock: HeldClock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Core]:
    """A board in a file, with a row in every table."""
    own = settings.model_copy(update={"database_url": None})
    async with open_core(own, start=make_project("own"), home=None, clock=clock) as opened:
        await filled(opened, clock)
        yield opened


@pytest.fixture
async def shared(
    database_url: str, make_project: Callable[[str], Path], settings: Settings
) -> AsyncGenerator[Core]:
    """An empty board in a server."""
    there = settings.model_copy(update={"database_url": database_url})
    async with open_core(there, start=make_project("shared"), home=None) as opened:
        yield opened


@pytest.fixture
async def back(make_project: Callable[[str], Path], settings: Settings) -> AsyncGenerator[Core]:
    """Another empty board in a file."""
    own = settings.model_copy(update={"database_url": None})
    async with open_core(own, start=make_project("back"), home=None) as opened:
        yield opened


async def test_a_board_goes_into_a_server_and_back_as_it_was(
    embedded: Core, shared: Core, back: Core
) -> None:
    lines = await lines_of(embedded)
    await transfer.imported(shared.database, lines, replace=False)
    assert await lines_of(shared) == lines
    await transfer.imported(back.database, await lines_of(shared), replace=False)
    assert await lines_of(back) == lines


async def test_the_server_goes_on_where_the_file_stopped(embedded: Core, shared: Core) -> None:
    await transfer.imported(shared.database, await lines_of(embedded), replace=False)
    assert (await shared.tasks.create(TaskCreate(title="next"), ME)).task.id == 4
    assert json.loads((await lines_of(shared))[0])["numbers"]["tasks"] == 4


async def test_numbers_of_a_refused_import_are_not_taken_back(embedded: Core, shared: Core) -> None:
    for title in "abcde":
        await shared.tasks.create(TaskCreate(title=title), ME)
    lines = await lines_of(embedded)
    with pytest.raises(DomainError):
        await transfer.imported(shared.database, lines[:-1], replace=True)
    assert (await shared.tasks.create(TaskCreate(title="f"), ME)).task.id == 6
    await transfer.imported(shared.database, lines, replace=True)
    assert (await shared.tasks.create(TaskCreate(title="g"), ME)).task.id == 4


REFUSED_BY_THE_SERVER = [
    "a status there is not",
    "the same row twice",
    "a parent there is not",
    "nothing where something must be",
    "a NUL",
    "a NUL in a change",
    "a number that is too large",
    "cut off",
]


@pytest.mark.parametrize("how", REFUSED_BY_THE_SERVER)
async def test_what_is_no_whole_export_is_refused_and_nothing_changed(
    embedded: Core, shared: Core, how: str
) -> None:
    before = await lines_of(shared)
    spoilt = SPOILT[how](await lines_of(embedded))
    with pytest.raises(DomainError) as refusal:
        await transfer.imported(shared.database, spoilt, replace=False)
    assert refusal.value.code == "import_refused"
    assert len(str(refusal.value)) <= 400
    assert await lines_of(shared) == before
