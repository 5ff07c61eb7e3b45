"""Whether two index files say the same of a tree, whatever numbers their chunks have."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from claudetask_core.search.index.store import Store
from claudetask_core.search.text.packed import unpack

Said = dict[str, Any]


def is_sound(database: Path) -> bool:
    """Whether SQLite finds nothing wrong in the file."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def difference(root: Path, one: Path, other: Path) -> str | None:
    """The first thing that differs, None where nothing does."""
    first, second = _said(root, one), _said(root, other)
    for key in sorted(first.keys() | second.keys()):
        if first.get(key) != second.get(key):
            return f"{key}: {first.get(key)!r:.200} / {second.get(key)!r:.200}"
    return None


def _rules(database: Path) -> bytes:
    """Those of the one tree that the file holds."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT rules FROM trees").fetchone()[0]


def _said(root: Path, database: Path) -> Said:
    """By path what is kept of each file, by term the places where it stands."""
    said: Said = {}
    places: dict[int, tuple[bytes, int]] = {}
    store = Store(database, root, _rules(database))
    try:
        for _, row in store.files_after(0):
            blob = row.blob
            kept = None
            if blob is not None:
                kept = (
                    blob.length,
                    blob.definitions,
                    blob.lengths,
                    store.chunks([blob.id])[blob.id],
                )
                for number in range(blob.chunks):
                    places[blob.base + number] = (row.digest, number)
            said[f"file {row.path}"] = (row.digest, row.language, kept)
        for term in _terms(database):
            chunks, times = unpack(b"".join(data for _, data in store.postings([term])))
            counted = zip(chunks.tolist(), times.tolist(), strict=True)
            where = sorted((places[chunk], count) for chunk, count in counted if chunk in places)
            if where:
                said[f"term {term}"] = where
    finally:
        store.close()
    return said


def _terms(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [row[0] for row in connection.execute("SELECT DISTINCT term FROM postings")]
