"""A board whose Claude is a scripted stand-in."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.services.analysis import analyses as analysis
from tests.core.analysis.support import FakeClaude, inside
from tests.support import HeldClock


@pytest.fixture
def fake(tmp_path: Path) -> FakeClaude:
    return FakeClaude(tmp_path / "fake")


@pytest.fixture
def settings(fake: FakeClaude) -> Settings:
    return Settings(
        rate_limit_enabled=False,
        analysis_provider="auto",
        claude_bin=str(fake.binary),
        index_watch=False,
    )


@pytest.fixture
async def core(
    project: Path,
    clock: HeldClock,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Core]:
    """An open board; its analyses ask no index, which would cost each test its building."""
    monkeypatch.setattr(analysis, "TICK_SECONDS", 0.05)
    async with open_core(settings, start=project, home=None, clock=clock) as opened:
        work = inside(opened, "work")
        monkeypatch.setattr(work, "context", replace(work.context, search=None))
        yield opened
