"""A board goes with the program only where nothing on it is anybody's."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.disk.replace import NotWritable
from claudetask_core.services.setup.board import remove_board, worth_keeping


def test_a_board_is_worth_keeping_for_what_is_somebodys_on_it(
    project: Path, tmp_path: Path
) -> None:
    board = project / ".claudetask"
    assert worth_keeping(board, ()) == []
    (board / "config.toml").touch()
    copies = KeptCopies(board / "kept")
    copies.keep(project, "a", project / "a", b"former")
    assert worth_keeping(board, ()) == [
        "it keeps 1 former version of your files",
        "it holds config.toml",
    ]
    with closing(sqlite3.connect(board / "claudetask.db")) as database, database:
        database.execute(
            "INSERT INTO history (task_id, at, actor, version, action)"
            " VALUES (1, '2026-01-05 09:00:00', 'ann', 1, 'deleted')"
        )
    assert worth_keeping(board, ())[0] == "it holds the history of deleted tasks"
    with closing(sqlite3.connect(board / "claudetask.db")) as database, database:
        database.execute("DELETE FROM history")
        database.execute(
            "INSERT INTO tokens (key, name, digest, scope, created_at, created_by)"
            " VALUES ('0da0ec56c662', 'ann', '', 'read', '2026-01-05 09:00:00', 'user')"
        )
    assert worth_keeping(board, ())[0] == "it knows 1 token"
    with closing(sqlite3.connect(board / "claudetask.db")) as database, database:
        database.execute("DROP TABLE tokens")  # as in a board of an older version
    assert worth_keeping(board, ())[0] == "it keeps 1 former version of your files"
    (board / "claudetask.db").write_bytes(b"no database at all" * 100)
    assert "its database cannot be read" in worth_keeping(board, ())[0]
    remove_board(board)
    remove_board(board)
    (tmp_path / "link").symlink_to(tmp_path)
    assert worth_keeping(tmp_path / "link", ()) == ["it is a link"]
    with pytest.raises(NotWritable):
        remove_board(tmp_path / "link")
