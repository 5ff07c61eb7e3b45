import time

import pytest
from limits.aio import strategies
from limits.aio.storage import memory

from claudetask_core.config import Settings
from claudetask_core.errors import DomainError, RateLimited
from claudetask_core.services.access import rate_limit
from claudetask_core.services.access.rate_limit import RateClass, RateLimiter

YEAR = 365 * 24 * 3600.0


class SetClock:
    """A clock that somebody sets, beside one that nobody can."""

    monotonic = time.monotonic

    def __init__(self) -> None:
        self.off = 0.0

    def time(self) -> float:
        return time.time() + self.off


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    clock = SetClock()
    for module in (rate_limit, memory, strategies):
        monkeypatch.setattr(module, "time", clock)
    return clock


async def test_the_call_after_the_last_one_is_refused_and_names_the_wait() -> None:
    limiter = RateLimiter(Settings(rate_limit_read="3/minute"))
    for _ in range(3):
        await limiter.hit("a", RateClass.READ)
    with pytest.raises(RateLimited) as refusal:
        await limiter.hit("a", RateClass.READ)
    assert 1 <= refusal.value.retry_after <= 60
    assert f"Wait {refusal.value.retry_after} s" in str(refusal.value)
    assert "3 per minute" in str(refusal.value)


async def test_callers_and_classes_have_budgets_of_their_own() -> None:
    limiter = RateLimiter(Settings(rate_limit_read="1/minute", rate_limit_write="1/2 minutes"))
    await limiter.hit("a", RateClass.READ)
    await limiter.hit("b", RateClass.READ)
    await limiter.hit("a", RateClass.WRITE)
    with pytest.raises(RateLimited, match="1 per 120 s"):
        await limiter.hit("a", RateClass.WRITE)


async def test_several_rates_hold_together() -> None:
    limiter = RateLimiter(Settings(rate_limit_search="5/second; 2/minute"))
    await limiter.hit("a", RateClass.SEARCH)
    await limiter.hit("a", RateClass.SEARCH)
    with pytest.raises(RateLimited, match="2 per minute"):
        await limiter.hit("a", RateClass.SEARCH)


async def test_switched_off_it_counts_nothing() -> None:
    limiter = RateLimiter(Settings(rate_limit_read="1/day", rate_limit_enabled=False))
    for _ in range(5):
        await limiter.hit("a", RateClass.READ)


@pytest.mark.parametrize("uri", ["nonsense://", "", "redis://h:port"])
def test_a_storage_that_cannot_be_used_stops_the_start_and_is_named(uri: str) -> None:
    with pytest.raises(DomainError) as refusal:
        RateLimiter(Settings(rate_limit_storage=uri))
    assert refusal.value.code == "configuration_invalid"
    assert "CLAUDETASK_RATE_LIMIT_STORAGE" in str(refusal.value)


@pytest.mark.parametrize("years", [-3, 3])
async def test_a_clock_that_is_set_locks_nobody_out(set_clock: SetClock, years: int) -> None:
    limiter = RateLimiter(Settings(rate_limit_read="2/minute"))
    for off in (0, years * YEAR, 0):
        set_clock.off = off
        for _ in range(2):
            await limiter.hit("a", RateClass.READ)
        with pytest.raises(RateLimited) as refusal:
            await limiter.hit("a", RateClass.READ)
        assert 1 <= refusal.value.retry_after <= 60


async def test_a_clock_that_is_set_locks_out_nobody_who_guessed(set_clock: SetClock) -> None:
    limiter = RateLimiter(Settings())
    for _ in range(20):
        await limiter.guessed("10.0.0.1")
    with pytest.raises(RateLimited):
        await limiter.may_guess("10.0.0.1")
    set_clock.off = -3 * YEAR
    await limiter.may_guess("10.0.0.1")


async def test_a_clock_that_is_kept_right_gives_no_budget_back(set_clock: SetClock) -> None:
    limiter = RateLimiter(Settings(rate_limit_read="1/minute"))
    await limiter.hit("a", RateClass.READ)
    set_clock.off = -2.0
    with pytest.raises(RateLimited) as refusal:
        await limiter.hit("a", RateClass.READ)
    assert refusal.value.retry_after <= 60
