import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from claudetask_core.clock import SystemClock
from claudetask_core.errors import DomainError
from claudetask_core.services.disk.kept import KeptCopies


class Held(SystemClock):
    def now(self) -> datetime:
        return datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_the_newest_copy_comes_first_even_when_the_clock_stands_still(
    root: Path, board: Path
) -> None:
    kept = KeptCopies(board / "kept", Held())
    names = [kept.keep(root, "f", root / "f", bytes([65 + n])) for n in range(5)]
    assert [version.version for version in kept.versions(root, "f")] == names[::-1]
    assert names[0].startswith("20261122T120000.000000Z-")


def test_a_bounded_number_of_copies_stays(root: Path, board: Path) -> None:
    kept = KeptCopies(board / "kept", limit=3)
    names = [kept.keep(root, "f", root / "f", bytes([65 + n])) for n in range(10)]
    assert [version.version for version in kept.versions(root, "f")] == names[:-4:-1]


def test_the_same_content_twice_in_a_row_is_one_copy(root: Path, kept: KeptCopies) -> None:
    assert kept.keep(root, "f", root / "f", b"x") == kept.keep(root, "f", root / "f", b"x")
    assert len(kept.versions(root, "f")) == 1


def test_copies_of_two_files_and_of_two_projects_are_kept_apart(
    root: Path, tmp_path: Path, kept: KeptCopies
) -> None:
    kept.keep(root, "f", root / "f", b"1")
    assert kept.versions(root, "g") == []
    assert kept.versions(tmp_path / "worktree", "f") == []


def test_a_project_named_by_a_link_has_the_same_copies(root: Path, kept: KeptCopies) -> None:
    kept.keep(root, "f", root / "f", b"1")
    link = root.with_name("link")
    link.symlink_to(root)
    assert len(kept.versions(link, "f")) == 1


def test_a_project_that_is_moved_finds_its_copies_again(root: Path, kept: KeptCopies) -> None:
    name = kept.keep(root, "f", root / "f", b"1")
    moved = root.rename(root.with_name("moved"))
    again = KeptCopies(moved / ".claudetask" / "kept")
    assert again.get(moved, "f", name).data == b"1"


def test_strange_files_among_the_copies_are_no_versions(root: Path, kept: KeptCopies) -> None:
    kept.keep(root, "f", root / "f", b"1")
    (folder,) = [p for p in (root / ".claudetask" / "kept").iterdir() if p.is_dir()]
    (folder / "notes.txt").write_text("x")
    (folder / "20261122T990000.000000Z-abc").write_text("x")
    assert len(kept.versions(root, "f")) == 1
    assert json.loads((folder / "about.json").read_text())["path"] == "f"


def test_a_content_is_found_by_its_hash(root: Path, kept: KeptCopies) -> None:
    kept.keep(root, "f", root / "f", b"1")
    kept.keep(root, "f", root / "f", b"2")
    wanted = kept.versions(root, "f")[1].hash
    assert kept.contents(root, "f", wanted) == b"1"
    assert kept.contents(root, "f", wanted[:12] + "0" * 52) is None
    assert kept.contents(root, "f", "") is None


def test_copies_are_not_written_through_a_link_out_of_the_board(
    root: Path, board: Path, tmp_path: Path, kept: KeptCopies
) -> None:
    board.mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (board / "kept").symlink_to(outside)
    with pytest.raises(DomainError) as caught:
        kept.keep(root, "f", root / "f", b"1")
    assert caught.value.code == "outside_project"
    assert list(outside.iterdir()) == []


def test_a_disk_that_takes_no_copy_is_told(
    root: Path, kept: KeptCopies, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> None:
        del self, target
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DomainError) as caught:
        kept.keep(root, "f", root / "f", b"1")
    assert caught.value.code == "not_writable"


def test_a_board_that_takes_no_lock_is_told(board: Path, kept: KeptCopies) -> None:
    (board / "kept" / "lock").mkdir(parents=True)
    with pytest.raises(DomainError) as caught, kept.lock():
        pass
    assert caught.value.code == "not_writable"


def test_a_lock_that_is_never_free_is_given_up(board: Path) -> None:
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with KeptCopies(board / "kept").lock():
            held.set()
            release.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(10)
        with (
            pytest.raises(DomainError) as caught,
            KeptCopies(board / "kept", lock_seconds=0.05).lock(),
        ):
            pass
        assert caught.value.code == "keeper_busy"
    finally:
        release.set()
        holder.join(10)


def test_a_copy_that_another_process_drops_meanwhile_is_not_listed(
    root: Path, kept: KeptCopies, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = kept.keep(root, "f", root / "f", b"1")

    def gone(self: Path) -> bytes:
        raise FileNotFoundError(self)

    monkeypatch.setattr(Path, "read_bytes", gone)
    assert kept.versions(root, "f") == []
    with pytest.raises(DomainError) as caught:
        kept.get(root, "f", name)
    assert caught.value.code == "version_not_found"


def test_a_copy_that_cannot_be_read_is_told(root: Path, kept: KeptCopies) -> None:
    name = kept.keep(root, "f", root / "f", b"1")
    (copy,) = (root / ".claudetask").rglob(name)
    copy.unlink()
    copy.mkdir()
    with pytest.raises(DomainError) as caught:
        kept.versions(root, "f")
    assert caught.value.code == "not_readable"
