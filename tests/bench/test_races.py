"""The races of bench/races.py, at a size that fits a test run."""

import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def races() -> ModuleType:
    file = Path(__file__).parents[2] / "bench" / "races.py"
    spec = importlib.util.spec_from_file_location("races", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_each_task_is_given_once_over_both_faces(races: ModuleType) -> None:
    """Elsewhere three of three agents were given the same task."""
    assert await races.drain(4, 24) == Counter(range(1, 25))
