"""Where calls are counted: in this process, or at a server that several share.

Redis is spoken to by Redis' own client, which `limits` calls redispy, over a pool of ours, so that
every wait is bounded and the connections are closed when the program ends.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

from limits.aio.storage import MemoryStorage, MovingWindowSupport, Storage
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from claudetask_core.config import ConfigurationInvalid

WAIT_SECONDS = 1.0
STORAGE_FAILURES = (StorageError, OSError, TimeoutError)
REDIS = re.compile(r"(?:async\+)?(rediss?://|redis\+unix://)(.*)", re.DOTALL)
EXTRA = "claudetask-mcp[redis]"


@dataclass(frozen=True)
class Opened:
    """A storage, and how its connections are closed."""

    storage: Storage
    close: Callable[[], Awaitable[None]]


def open_storage(uri: str) -> Opened:
    """The storage behind an address.

    Raises:
        ConfigurationInvalid: There is none, or its library is not installed; the sentence shows
            nothing of the address that may be secret.
    """
    redis = REDIS.fullmatch(uri)
    try:
        if redis is not None:
            return _redis(redis[1], redis[2])
        address = uri if uri.startswith("async+") else f"async+{uri}"
        storage = storage_from_string(address, wrap_exceptions=True)
    except ImportError:
        raise _wrong(f"{shown(uri)} needs a library", f"Install {EXTRA}.") from None
    except (ConfigurationError, ValueError, TypeError):
        raise _wrong(
            f"{shown(uri)} is no storage address",
            "Use memory:// or redis://HOST:PORT, or another address that the limits library knows.",
        ) from None
    if not isinstance(storage, Storage) or not isinstance(storage, MovingWindowSupport):
        raise _wrong(f"{shown(uri)} cannot be used here", "Use memory:// or redis://HOST:PORT.")
    return Opened(storage, _nothing)


def in_memory() -> Storage:
    return MemoryStorage()


def shown(uri: str) -> str:
    """An address without user, password and query."""
    scheme, found, rest = uri.partition("://")
    host = rest.partition("?")[0].rpartition("@")[2]
    return f"{scheme[:30]}://{host[:80]}" if found else "the value"


def _redis(scheme: str, rest: str) -> Opened:
    from limits.aio.storage import RedisStorage  # noqa: PLC0415 — few need it
    from redis.asyncio import ConnectionPool  # noqa: PLC0415 — as above, and it is an extra
    from redis.asyncio.retry import Retry  # noqa: PLC0415 — as above
    from redis.backoff import NoBackoff  # noqa: PLC0415 — as above

    address = "unix://" if scheme == "redis+unix://" else scheme
    pool: ConnectionPool = ConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType] — untyped options
        address + rest,
        socket_timeout=WAIT_SECONDS,
        socket_connect_timeout=WAIT_SECONDS,
        retry=Retry(NoBackoff(), 1),  # a connection that idled may be dead though the server lives
    )
    # the pool holds the address; what limits is given names nothing secret
    storage = RedisStorage(
        "async+redis://",
        wrap_exceptions=True,
        implementation="redispy",
        connection_pool=cast("str", pool),
    )

    async def close() -> None:
        await pool.disconnect()

    return Opened(storage, close)


async def _nothing() -> None:
    """Has nothing to close."""


def _wrong(why: str, next_step: str) -> ConfigurationInvalid:
    return ConfigurationInvalid(
        f"Setting CLAUDETASK_RATE_LIMIT_STORAGE is wrong: {why}.", next_step=next_step
    )
