"""Names that the tests of this face share."""

from collections.abc import Awaitable, Callable
from typing import Any

BASE = "http://127.0.0.1:8765"
Json = dict[str, Any]
MakeTask = Callable[..., Awaitable[Json]]
