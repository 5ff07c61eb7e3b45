"""Boards of any size, made by SQL in seconds, that read as boards do: most words are seldom."""

import itertools
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from claudetask_core.config import Settings
from claudetask_core.core import DATABASE, open_core
from claudetask_core.db import derived

STATUSES: Final = (
    ("Done", 0.80),
    ("Backlog", 0.12),
    ("Ready", 0.04),
    ("In Progress", 0.01),
    ("Testing", 0.01),
    ("Code Review", 0.01),
    ("Analysis", 0.01),
)
WORDS: Final = 20_000
FLAT: Final = 10
"""So many of the most frequent words are about as frequent as each other."""
STEP: Final = 100
FIRSTS: Final = ("b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr", "pr")
LASTS: Final = ("", "", "", "n", "r", "s", "t", "l", "nd", "ng")
OF_TITLE: Final = 6
OF_TEXT: Final = 40
FIRST: Final = datetime(2024, 1, 1)  # noqa: DTZ001 — as the board keeps it, in UTC
COLUMNS: Final = (
    *("id", "title", "description", "type", "priority", "status", "last_criterion"),
    *("notes_count", "version", "created_at", "updated_at", "completed_at"),
)
DEPEND: Final = "INSERT INTO dependencies SELECT id, id - 7 FROM tasks WHERE id % 9 = 0 AND id > 7"
YEARS: Final = 2 * 365 * 24 * 60


async def make(folder: Path, count: int, settings: Settings) -> None:
    """A project in the folder with so many tasks; most are done, as on a board that is used.

    Where the settings name a server's database, it must hold none.
    """
    async with open_core(settings, start=folder, home=None):
        pass
    if settings.database_url is not None:
        await _make_in_server(settings.database_url, count)
        return
    with closing(sqlite3.connect(folder / ".claudetask" / DATABASE)) as board:
        board.execute("PRAGMA synchronous = OFF")
        places = ", ".join("?" * len(COLUMNS))
        board.executemany(
            f"INSERT INTO tasks ({', '.join(COLUMNS)}) VALUES ({places})",  # noqa: S608 — names of ours
            _rows(count),
        )
        board.execute(
            "INSERT INTO tasks_fts (rowid, title, description, analysis, notes, files)"
            " SELECT id, title, description, '', '', '' FROM tasks"
        )
        board.execute(DEPEND)
        for statement in derived.ANEW:
            board.execute(statement)
        board.commit()
        board.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _make_in_server(url: str, count: int) -> None:
    """The same there, but for the index of words."""
    import asyncpg  # noqa: PLC0415 — an extra that only boards in a server need

    board: Any = await asyncpg.connect(url.replace("+asyncpg", ""))
    if await board.fetchval("SELECT count(*) FROM tasks"):
        raise SystemExit("The database holds tasks; name an empty one.")
    await board.execute("ALTER TABLE tasks DISABLE TRIGGER USER")
    rows = ((*row[:-3], *map(_moment, row[-3:])) for row in _rows(count))
    await board.copy_records_to_table("tasks", records=rows, columns=COLUMNS)
    await board.execute("ALTER TABLE tasks ENABLE TRIGGER USER")
    numbered = "SELECT setval(pg_get_serial_sequence('tasks', 'id'), $1)"
    await board.execute(numbered.replace("$1", str(count)))
    for statement in (DEPEND, *derived.ANEW_IN_SERVER, "VACUUM ANALYZE"):
        await board.execute(statement)
    await board.close()


async def clear(url: str) -> None:
    """Takes all tasks out of a server's database again."""
    import asyncpg  # noqa: PLC0415 — as above

    board: Any = await asyncpg.connect(url.replace("+asyncpg", ""))
    await board.execute("TRUNCATE tasks RESTART IDENTITY CASCADE")
    await board.close()


def _moment(said: object) -> datetime | None:
    return None if said is None else datetime.fromisoformat(str(said)).replace(tzinfo=UTC)


@cache
def vocabulary() -> list[str]:
    """Words that can be spoken, the most frequent first; each part of one is in others too."""
    source = random.Random(2)  # noqa: S311 — as below
    parts = [first + vowel + last for first in FIRSTS for vowel in "aeiou" for last in LASTS]
    made: dict[str, None] = {}
    while len(made) < WORDS:
        made["".join(source.choices(parts, k=source.randint(1, 3)))] = None
    return list(made)


def rank(tasks: int, hits: int) -> int:
    """Which word of the vocabulary so many of so many tasks hold; the last one where none does."""
    words = (OF_TITLE + OF_TEXT) * tasks / sum(1 / (n + FLAT) for n in range(WORDS))
    return min(round(words / hits) - FLAT, WORDS - STEP)


def _rows(count: int) -> Iterator[tuple[object, ...]]:
    source = random.Random(1)  # noqa: S311 — made-up text, the same each time
    words = vocabulary()
    weights = list(itertools.accumulate(1 / (number + FLAT) for number in range(WORDS)))
    names, shares = zip(*STATUSES, strict=True)
    for number in range(1, count + 1):
        said = source.choices(words, cum_weights=weights, k=OF_TITLE + OF_TEXT)
        status = source.choices(names, shares)[0]
        at = (FIRST + timedelta(minutes=source.randrange(YEARS))).isoformat(" ") + ".000000"
        yield (
            number,
            " ".join(said[:OF_TITLE]),
            " ".join(said[OF_TITLE:]),
            source.choice(("Feature", "Bug")),
            source.choice(("High", "Medium", "Low")),
            status,
            0,
            0,
            1,
            at,
            at,
            at if status == "Done" else None,
        )
