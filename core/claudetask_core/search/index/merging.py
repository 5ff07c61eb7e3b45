"""Keeps the segments few and free of dead weight.

Segments grow as in a log-structured merge tree (O'Neil et al., 1996): where `FAN` of the same
size class stand side by side they become one of the next class, so each posting is copied a few
times at most, and a question looks into a few segments for each word. Segments of whole batches
wait for that until nothing else is to be done, or they are `MANY`.
"""

import os
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Final

import numpy as np

from claudetask_core.search.text.packed import gathered, without

FAN: Final = 6
MANY: Final = 24
_SMALL: Final = 1
"""The largest class that is no whole batch's."""
_SMALLEST: Final = 64
_LARGEST: Final = 80_000
"""Chunks of one segment at most, as nobody else can write while it is made: about a second."""
_AT_ONCE: Final = 5000
"""Chunks whose postings are in memory at once, where a merge has more."""
_FIRST: Final = ""
_LAST: Final = b""
"""Before and behind every term: SQLite has all bytes behind all text."""
DEAD_SHARE: Final = 0.5
DEAD_MANY: Final = 4000
MOST_RULES: Final = 4
"""So many views of a folder are kept: each change of what is left out makes another."""


def size_class(chunks: int) -> int:
    """Segments of one class differ in size by less than `FAN`."""
    size, number = _SMALLEST, 0
    while chunks > size:
        size *= FAN
        number += 1
    return number


def merge_some(connection: sqlite3.Connection) -> None:
    """Merges what cannot wait; inside the caller's transaction."""
    while some := _chosen(connection, MANY):
        _merge(connection, some)


def merge_rest(connection: sqlite3.Connection) -> None:
    """Merges some of what has waited; inside the caller's transaction."""
    some = _chosen(connection, FAN)
    if some:
        _merge(connection, some)


def is_waiting(connection: sqlite3.Connection) -> bool:
    """Whether there is anything for `merge_rest`."""
    return bool(_chosen(connection, FAN))


def _chosen(connection: sqlite3.Connection, many: int) -> list[tuple[int, int]]:
    """Segments, each with its chunks, of the first class that has enough: `many`, or `FAN` of
    small ones.
    """
    classes: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for segment, chunks in connection.execute("SELECT id, chunks FROM segments ORDER BY id"):
        classes[size_class(chunks)].append((segment, chunks))
    for number, found in classes.items():
        fitting = _fitting([chunks for _, chunks in found])
        if fitting > 1 and len(found) >= (FAN if number <= _SMALL else many):
            return found[:fitting]
    return []


def _fitting(sizes: Sequence[int]) -> int:
    """How many segments, from the first on, go into one."""
    return sum(1 for whole in accumulate(sizes) if whole <= _LARGEST)


def _merge(connection: sqlite3.Connection, some: Sequence[tuple[int, int]]) -> None:
    """Makes one segment of some, a part of the terms at a time, so that little is in memory."""
    segments = [segment for segment, _ in some]
    chunks = sum(size for _, size in some)
    fresh = _new_segment(connection, chunks)
    for low, high in pairwise(_bounds(connection, segments[0], 1 + chunks // _AT_ONCE)):
        rows = gathered(_rows(connection, one, low, high) for one in segments)
        connection.executemany(
            "INSERT INTO postings VALUES (?, ?, ?)", ((fresh, *row) for row in rows)
        )
    _drop(connection, segments)


def _bounds(connection: sqlite3.Connection, segment: int, parts: int) -> list[str | bytes]:
    """Terms between which a segment has about equally many, with what is below and above all."""
    if parts == 1:
        return [_FIRST, _LAST]
    statement = "SELECT term FROM postings WHERE segment = ? ORDER BY term"
    terms = [row[0] for row in connection.execute(statement, (segment,))]
    step = 1 + len(terms) // parts
    return [_FIRST, *terms[step::step], _LAST]


def _new_segment(connection: sqlite3.Connection, chunks: int) -> int:
    return connection.execute(
        "INSERT INTO segments (chunks) VALUES (?) RETURNING id", (chunks,)
    ).fetchone()[0]


def _rows(
    connection: sqlite3.Connection,
    segment: int,
    low: str | bytes = _FIRST,
    high: str | bytes = _LAST,
) -> Iterator[tuple[str, bytes]]:
    """The rows of a segment from one term to before another, in their order."""
    return connection.execute(
        "SELECT term, data FROM postings"
        " WHERE segment = ? AND term >= ? AND term < ? ORDER BY term",
        (segment, low, high),
    )


def _drop(connection: sqlite3.Connection, segments: Sequence[int]) -> None:
    for segment in segments:
        connection.execute("DELETE FROM postings WHERE segment = ?", (segment,))
        connection.execute("DELETE FROM segments WHERE id = ?", (segment,))


def _unused(connection: sqlite3.Connection) -> Iterator[int]:
    """The trees whose folder is gone, and of each folder those beyond `MOST_RULES` that were not
    written to for longest.
    """
    written = "SELECT MAX(seq) FROM entries WHERE tree = id"
    trees = f"SELECT id, root FROM trees ORDER BY ({written}) DESC"  # noqa: S608 — two constants
    seen = Counter[bytes]()
    for tree, root in connection.execute(trees).fetchall():
        seen[root] += 1
        if seen[root] > MOST_RULES or not os.path.isdir(os.fsdecode(root)):  # noqa: PTH112 — bytes that need be no text
            yield tree


def tidy(connection: sqlite3.Connection) -> bool:
    """Forgets trees whose folder is gone or whose rules are of long ago, then, where more than
    `DEAD_SHARE` of the chunks (and more than `DEAD_MANY`) belong to no tree, those chunks and their
    postings.
    """
    for tree in _unused(connection):
        for table in ("entries", "gone", "histories"):
            connection.execute(f"DELETE FROM {table} WHERE tree = ?", (tree,))  # noqa: S608 — a constant
        connection.execute("DELETE FROM trees WHERE id = ?", (tree,))
    numbered = connection.execute("SELECT value FROM counters WHERE name = 'chunks'").fetchone()
    held = connection.execute("SELECT COALESCE(SUM(chunks), 0) FROM segments").fetchone()[0]
    live = connection.execute(
        "SELECT base, chunks FROM blobs WHERE id IN (SELECT blob FROM entries)"
    ).fetchall()
    count = sum(chunks for _, chunks in live)
    if numbered is None or held - count <= max(DEAD_MANY, DEAD_SHARE * held):
        return False
    alive = np.zeros(numbered[0], np.bool_)
    for base, chunks in live:
        alive[base : base + chunks] = True
    connection.execute(
        "DELETE FROM blobs WHERE id NOT IN (SELECT blob FROM entries WHERE blob NOT NULL)"
    )
    connection.execute("DELETE FROM vectors WHERE blob NOT IN (SELECT id FROM blobs)")
    for (segment,) in connection.execute("SELECT id FROM segments").fetchall():
        fresh = _new_segment(connection, 0)
        kept = ((term, without(data, alive)) for term, data in _rows(connection, segment))
        connection.executemany(
            "INSERT INTO postings VALUES (?, ?, ?)",
            ((fresh, term, data) for term, data in kept if data),
        )
        _drop(connection, [segment])
    segments = [row[0] for row in connection.execute("SELECT id FROM segments ORDER BY id")]
    for segment in segments:
        connection.execute(
            "UPDATE segments SET chunks = ? WHERE id = ?", (count // len(segments), segment)
        )
    return True
