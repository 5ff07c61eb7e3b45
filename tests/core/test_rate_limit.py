import pytest

from claudetask_core.config import Settings
from claudetask_core.errors import DomainError, RateLimited
from claudetask_core.services.rate_limit import RateClass, RateLimiter


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
