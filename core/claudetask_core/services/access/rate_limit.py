"""How often a caller may call, by class of call; both faces ask the same limiter.

A moving window (see `limits`): at any moment no more calls than the rate allows lie in the window
that ends there. Storage is any `limits` URI, so several processes can share one budget. Where a
shared storage stops answering, each process counts for itself until it answers again: a limit is
no reason to refuse work, and no limit at all would be worse than one that is not shared.
"""

import logging
import math
import time
from enum import StrEnum

from limits import RateLimitItem, parse, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from claudetask_core.config import Settings
from claudetask_core.errors import RateLimited, Unavailable
from claudetask_core.services.access.rate_limit_storage import (
    STORAGE_FAILURES,
    Opened,
    in_memory,
    open_storage,
    shown,
)

GUESSES = parse("20/minute")
GUESS = "guess"
RETRY_SECONDS = 5.0
JUMP_SECONDS = 10.0
"""By more than so much the clock was set; a clock that is kept right moves less at a time."""

log = logging.getLogger(__name__)


class RateClass(StrEnum):
    READ = "read"
    WRITE = "write"
    SEARCH = "search"
    ANALYSIS = "analysis"


class TooManyCalls(RateLimited):
    code = "rate_limited"


class TooManyGuesses(RateLimited):
    code = "too_many_guesses"

    def __init__(self, wait: int) -> None:
        super().__init__(
            f"Too many wrong tokens came from this address. Wait {wait} s, then try again.",
            retry_after=wait,
        )


class StorageAway(Unavailable):
    code = "rate_limit_storage_away"


class RateLimiter:
    """Counts calls per caller and class.

    Raises:
        ConfigurationInvalid: The storage URI is none that `limits` knows, or needs a library that
            is not installed.
    """

    def __init__(self, settings: Settings) -> None:
        self._enabled = settings.rate_limit_enabled
        self._rates: dict[RateClass, list[RateLimitItem]] = {
            kind: list(parse_many(getattr(settings, f"rate_limit_{kind}"))) for kind in RateClass
        }
        self._name = shown(settings.rate_limit_storage)
        self._opened: Opened = open_storage(settings.rate_limit_storage)
        self._window = MovingWindowRateLimiter(self._opened.storage)
        self._alone = MovingWindowRateLimiter(in_memory())
        self._away_until = 0.0
        self._off = _off()

    async def ready(self) -> None:
        """Asks the storage whether it is there.

        Raises:
            StorageAway: It does not answer; the sentence names the setting.
        """
        try:
            there = await self._opened.storage.check()
        except STORAGE_FAILURES:
            there = False
        if not there:
            raise StorageAway(
                f"The server of CLAUDETASK_RATE_LIMIT_STORAGE ({self._name}) does not answer.",
                next_step="Start it, correct the address or its password, or use memory://.",
            )

    async def close(self) -> None:
        """Closes the connections to the storage."""
        await self._opened.close()

    async def hit(self, caller: str, kind: RateClass) -> None:
        """Counts one call.

        Args:
            caller: Whose budget it is.
            kind: The class of the call.

        Raises:
            TooManyCalls: The budget is used up; `retry_after` is the wait in seconds.
        """
        if not self._enabled:
            return
        for rate in self._rates[kind]:
            wait = await self._taken(rate, caller, kind.value)
            if wait is not None:
                raise TooManyCalls(
                    f"Too many {kind} calls: the limit is {rate.amount} per "
                    f"{_window_name(rate)}. Wait {wait} s, then repeat the call.",
                    retry_after=wait,
                )

    async def may_guess(self, address: str) -> None:
        """Lets an address try a token that a person chose, if it was not wrong too often.

        Raises:
            TooManyGuesses: It was; this holds whether other calls are counted or not.
        """
        await self._heed_clock()
        window = self._present()
        try:
            left = await window.test(GUESSES, address, GUESS)
        except STORAGE_FAILURES as error:
            window = self._lost(error)
            left = await window.test(GUESSES, address, GUESS)
        if not left:
            raise TooManyGuesses(await self._wait(window, GUESSES, address, GUESS))

    async def guessed(self, address: str) -> None:
        """Counts a wrong token.

        Raises:
            TooManyGuesses: It was one too many.
        """
        wait = await self._taken(GUESSES, address, GUESS)
        if wait is not None:
            raise TooManyGuesses(wait)

    async def _taken(self, rate: RateLimitItem, caller: str, kind: str) -> int | None:
        """Takes one from a budget; the wait in seconds where nothing is left of it."""
        await self._heed_clock()
        window = self._present()
        try:
            if await window.hit(rate, caller, kind):
                return None
            return await self._wait(window, rate, caller, kind)
        except STORAGE_FAILURES as error:
            window = self._lost(error)
        if await window.hit(rate, caller, kind):
            return None
        return await self._wait(window, rate, caller, kind)

    @staticmethod
    async def _wait(
        window: MovingWindowRateLimiter, rate: RateLimitItem, caller: str, kind: str
    ) -> int:
        stats = await window.get_window_stats(rate, caller, kind)
        return min(rate.get_expiry(), max(1, math.ceil(stats.reset_time - time.time())))

    async def _heed_clock(self) -> None:
        """Forgets what is counted here where the clock was set: it lies years ahead otherwise.

        What is counted in Redis ends by the clock there, after a window at the latest.
        """
        off = _off()
        if abs(off - self._off) > JUMP_SECONDS:
            self._off = off
            for window in (self._window, self._alone):
                if isinstance(window.storage, MemoryStorage):
                    await window.storage.reset()

    def _present(self) -> MovingWindowRateLimiter:
        """The shared window, or this process's own while the shared one is known to be away."""
        if time.monotonic() < self._away_until:
            return self._alone
        if self._away_until:
            self._away_until = 0.0
            log.warning("trying the rate limits' storage %s again", self._name)
        return self._window

    def _lost(self, error: Exception) -> MovingWindowRateLimiter:
        """Has this process count for itself for a while; says so without the address's secrets."""
        self._away_until = time.monotonic() + RETRY_SECONDS
        log.error(
            "The rate limits' storage %s does not count (%s): each server counts for itself "
            "until it does.",
            self._name,
            type(error.__cause__ or error).__name__,
        )
        return self._alone


def _off() -> float:
    """How far the clock is from one that nobody sets."""
    return time.time() - time.monotonic()


def _window_name(rate: RateLimitItem) -> str:
    seconds = rate.get_expiry()
    name = rate.GRANULARITY.name
    return name if rate.multiples == 1 else f"{seconds} s"
