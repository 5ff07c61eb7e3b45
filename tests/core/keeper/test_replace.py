import dataclasses
import os
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import TextIO

import pytest

from claudetask_core.errors import DomainError
from claudetask_core.services.disk import being_written, replace
from claudetask_core.services.disk.files import look

LEASES = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who writes a file")


def test_the_owner_of_a_file_is_kept_where_the_system_lets_us(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = root / "f"
    path.write_text("old")
    before = dataclasses.replace(look(root, path), owner=(12345, 54321))
    owners: list[tuple[int, int]] = []

    def chown(path: Path, user: int, group: int) -> None:
        del path
        owners.append((user, group))
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(replace.os, "chown", chown)
    replace.replace(before, b"new")
    assert (path.read_text(), owners) == ("new", [(12345, 54321)])


def test_a_new_file_gets_the_mode_that_the_users_umask_gives(root: Path) -> None:
    by_hand = root / "by-hand"
    by_hand.touch()
    replace.replace(look(root, root / "f"), b"new")
    assert (root / "f").stat().st_mode == by_hand.stat().st_mode


def test_a_file_that_appears_meanwhile_is_not_overwritten(root: Path) -> None:
    before = look(root, root / "f")
    (root / "f").write_text("theirs")
    with pytest.raises(DomainError) as caught:
        replace.replace(before, b"ours")
    assert caught.value.code == "changed_underneath"
    assert (root / "f").read_text() == "theirs"


def test_a_link_that_is_bent_outwards_meanwhile_is_not_followed(root: Path) -> None:
    path, outside = root / "f", root.parent / "outside"
    path.write_text("x")
    outside.write_text("x")
    before = look(root, path)
    path.unlink()
    path.symlink_to(outside)
    with pytest.raises(DomainError) as caught:
        replace.replace(before, b"ours")
    assert caught.value.code == "outside_project"
    assert outside.read_text() == "x"


def test_a_move_or_removal_that_the_system_refuses_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "f").write_text("x")
    before = look(root, root / "f")

    def refuse(self: Path, target: Path | None = None) -> None:
        del self, target
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    for change in (lambda: replace.move(before, "g"), lambda: replace.remove(before)):
        with pytest.raises(DomainError) as caught:
            change()
        assert caught.value.code == "not_writable"
    assert (root / "f").read_text() == "x"


def test_no_folder_is_made_where_there_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(DomainError) as caught:
        replace.make_folder(tmp_path / "gone", tmp_path / "gone" / ".claude")
    assert caught.value.code == "project_folder_missing"


def test_a_diff_of_very_many_lines_is_not_computed() -> None:
    diff = replace.diff_of(b"a\n" * 100_000, b"b\n" * 100_001, "a", "b")
    assert diff == "(100000 lines became 100001: too many for a diff)\n"


def test_what_a_killed_writer_left_is_swept_away_once_it_is_old(tmp_path: Path) -> None:
    path = tmp_path / "CLAUDE.md"
    path.write_text("old")
    stale, fresh = (tmp_path / f".CLAUDE.md.{digit * 12}.tmp" for digit in "ab")
    other = tmp_path / ".CLAUDE.md.mine.tmp"
    for left in (stale, fresh, other):
        left.write_text("half")
    for left in (stale, other):
        os.utime(left, (0, 0))
    replace.replace(look(tmp_path, path), b"new")
    assert sorted(one.name for one in tmp_path.iterdir()) == [fresh.name, other.name, "CLAUDE.md"]


@pytest.fixture
def open_to_write(root: Path) -> Generator[tuple[Path, TextIO]]:
    path = root / "f"
    path.write_text("theirs, whole\n")
    with path.open("r+") as editor:
        yield path, editor


@LEASES
def test_a_file_that_an_editor_has_open_to_write_is_not_replaced(
    open_to_write: tuple[Path, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, editor = open_to_write
    monkeypatch.setattr(being_written, "SECONDS", 0.0)
    before = look(path.parent, path)
    for change in (lambda: replace.replace(before, b"ours"), lambda: replace.remove(before)):
        with pytest.raises(DomainError) as caught:
            change()
        assert caught.value.code == "being_written"
    editor.write("saved")
    editor.flush()
    assert path.read_text().startswith("saved")


@LEASES
def test_an_editor_that_has_emptied_the_file_is_waited_for(
    open_to_write: tuple[Path, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, editor = open_to_write
    editor.truncate(0)
    before = look(path.parent, path)
    assert before.data == b""

    class Saves(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            del timeout
            editor.write("theirs, changed\n")
            editor.close()
            return False

    monkeypatch.setattr(being_written.threading, "Event", Saves)
    with pytest.raises(DomainError) as caught:
        replace.replace(before, b"ours")
    assert caught.value.code == "changed_underneath"
    assert path.read_text() == "theirs, changed\n"


def test_a_file_that_is_only_read_is_replaced(root: Path) -> None:
    path = root / "f"
    path.write_text("old")
    with path.open() as reader:
        replace.replace(look(root, path), b"new")
        assert reader.read() == "old"
    assert path.read_text() == "new"
