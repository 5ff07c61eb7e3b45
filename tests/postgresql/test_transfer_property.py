"""Any board goes into a server and back as it was, whichever of the two it was written in."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.services.board import transfer
from tests.core.board.edits import STEPS, Steps, answers, lines_of, play
from tests.support import HeldClock

CHECKS = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@pytest.fixture
async def servers(
    database_url: str, make_project: Callable[[str], Path], settings: Settings, clock: HeldClock
) -> AsyncGenerator[list[Core]]:
    """Two of a board in a server's database."""
    there = settings.model_copy(update={"database_url": database_url})
    start = make_project("shared")
    async with (
        open_core(there, start=start, home=None, clock=clock) as one,
        open_core(there, start=start, home=None, clock=clock) as beside,
    ):
        yield [one, beside]


@pytest.fixture
async def files(
    make_project: Callable[[str], Path], settings: Settings, clock: HeldClock
) -> AsyncGenerator[list[Core]]:
    """Servers of two boards that are files."""
    own = settings.model_copy(update={"database_url": None})
    async with (
        open_core(own, start=make_project("own"), home=None, clock=clock) as one,
        open_core(own, start=make_project("back"), home=None, clock=clock) as back,
    ):
        yield [one, back]


async def moved(to: Core, lines: list[str]) -> None:
    await transfer.imported(to.database, lines, replace=True)
    assert await lines_of(to) == lines


async def check(
    servers: list[Core], files: list[Core], clock: HeldClock, before: Steps, there: Steps
) -> None:
    own, back = files
    await moved(own, await lines_of_an_empty_board(back))
    await play([own, own], clock, before)
    await moved(servers[0], await lines_of(own))
    await play(servers, clock, there)
    lines = await lines_of(servers[0])
    await moved(back, lines)
    at_server = [await answers(one) for one in servers]
    assert at_server[0] == at_server[1]
    assert at_server[0][1:] == (await answers(back))[1:]
    await moved(servers[1], lines)
    assert await answers(servers[0]) == at_server[0]


async def lines_of_an_empty_board(core: Core) -> list[str]:
    """What a new board exports, with what this one says of its statuses."""
    head, *rows = await lines_of(core)
    schema = head.partition('"numbers"')[0]
    statuses = [row for row in rows if row.startswith('{"table":"statuses"')]
    return [f'{schema}"numbers":{{}}}}\n', *statuses, f'{{"end":{len(statuses)}}}\n']


@hypothesis_settings(suppress_health_check=CHECKS, max_examples=2, deadline=None)
@given(before=STEPS, there=STEPS)
async def test_any_board_goes_into_a_server_and_back_as_it_was(
    servers: list[Core], files: list[Core], clock: HeldClock, before: Steps, there: Steps
) -> None:
    await check(servers, files, clock, before, there)


@pytest.mark.slow
@hypothesis_settings(suppress_health_check=CHECKS, max_examples=6, deadline=None)
@given(before=STEPS, there=STEPS)
async def test_any_board_does_so_in_many_more_runs(
    servers: list[Core], files: list[Core], clock: HeldClock, before: Steps, there: Steps
) -> None:
    await check(servers, files, clock, before, there)
