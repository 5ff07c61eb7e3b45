"""The faults of bench/faults.py, each once; the one that takes minutes is left to the campaign."""

import pytest

from bench.faults import FAULTS, Outcome, campaign, table

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "locked"])
async def test_nothing_acknowledged_is_lost_and_the_next_call_is_answered(fault: str) -> None:
    outcomes = await campaign([fault], times=1, until=0, lock_seconds=0, seed=1)
    if not outcomes:
        pytest.skip(f"the fault {fault} needs a mount, which only root may make, or PostgreSQL")
    assert outcomes[fault].good, outcomes[fault]


def test_the_table_says_what_was_done_and_what_became_of_it() -> None:
    assert table({"kill": Outcome(injected=3, lost=1, answered=2)}).endswith(
        "| kill -9 while four clients write | 3 | 1 | 2 |"
    )
    outcome = Outcome(injected=1, answered=1)
    outcome.expect("503: Free some space", "503", "space")
    assert outcome.good
    outcome.expect(None, "503")
    assert not outcome.good
