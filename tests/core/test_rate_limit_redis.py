"""Budgets that several servers share in a real Redis, and what happens when it is lost."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.config import Settings
from claudetask_core.errors import DomainError
from claudetask_core.services.access import rate_limit, rate_limit_storage
from claudetask_core.services.access.rate_limit import RateClass, RateLimiter, TooManyCalls
from tests.redis import PASSWORD, Redis, real_redis


class Later:
    """The clock of the limiter, a little more than the pause before the next try later."""

    time = time.time

    @staticmethod
    def monotonic() -> float:
        return time.monotonic() + rate_limit.RETRY_SECONDS


Made = Callable[..., RateLimiter]
SOON = 20


@pytest.fixture
def redis(tmp_path: Path) -> Generator[Redis]:
    with real_redis(tmp_path) as running:
        yield running


@pytest.fixture
async def limiter(redis: Redis) -> AsyncGenerator[Made]:
    """Makes what each server has of its own."""
    made: list[RateLimiter] = []

    def make(url: str = redis.url, **rates: str) -> RateLimiter:
        chosen: dict[str, Any] = {f"rate_limit_{name}": rate for name, rate in rates.items()}
        made.append(RateLimiter(Settings(rate_limit_storage=url, **chosen)))
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def taken(one: RateLimiter, kind: RateClass = RateClass.READ) -> bool:
    try:
        await asyncio.wait_for(one.hit("ann", kind), SOON)
    except TooManyCalls:
        return False
    return True


async def test_two_servers_share_one_budget(limiter: Made) -> None:
    one, other = limiter(read="3/minute"), limiter(read="3/minute")
    await one.ready()
    assert [await taken(each) for each in (one, other, one, other, one)] == [True] * 3 + [False] * 2
    await one.hit("bob", RateClass.READ)
    with pytest.raises(TooManyCalls) as refusal:
        await other.hit("ann", RateClass.READ)
    assert 1 <= refusal.value.retry_after <= 60


async def test_guesses_are_counted_over_all_servers(limiter: Made) -> None:
    one, other = limiter(), limiter()
    for number in range(20):
        await (one, other)[number % 2].guessed("10.0.0.1")
    for server in (one, other):
        with pytest.raises(DomainError) as refusal:
            await server.may_guess("10.0.0.1")
        assert refusal.value.code == "too_many_guesses"
    await one.may_guess("10.0.0.2")


@pytest.mark.parametrize("address", ["{url}", "redis://:wrong-{password}@127.0.0.1:{port}/0"])
async def test_a_server_that_does_not_answer_at_the_start_is_named_without_its_password(
    redis: Redis, limiter: Made, address: str
) -> None:
    url = address.format(url=redis.url, password=PASSWORD, port=redis.port)
    if url == redis.url:
        redis.stop()
    with pytest.raises(DomainError) as refusal:
        await asyncio.wait_for(limiter(url).ready(), SOON)
    assert refusal.value.code == "rate_limit_storage_away"
    assert "CLAUDETASK_RATE_LIMIT_STORAGE" in str(refusal.value)
    assert f"127.0.0.1:{redis.port}" in str(refusal.value)
    assert PASSWORD not in str(refusal.value)


async def test_the_log_says_why_redis_does_not_count(
    redis: Redis, limiter: Made, caplog: pytest.LogCaptureFixture
) -> None:
    one = limiter(read="2/minute")
    assert await taken(one)
    redis.set("maxmemory", "1")
    assert [await taken(one) for _ in range(3)] == [True, True, False]
    assert "does not count (OutOfMemoryError)" in caplog.text


async def test_without_redis_each_server_counts_for_itself_until_it_is_back(
    redis: Redis,
    limiter: Made,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    one, other = limiter(read="2/minute"), limiter(read="2/minute")
    assert [await taken(one), await taken(other), await taken(one)] == [True, True, False]
    redis.stop()
    for server in (one, other):
        assert [await taken(server) for _ in range(3)] == [True, True, False]
    await one.may_guess("10.0.0.1")
    said = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(said) == 2  # once a server, not once a call
    assert f"127.0.0.1:{redis.port}" in said[0].getMessage()
    assert PASSWORD not in caplog.text
    redis.start()
    monkeypatch.setattr(rate_limit, "time", Later)
    assert [await taken(one), await taken(other), await taken(one)] == [True, True, False]


async def test_a_guess_while_redis_is_lost_is_counted_here(redis: Redis, limiter: Made) -> None:
    one = limiter()
    redis.stop()
    await asyncio.wait_for(one.may_guess("10.0.0.1"), SOON)
    for _ in range(20):
        await one.guessed("10.0.0.1")
    with pytest.raises(DomainError) as refusal:
        await one.guessed("10.0.0.1")
    assert refusal.value.code == "too_many_guesses"


async def test_a_call_waits_for_a_frozen_redis_no_longer_than_it_says(
    redis: Redis, limiter: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit_storage, "WAIT_SECONDS", 0.1)
    one = limiter(read="2/minute")
    assert await taken(one)
    assert redis.process is not None
    os.kill(redis.process.pid, signal.SIGSTOP)
    try:
        assert [await taken(one) for _ in range(3)] == [True, True, False]
    finally:
        os.kill(redis.process.pid, signal.SIGCONT)


async def test_without_its_library_redis_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(DomainError) as refusal:
        RateLimiter(Settings(rate_limit_storage=f"redis://:{PASSWORD}@h/0"))
    assert refusal.value.code == "configuration_invalid"
    assert "claudetask-mcp[redis]" in str(refusal.value)
    assert PASSWORD not in str(refusal.value)


@pytest.mark.parametrize(
    "uri", [f"redis://:{PASSWORD}@h:port/0", f"nonsense://u:{PASSWORD}@h", PASSWORD]
)
def test_a_wrong_address_is_refused_without_its_password(uri: str) -> None:
    with pytest.raises(DomainError) as refusal:
        RateLimiter(Settings(rate_limit_storage=uri))
    assert refusal.value.code == "configuration_invalid"
    assert PASSWORD not in str(refusal.value)


async def test_sockets_of_redis_are_addresses_too(redis: Redis) -> None:
    unix = RateLimiter(Settings(rate_limit_storage="redis+unix:///nowhere/redis.sock"))
    with pytest.raises(rate_limit.StorageAway):
        await unix.ready()
    await unix.close()
