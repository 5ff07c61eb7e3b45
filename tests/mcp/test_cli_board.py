"""`claudetask-mcp board …` as a person uses it."""

import errno
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from claudetask_core.core import INDEX, SETS
from claudetask_core.services.matching import number_sets, postings_file, sets_file
from claudetask_core.services.matching.postings_file import POSTINGS
from tests.core.tasks.sets import FEW, few
from tests.mcp.support import Run

pytestmark = pytest.mark.embedded(reason="copies are of the file; tests/postgresql has the rest")


def nothing(*_: object) -> None:
    """Does nothing."""


def made_by(out: str) -> Path:
    return Path(out.removeprefix("Copied to ").removesuffix(".\n"))


def test_a_board_is_copied_checked_and_restored(run: Run, project: Path) -> None:
    run("task", "add", "first")
    code, out, _ = run("board", "backup")
    assert code == 0
    copy = made_by(out)
    assert copy.parent == project / ".claudetask" / "backups"
    run("task", "add", "second")
    code, out, _ = run("board", "check")
    assert code == 0
    assert "tasks     2\nsound     every page, row and index\n" in out
    assert f"  {copy.name}  " in out
    code, out, _ = run("board", "restore", copy.name, "--yes")
    assert code == 0
    assert out.startswith(f"Restored 1 task from {copy}. What the board was: ")
    assert "second" not in run("task", "list")[1]


