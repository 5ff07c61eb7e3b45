"""What time it is, as something a test can hold still."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...

    def elapsed(self) -> float:
        """Seconds since some moment: nobody sets them, and a machine that sleeps adds none."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed(self) -> float:
        return time.monotonic()
