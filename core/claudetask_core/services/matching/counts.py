"""How many tasks there are of each status, type and priority, as it is kept (`tasks_counted`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Integer, String, column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

FILTERS: Final = ("status", "type", "priority")
COUNTED: Final = table(
    "tasks_counted",
    *(column(name, String) for name in FILTERS),
    column("tasks", Integer),
)
COUNTS: Final = select(COUNTED).where(COUNTED.c.tasks > 0)
Equal = Mapping[str, str]
"""What tasks are filtered by: names of `FILTERS` and a value for each."""
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Counts:
    """How many tasks there are of each status, type and priority together."""

    counted: Mapping[Key, int]

    def of(self, equal: Equal) -> int:
        """How many fit a filter."""
        return sum(count for key, count in self.counted.items() if _fits(key, equal))

    def of_each(self, name: str, equal: Equal) -> Mapping[str, int]:
        """How many fit it of each value of a column."""
        place = FILTERS.index(name)
        found: dict[str, int] = {}
        for key, count in self.counted.items():
            if _fits(key, equal):
                found[key[place]] = found.get(key[place], 0) + count
        return found


async def counts(session: AsyncSession) -> Counts:
    rows = await session.execute(COUNTS)
    return Counts({(status, kind, priority): tasks for status, kind, priority, tasks in rows.all()})


def _fits(key: Key, equal: Equal) -> bool:
    return all(equal.get(name, value) == value for name, value in zip(FILTERS, key, strict=True))
