"""What a Python's SQLite must be able to, for a board to be opened by it."""

import sqlite3

import pytest

from claudetask_core.db import derived
from claudetask_core.db.derived import SqliteTooOld, require_sqlite


def test_the_library_here_will_do() -> None:
    require_sqlite()


def test_an_older_library_is_refused_and_both_versions_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))
    with pytest.raises(SqliteTooOld, match=r"needs 3\.34 or newer"):
        require_sqlite()


def test_a_library_without_json_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "MAKES_JSON", "a_function_that_it_has_not")
    with pytest.raises(SqliteTooOld, match="with JSON"):
        require_sqlite()
