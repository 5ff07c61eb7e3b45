"""Over any board: it comes back as it was, and answers as one that was made of the same rows."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.home import Home
from claudetask_core.services.board import transfer
from tests.core.board.edits import STEPS, Steps, answers, lines_of, play
from tests.core.board.test_transfer import dump
from tests.support import HeldClock

pytestmark = pytest.mark.embedded(reason="between two files; tests/postgresql has the other ways")
CHECKS = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@pytest.fixture
async def beside(
    project: Path, clock: HeldClock, settings: Settings, own_home: Path
) -> AsyncGenerator[Core]:
    """Another server of the same board."""
    async with open_core(settings, start=project, home=Home(own_home), clock=clock) as opened:
        yield opened


@pytest.fixture
async def other(
    make_project: Callable[[str], Path], clock: HeldClock, settings: Settings, own_home: Path
) -> AsyncGenerator[Core]:
    """A server of another board."""
    start = make_project("other")
    async with open_core(settings, start=start, home=Home(own_home), clock=clock) as opened:
        yield opened


async def check(
    core: Core, beside: Core, other: Core, clock: HeldClock, empty: list[str], steps: Steps
) -> None:
    await transfer.imported(core.database, empty, replace=True)
    await play([core, beside], clock, steps)
    lines = await lines_of(core)
    await transfer.imported(other.database, lines, replace=True)
    assert await lines_of(other) == lines
    assert await asyncio.to_thread(dump, other) == await asyncio.to_thread(dump, core)
    expected = await answers(other)
    assert await answers(core) == expected
    assert await answers(beside) == expected


@pytest.fixture
async def empty(core: Core) -> list[str]:
    return await lines_of(core)


@hypothesis_settings(suppress_health_check=CHECKS, max_examples=6, deadline=None)
@given(steps=STEPS)
async def test_any_board_comes_back_as_it_was_and_answers_as_one_made_anew(
    core: Core, beside: Core, other: Core, clock: HeldClock, empty: list[str], steps: Steps
) -> None:
    await check(core, beside, other, clock, empty, steps)


@pytest.mark.slow
@hypothesis_settings(suppress_health_check=CHECKS, max_examples=20, deadline=None)
@given(steps=STEPS)
async def test_any_board_does_in_many_more_runs(
    core: Core, beside: Core, other: Core, clock: HeldClock, empty: list[str], steps: Steps
) -> None:
    await check(core, beside, other, clock, empty, steps)