def test_a_board_of_old_whose_tasks_wait_for_each_other_is_told_of_and_loses_nothing(
    run: Run, tmp_path: Path
) -> None:
    for title in ("whole", "part"):
        run("task", "add", title)
    file = tmp_path / "board.jsonl"
    run("board", "export", str(file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line in lines:
        if line.get("table") == "tasks" and line["row"]["id"] == 2:
            line["row"]["parent_id"] = 1
    link = {"table": "dependencies", "row": {"task_id": 2, "depends_on_id": 1}}
    place = 1 + max(n for n, line in enumerate(lines) if line.get("table") == "tasks")
    lines.insert(place, link)
    lines[-1]["end"] += 1
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    code, out, _ = run("board", "import", str(file), "--replace")
    assert code == 0
    told = "these can never be Done: #1 has the subtask #2, #2 depends on #1"
    assert f"All of it is there, but {told}. Leave out one of these links." in out
    code, out, _ = run("board", "check")
    assert code == 0
    assert f"stuck     {told}\n" in out
    assert "part" in run("task", "list")[1]


def test_a_restore_asks_first(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run("task", "add", "first")
    run("board", "backup")
    run("task", "add", "second")
    code, _, err = run("board", "restore")
    assert code == 1
    assert "Answer y, or give --yes." in err

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for answer, expected in (("n\n", 1), ("y\n", 0)):
        monkeypatch.setattr(sys, "stdin", Terminal(answer))
        code, out, _ = run("board", "restore")
        assert code == expected
        assert "What it is now is kept. [y/N] " in out
    assert "second" not in run("task", "list")[1]


def test_a_damaged_board_is_refused_with_the_way_back_and_checked(
    run: Run,
    project: Path,
) -> None:
    run("task", "add", "first")
    run("board", "backup")
    (project / ".claudetask" / "claudetask.db").write_bytes(b"no database at all " * 1000)
    code, _, err = run("task", "list")
    assert code == 1
    assert "claudetask-mcp board restore" in err
    code, out, _ = run("board", "check")
    assert code == 1
    assert "wrong     file is not a database" in out
    assert out.endswith("then claudetask-mcp board restore.\n")
    code, _, err = run("board", "check", "--mend")
    assert (code, "damaged" in err) == (1, True)
    assert run("board", "restore", "--yes")[0] == 0
    assert "first" in run("task", "list")[1]


def test_indexes_are_mended(run: Run) -> None:
    run("task", "add", "first")
    code, out, _ = run("board", "check", "--mend")
    assert code == 0
    assert "sound" in out


def test_the_first_server_after_an_import_or_a_mend_finds_sets_and_terms(
    run: Run, project: Path, tmp_path: Path
) -> None:
    """The command that put so much on the board looks for what will be asked for."""
    for number in range(FEW + 1):
        run("task", "add", f"needle {number}")
    file = tmp_path / "board.jsonl"
    run("board", "export", str(file))
    known = project / ".claudetask" / INDEX / SETS
    with few(FEW):
        for action in (["import", str(file), "--replace"], ["check", "--mend"]):
            for one in (known, known.with_name(POSTINGS)):
                one.unlink(missing_ok=True)
            assert run("board", *action)[0] == 0
            found = sets_file.read(known)
            assert found.whole
            assert ("status", "Backlog") in {one.thing for one in found.sets}
            index = postings_file.read(known.with_name(POSTINGS), str)
            assert index is not None
            held = number_sets.all_of(part() for part in index.parts("needle") or ())
            assert held.bit_count() == FEW + 1


def test_without_a_board_there_is_nothing_to_copy(
    run: Run,
    tmp_path: Path,
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for action in ("backup", "check"):
        code, out, _ = run("--project", str(empty), "board", action)
        assert code == 0
        assert out.startswith("There is no board at ")
    assert list(empty.iterdir()) == []
    code, _, err = run("--project", str(empty), "board", "restore", "--yes")
    assert (code, "Kept: none" in err) == (1, True)


def test_a_board_on_a_server_is_copied_with_its_own_tools(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLAUDETASK_DATABASE_URL", "postgresql+asyncpg://nowhere/board")
    for action in ("backup", "check", "restore"):
        code, _, err = run("board", action)
        assert (code, "pg_dump" in err) == (1, True)


def test_a_board_in_another_file_is_copied_too(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("CLAUDETASK_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/else.db")
    run("task", "add", "first")
    assert made_by(run("board", "backup")[1]).is_file()


def test_a_board_is_exported_and_imported(
    run: Run,
    tmp_path: Path,
    make_project: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run("task", "add", "first")
    file = tmp_path / "board.jsonl"
    assert run("board", "export", str(file)) == (0, f"Exported to {file}.\n", "")
    assert file.stat().st_mode & 0o777 == 0o600
    code, _, err = run("board", "export", str(file))
    assert (code, "is there already" in err) == (1, True)
    code, out, _ = run("board", "export", "-")
    assert out == file.read_text("utf-8")
    other = str(make_project("other"))
    code, said, _ = run("board", "import", str(file), "--project", other)
    assert code == 0
    assert said == f"Imported {len(out.splitlines()) - 2} rows.\n"
    code, _, err = run("board", "import", str(file), "--project", other)
    assert (code, "--replace" in err) == (1, True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(out))
    code, said, _ = run("board", "import", "-", "--replace", "--project", other)
    assert code == 0
    assert said.startswith("What the board was: ")
    listed = json.loads(run("task", "list", "--json", "--project", other)[1])
    assert [task["title"] for task in listed] == ["first"]


def test_an_export_that_an_editor_of_windows_saved_is_imported(
    run: Run, tmp_path: Path, make_project: Callable[[str], Path]
) -> None:
    """With a byte order mark before it and its own line ends."""
    run("task", "add", "first")
    _, out, _ = run("board", "export", "-")
    file = tmp_path / "board.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + out.replace("\n", "\r\n").encode())
    code, _, err = run("board", "import", str(file), "--project", str(make_project("other")))
    assert (code, err) == (0, "")


def test_an_export_that_could_not_be_finished_leaves_no_part_of_a_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    run("task", "add", "first")
    file = tmp_path / "board.jsonl"
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        code, _, err = run("board", "export", str(file))
    assert (code, "No space left on device" in err) == (1, True)
    assert not file.exists()
    assert run("board", "export", str(file))[0] == 0


@pytest.mark.parametrize("action", ["export", "import"])
def test_a_file_that_cannot_be_used_is_said(
    run: Run,
    action: str,
    tmp_path: Path,
) -> None:
    code, _, err = run("board", action, str(tmp_path / "none" / "board.jsonl"))
    assert code == 1
    assert "cannot be used: No such file or directory." in err


def test_a_file_of_other_bytes_is_refused(
    run: Run,
    tmp_path: Path,
) -> None:
    file = tmp_path / "board.jsonl"
    file.write_bytes(b'{"claudetask_board":1,"schema":"0001","numbers":{}}\n\xff\xfe\n')
    code, _, err = run("board", "import", str(file))
    assert (code, "Line 2 cannot be imported" in err) == (1, True)
