"""The index files of two versions of the program beside each other."""

import os
import time
from pathlib import Path

import pytest

from claudetask_core.search.index import connection, files, schema
from tests.core.search.projects import Project
from tests.core.search.trees import PARSER

DAY = 24 * 3600


def kept(folder: Path, name: str, *, days: int) -> Path:
    """A file that was last written `days` ago."""
    path = folder / name
    path.touch()
    then = time.time() - days * DAY
    os.utime(path, (then, then))
    return path


async def test_two_versions_that_run_at_once_keep_an_index_each(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    await project.service.wait()
    (mine,) = (project.folder / "data" / "index").glob("*.db")
    number = mine.stat().st_ino
    for module in (schema, connection, files):
        monkeypatch.setattr(module, "FORMAT", schema.FORMAT + 1)
    newer = project.another()
    await newer.wait()
    assert (await newer.state()).files == 1
    await newer.close()
    monkeypatch.undo()
    (project.root / "parser.py").write_text(PARSER, encoding="utf-8")
    assert await project.paths("parse_header") == ["parser.py"]
    assert mine.stat().st_ino == number
    assert len(list(mine.parent.glob("*.db"))) == 2


def test_what_other_versions_left_goes_after_a_week(tmp_path: Path) -> None:
    mine = kept(tmp_path, files.file_in(tmp_path).name, days=30)
    for name in ("code.db", "code.db-wal", "code.db.lock", "code-3.db"):
        kept(tmp_path, name, days=8)
    used = [kept(tmp_path, "code-4.db", days=8), kept(tmp_path, "code-4.db-wal", days=1)]
    sets = kept(tmp_path, "sets", days=30)
    files.delete_unused(tmp_path)
    assert set(tmp_path.iterdir()) == {mine, sets, *used}


def test_a_folder_that_is_not_there_has_nothing_to_lose(tmp_path: Path) -> None:
    files.delete_unused(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []
