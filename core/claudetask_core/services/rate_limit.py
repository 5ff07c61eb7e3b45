"""How often a caller may call, by class of call; both faces ask the same limiter.

A moving window (see `limits`): at any moment no more calls than the rate allows lie in the window
that ends there. Storage is any `limits` URI, so several processes can share one budget.
"""

import math
import time
from enum import StrEnum

from limits import RateLimitItem, parse_many
from limits.aio.storage import Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import ConfigurationError
from limits.storage import storage_from_string

from claudetask_core.config import ConfigurationInvalid, Settings
from claudetask_core.errors import RateLimited


class RateClass(StrEnum):
    READ = "read"
    WRITE = "write"
    SEARCH = "search"
    ANALYSIS = "analysis"


class TooManyCalls(RateLimited):
    code = "rate_limited"


class RateLimiter:
    """Counts calls per caller and class.

    Raises:
        ConfigurationInvalid: The storage URI is none that `limits` knows.
    """

    def __init__(self, settings: Settings) -> None:
        self._enabled = settings.rate_limit_enabled
        self._rates: dict[RateClass, list[RateLimitItem]] = {
            kind: list(parse_many(getattr(settings, f"rate_limit_{kind}"))) for kind in RateClass
        }
        self._window = MovingWindowRateLimiter(_storage(settings.rate_limit_storage))

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
            if not await self._window.hit(rate, caller, kind.value):
                window = await self._window.get_window_stats(rate, caller, kind.value)
                wait = max(1, math.ceil(window.reset_time - time.time()))
                raise TooManyCalls(
                    f"Too many {kind} calls: the limit is {rate.amount} per "
                    f"{_window_name(rate)}. Wait {wait} s, then repeat the call.",
                    retry_after=wait,
                )


def _window_name(rate: RateLimitItem) -> str:
    seconds = rate.get_expiry()
    name = rate.GRANULARITY.name
    return name if rate.multiples == 1 else f"{seconds} s"


def _storage(uri: str) -> Storage:
    address = uri if uri.startswith("async+") else f"async+{uri}"
    try:
        storage = storage_from_string(address)
    except (ConfigurationError, ImportError, ValueError) as error:
        raise ConfigurationInvalid(
            f"Setting CLAUDETASK_RATE_LIMIT_STORAGE is wrong: {error}.",
            next_step="Use memory:// or an address that the limits library knows.",
        ) from error
    if not isinstance(storage, Storage):
        raise ConfigurationInvalid(
            "Setting CLAUDETASK_RATE_LIMIT_STORAGE is wrong: it cannot be used asynchronously.",
            next_step="Use memory:// or redis://HOST:PORT.",
        )
    return storage
