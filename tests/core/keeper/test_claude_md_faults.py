import errno
import os
from pathlib import Path

import pytest

from claudetask_core.errors import DomainError, Unavailable
from claudetask_core.schemas.claude_md import ClaudeMdChange, ClaudeMdWrite
from claudetask_core.schemas.event import EventType
from claudetask_core.services.announce import Announce
from claudetask_core.services.claude_md.claude_md import ClaudeMdService
from claudetask_core.services.disk import replace
from claudetask_core.services.disk.files import MAX_BYTES, NotReadable, RootSource
from claudetask_core.services.disk.kept import KeptCopies


async def write(
    service: ClaudeMdService, content: str, *, section: str | None = None
) -> ClaudeMdChange:
    data = ClaudeMdWrite(content=content, section=section)
    return await service.write(data, "me", require_hash=False)


async def refused(service: ClaudeMdService, content: str = "new\n") -> DomainError:
    with pytest.raises(DomainError) as caught:
        await write(service, content)
    return caught.value


async def test_a_link_inside_the_project_stays_and_its_target_is_written(
    claude_md: ClaudeMdService, root: Path
) -> None:
    (root / "AGENTS.md").write_text("old\n")
    (root / "CLAUDE.md").symlink_to("AGENTS.md")
    await write(claude_md, "new\n")
    assert (root / "CLAUDE.md").is_symlink()
    assert (root / "AGENTS.md").read_text() == "new\n"


async def test_a_link_to_nothing_inside_the_project_is_written_through(
    claude_md: ClaudeMdService, root: Path
) -> None:
    (root / "CLAUDE.md").symlink_to("AGENTS.md")
    assert (await claude_md.read()).exists is False
    await write(claude_md, "new\n")
    assert (root / "AGENTS.md").read_text() == "new\n"


@pytest.mark.parametrize("target", ["secret.md", "project-secret/CLAUDE.md"])
async def test_a_link_that_leads_out_of_the_project_is_neither_read_nor_written(
    claude_md: ClaudeMdService, root: Path, target: str
) -> None:
    outside = root.parent / target
    outside.parent.mkdir(exist_ok=True)
    outside.write_text("secret\n")
    (root / "CLAUDE.md").symlink_to(outside)
    with pytest.raises(DomainError) as caught:
        await claude_md.read()
    assert caught.value.code == "outside_project"
    assert (await refused(claude_md)).code == "outside_project"
    assert outside.read_text() == "secret\n"


async def test_a_linked_folder_that_leads_out_is_refused(
    claude_md: ClaudeMdService, root: Path
) -> None:
    outside = root.parent / "elsewhere"
    outside.mkdir()
    (outside / "CLAUDE.md").write_text("secret\n")
    (root / ".claude").symlink_to(outside)
    assert (await refused(claude_md)).code == "outside_project"


async def test_a_folder_a_pipe_and_a_loop_are_no_files(
    claude_md: ClaudeMdService, root: Path
) -> None:
    path = root / "CLAUDE.md"
    path.mkdir()
    assert (await refused(claude_md)).code == "not_a_file"
    path.rmdir()
    os.mkfifo(path)
    assert (await refused(claude_md)).code == "not_a_file"
    path.unlink()
    path.symlink_to("CLAUDE.md")
    assert (await refused(claude_md)).code == "not_readable"


@pytest.mark.parametrize(
    ("number", "remedy"), [(errno.EMFILE, "ulimit -n"), (errno.EACCES, "permissions")]
)
def test_what_to_do_about_a_file_that_cannot_be_read_depends_on_why(
    number: int, remedy: str
) -> None:
    error = NotReadable(Path("CLAUDE.md"), OSError(number, os.strerror(number)))
    assert remedy in str(error.next_step)


async def test_a_file_without_end_is_not_read_into_memory(
    claude_md: ClaudeMdService, root: Path
) -> None:
    with (root / "CLAUDE.md").open("wb") as file:
        file.truncate(MAX_BYTES * 1000)
    assert (await refused(claude_md)).code == "file_too_large"


async def test_an_edit_may_not_make_the_file_too_large_to_be_read_again(
    claude_md: ClaudeMdService, root: Path
) -> None:
    (root / "CLAUDE.md").write_bytes(b"# A\n# B\n" + b"x" * (MAX_BYTES - 10))
    with pytest.raises(DomainError) as caught:
        await write(claude_md, "# A\nmore text", section="A")
    assert caught.value.code == "file_too_large"


async def test_mode_and_neighbours_are_kept_and_our_own_files_are_private(
    claude_md: ClaudeMdService, root: Path, board: Path
) -> None:
    path = root / "CLAUDE.md"
    path.write_text("one\n")
    path.chmod(0o640)
    await write(claude_md, "two\n")
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in root.iterdir()) == [".claudetask", "CLAUDE.md"]
    for made in [board, *board.rglob("*")]:
        assert made.stat().st_mode & 0o777 == (0o700 if made.is_dir() else 0o600), made


async def test_a_full_disk_loses_nothing_and_leaves_no_temporary_file(
    claude_md: ClaudeMdService, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "CLAUDE.md").write_text("mine\n")
    await write(claude_md, "mine too\n")

    def full(handle: int) -> None:
        del handle
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(replace.os, "fsync", full)
    error = await refused(claude_md)
    assert error.code == "not_writable"
    assert "No space left on device" in error.message
    assert (root / "CLAUDE.md").read_text() == "mine too\n"
    assert not list(root.rglob("*.tmp"))


async def test_without_room_for_a_copy_nothing_is_written(
    claude_md: ClaudeMdService, root: Path, board: Path
) -> None:
    (root / "CLAUDE.md").write_text("mine\n")
    board.write_text("a file where the board's folder should be")
    assert (await refused(claude_md)).code == "not_writable"
    assert (root / "CLAUDE.md").read_text() == "mine\n"


async def test_a_change_between_reading_and_replacing_is_not_overwritten(
    claude_md: ClaudeMdService, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = root / "CLAUDE.md"
    path.write_text("one\n")
    write_beside = replace.write_beside

    def meanwhile(target: Path, data: bytes, *, mode: int) -> Path:
        temporary = write_beside(target, data, mode=mode)
        path.write_text("by an editor\n")
        return temporary

    monkeypatch.setattr(replace, "write_beside", meanwhile)
    error = await refused(claude_md)
    assert error.code == "changed_underneath"
    assert "+by an editor" in error.details["diff"]
    assert path.read_text() == "by an editor\n"
    assert not list(root.glob("*.tmp"))


async def test_a_project_folder_that_is_gone_is_named(
    where: RootSource, announce: Announce, root: Path, tmp_path: Path
) -> None:
    root.rmdir()
    service = ClaudeMdService(
        root=where, home=None, kept=KeptCopies(tmp_path / "board" / "kept"), announce=announce
    )
    assert (await refused(service)).code == "project_folder_missing"


async def test_a_board_that_cannot_be_told_does_not_undo_a_write(
    where: RootSource, root: Path, kept: KeptCopies, caplog: pytest.LogCaptureFixture
) -> None:
    async def announce(type: EventType, action: str, id: str, actor: str) -> None:  # noqa: A002 — as the protocol has it
        del type, action, id, actor
        raise Unavailable("no database")

    service = ClaudeMdService(root=where, home=None, kept=kept, announce=announce)
    assert (await write(service, "a secret plan\n")).changed
    assert (root / "CLAUDE.md").read_text() == "a secret plan\n"
    assert "was not announced" in caplog.text
    assert "secret" not in caplog.text
