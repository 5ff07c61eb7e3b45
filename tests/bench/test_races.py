"""The races of bench/races.py, at a size that fits a test run."""

from collections import Counter

import pytest

from bench import races

pytestmark = pytest.mark.slow


async def test_each_task_is_given_once_over_both_faces() -> None:
    """Elsewhere three of three agents were given the same task."""
    assert await races.drain(4, 24) == Counter(races.numbers(24))


async def test_tasks_of_killed_holders_are_taken_over_and_their_late_writes_refused() -> None:
    assert await races.holders(2) == []


async def test_no_create_and_no_note_is_lost_and_none_of_the_killed_writers() -> None:
    """Elsewhere 12 to 30 of 50 acknowledged creates survived."""
    assert await races.writes(4, processes=4, each=5) == []
