import os
from collections.abc import Callable
from hashlib import blake2b
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from claudetask_core.search.index import shelf as shelf_module
from claudetask_core.search.index.rows import FileRow
from claudetask_core.search.index.shelf import Lines, Shelf
from claudetask_core.search.tree.reading import Content, Signature, read

HOUR_NS = 3600 * 10**9
TEXT = "one\ntwo\n"


def digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=12).digest()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were read from the disk, in their order."""
    seen: list[str] = []

    def counted(root: Path, path: str, most: int, safe: set[str]) -> Content | None:
        seen.append(path)
        return read(root, path, most, safe)

    monkeypatch.setattr(shelf_module, "read", counted)
    return seen


def made(root: Path, *, most: int = 1000, ahead: int = HOUR_NS) -> Callable[..., list[str] | None]:
    """Asks a shelf whose clock is ahead, so that every file has long been as it is."""

    def now() -> int:
        return root.stat().st_ctime_ns + ahead

    shelf = Shelf(root, 10_000, most=most, now=now)

    def lines(path: str = "a.py", text: str = TEXT) -> list[str] | None:
        found = shelf.lines(path, digest(text), set())
        return None if found is None else found.between(1, text.count("\n")).split("\n")

    return lines


def test_a_file_is_read_once_while_it_stays_as_it_is(tmp_path: Path, reads: list[str]) -> None:
    (tmp_path / "a.py").write_text(TEXT, "utf-8")
    lines = made(tmp_path)
    assert [lines(), lines()] == [["one", "two"]] * 2
    assert reads == ["a.py"]


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path: Path, reads: list[str]) -> None:
    path = tmp_path / "a.py"
    path.write_text(TEXT, "utf-8")
    lines = made(tmp_path)
    assert lines() == ["one", "two"]
    before = path.stat()
    other = TEXT.upper()
    for _ in range(100_000):  # until the clock of the file system ticks
        path.write_text(other, "utf-8")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        if path.stat().st_ctime_ns != before.st_ctime_ns:
            break
    assert lines() is None
    assert lines(text=other) == ["ONE", "TWO"]


def test_a_file_written_this_very_moment_is_read_again(tmp_path: Path, reads: list[str]) -> None:
    (tmp_path / "a.py").write_text(TEXT, "utf-8")
    lines = made(tmp_path, ahead=0)
    assert [lines(), lines()] == [["one", "two"]] * 2
    assert reads == ["a.py", "a.py"]


def test_what_was_read_longest_ago_is_given_up_first(tmp_path: Path, reads: list[str]) -> None:
    for name in "abc":
        (tmp_path / name).write_text(TEXT, "utf-8")
    lines = made(tmp_path, most=2 * len(TEXT))
    for name in "abacab":
        assert lines(name) == ["one", "two"]
    assert reads == ["a", "b", "c", "b"]


def test_what_is_no_file_of_the_tree_has_no_lines(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    (tmp_path / "a.py").write_text(TEXT, "utf-8")
    (root / "out").symlink_to(tmp_path)
    (root / "link.py").symlink_to(tmp_path / "a.py")
    lines = made(root)
    for path in ("out/a.py", "link.py", "../a.py", "missing.py", "a\0.py"):
        assert lines(path) is None


def test_a_link_in_the_place_of_a_folder_leads_to_nothing_else(
    tmp_path: Path, reads: list[str]
) -> None:
    root, outside = tmp_path / "tree", tmp_path / "outside"
    for folder in (root / "deep" / "folder", outside / "folder"):
        folder.mkdir(parents=True)
        (folder / "a.py").write_text(TEXT, "utf-8")
        os.utime(folder / "a.py", ns=(HOUR_NS, HOUR_NS))
    lines = made(root)
    assert lines("deep/folder/a.py") == ["one", "two"]
    (root / "deep").rename(tmp_path / "before")
    (root / "deep").symlink_to(outside)
    assert lines("deep/folder/a.py") is None
    (root / "deep").unlink()
    (tmp_path / "before").rename(root / "deep")
    assert lines("deep/folder/a.py") == ["one", "two"]
    assert reads == ["deep/folder/a.py"] * 2


def test_a_file_with_another_digest_has_no_lines(tmp_path: Path, reads: list[str]) -> None:
    (tmp_path / "a.py").write_text(TEXT, "utf-8")
    lines = made(tmp_path)
    assert lines() is not None
    assert lines(text="other") is None
    assert reads == ["a.py"]


def rows(root: Path, *names: str) -> list[FileRow | None]:
    """Files of a tree as the index has them, all of one text."""
    for name in names:
        (root / name).write_text(TEXT, "utf-8")
    return [
        FileRow(name, Signature(len(TEXT), 0, 0, 0), digest(TEXT), None, None) for name in names
    ]


def test_files_are_read_ahead_a_few_at_a_time(
    tmp_path: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf_module, "_AT_ONCE", 2)
    files = rows(tmp_path, "a", "b", "c")
    files[1] = None  # which is gone
    shelf = Shelf(tmp_path, 1000, now=lambda: tmp_path.stat().st_ctime_ns + HOUR_NS)
    assert shelf.fill(files)
    assert reads == ["a"]
    assert not shelf.fill(files)
    assert not shelf.fill(files)
    assert shelf.lines("c", digest(TEXT), set()) is not None
    assert reads == ["a", "c"]


def test_reading_ahead_leaves_room_and_takes_none_from_what_was_asked_for(
    tmp_path: Path, reads: list[str]
) -> None:
    files = rows(tmp_path, "a", "b", "c", "d", "e")
    now = tmp_path.stat().st_ctime_ns + HOUR_NS
    shelf = Shelf(tmp_path, 1000, most=4 * len(TEXT), now=lambda: now)
    assert shelf.lines("e", digest(TEXT), set()) is not None
    assert not shelf.fill(files)
    assert reads == ["e", "a", "b"]
    assert shelf.lines("e", digest(TEXT), set()) is not None
    assert reads == ["e", "a", "b"]


@pytest.mark.parametrize("text", ["a\nb\n\nd\n", "a\nb\n\nd", "\u00e4\nb\n\nd\n", "\u00e4\nb\n\nd"])
def test_lines_are_those_of_the_whole_text_wherever_they_stand(text: str) -> None:
    whole = [text[0], "b", "", "d"]
    for start, end in combinations_with_replacement(range(1, 5), 2):
        assert Lines(text).between(start, end) == "\n".join(whole[start - 1 : end])
