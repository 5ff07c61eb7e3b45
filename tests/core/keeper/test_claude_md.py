from pathlib import Path

import pytest

from claudetask_core.errors import DomainError
from claudetask_core.schemas.claude_md import ClaudeMdChange, ClaudeMdWrite
from claudetask_core.services.claude_md.claude_md import ClaudeMdService

Told = list[tuple[str, str, str, str]]


async def write(
    service: ClaudeMdService,
    content: str,
    *,
    section: str | None = None,
    expected_hash: str | None = None,
    dry_run: bool = False,
    require_hash: bool = False,
) -> ClaudeMdChange:
    data = ClaudeMdWrite(
        content=content, section=section, expected_hash=expected_hash, dry_run=dry_run
    )
    return await service.write(data, "me", require_hash=require_hash)


async def test_a_missing_file_is_empty_and_does_not_exist(
    claude_md: ClaudeMdService, root: Path
) -> None:
    read = await claude_md.read()
    assert (read.content, read.exists, read.hash, read.updated_at) == ("", False, None, None)
    assert read.path == str(root / "CLAUDE.md")
    assert await claude_md.outline() == []
    assert await claude_md.versions() == []


async def test_a_first_write_makes_the_file_and_tells_the_board(
    claude_md: ClaudeMdService, root: Path, told: Told
) -> None:
    change = await write(claude_md, "# Hello\n", require_hash=True)
    assert (root / "CLAUDE.md").read_bytes() == b"# Hello\n"
    assert (change.changed, change.kept_version, change.file.exists) == (True, None, True)
    assert told == [("claude_md", "updated", "CLAUDE.md", "me")]


async def test_what_is_read_is_what_is_on_disk_now(claude_md: ClaudeMdService, root: Path) -> None:
    (root / "CLAUDE.md").write_text("one")
    first = await claude_md.read()
    (root / "CLAUDE.md").write_text("two")
    second = await claude_md.read()
    assert (first.content, second.content) == ("one", "two")
    assert first.hash != second.hash


async def test_the_file_under_dot_claude_is_the_one_where_no_other_is(
    claude_md: ClaudeMdService, root: Path
) -> None:
    (root / ".claude").mkdir()
    (root / ".claude" / "CLAUDE.md").write_text("hidden\n")
    assert (await claude_md.read()).content == "hidden\n"
    await write(claude_md, "new\n")
    assert not (root / "CLAUDE.md").exists()
    assert (root / ".claude" / "CLAUDE.md").read_text() == "new\n"


async def test_a_write_over_the_same_content_writes_keeps_and_tells_nothing(
    claude_md: ClaudeMdService, root: Path, told: Told
) -> None:
    (root / "CLAUDE.md").write_text("same\n")
    before = (root / "CLAUDE.md").stat()
    change = await write(claude_md, "same\n")
    assert (change.changed, change.diff, change.kept_version) == (False, "", None)
    assert (root / "CLAUDE.md").stat().st_ino == before.st_ino
    assert await claude_md.versions() == []
    assert told == []


async def test_ten_equal_writes_leave_one_block(claude_md: ClaudeMdService, root: Path) -> None:
    (root / "CLAUDE.md").write_text("# A\n\n# Board\nold\n")
    for _ in range(10):
        await write(claude_md, "# Board\nnew\n", section="Board")
    assert (root / "CLAUDE.md").read_text() == "# A\n\n# Board\nnew\n"
    assert len(await claude_md.versions()) == 1


async def test_a_stale_hash_is_refused_and_names_the_current_one(
    claude_md: ClaudeMdService, root: Path
) -> None:
    (root / "CLAUDE.md").write_text("one\n")
    old = (await claude_md.read()).hash
    (root / "CLAUDE.md").write_text("two\n")
    with pytest.raises(DomainError) as caught:
        await write(claude_md, "three\n", expected_hash=old)
    assert caught.value.code == "changed_underneath"
    assert caught.value.details["current_hash"] == (await claude_md.read()).hash
    assert (root / "CLAUDE.md").read_text() == "two\n"


async def test_a_refusal_shows_what_changed_where_the_read_contents_were_kept(
    claude_md: ClaudeMdService, root: Path
) -> None:
    (root / "CLAUDE.md").write_text("one\n")
    old = (await claude_md.read()).hash
    await write(claude_md, "two\n", expected_hash=old)
    with pytest.raises(DomainError) as caught:
        await write(claude_md, "three\n", expected_hash=old)
    assert "-one\n+two\n" in caught.value.details["diff"]


async def test_a_hash_for_a_file_that_is_gone_is_stale(claude_md: ClaudeMdService) -> None:
    with pytest.raises(DomainError) as caught:
        await write(claude_md, "x\n", expected_hash="0" * 64)
    assert caught.value.code == "changed_underneath"
    assert "no longer exists" in caught.value.message


async def test_a_whole_replacement_needs_a_hash_where_one_is_required(
    claude_md: ClaudeMdService, root: Path
) -> None:
    (root / "CLAUDE.md").write_text("# A\nmine\n")
    with pytest.raises(DomainError) as caught:
        await write(claude_md, "yours\n", require_hash=True)
    assert caught.value.code == "hash_required"
    assert "read_claude_md" in caught.value.next_step
    await write(claude_md, "# A\nours\n", section="A", require_hash=True)
    current = (await claude_md.read()).hash
    await write(claude_md, "yours\n", expected_hash=current, require_hash=True)
    assert (root / "CLAUDE.md").read_text() == "yours\n"


async def test_a_dry_run_shows_the_diff_and_changes_nothing(
    claude_md: ClaudeMdService, root: Path, board: Path, told: Told
) -> None:
    (root / "CLAUDE.md").write_text("# A\nold\n")
    change = await write(claude_md, "# A\nnew\n", dry_run=True, require_hash=True)
    assert (change.changed, change.dry_run, change.kept_version) == (True, True, None)
    assert "-old\n+new\n" in change.diff
    assert change.file.content == (root / "CLAUDE.md").read_text() == "# A\nold\n"
    assert not board.exists()
    assert told == []


async def test_the_previous_contents_can_be_restored_and_back_again(
    claude_md: ClaudeMdService, root: Path, told: Told
) -> None:
    original = b"\xef\xbb\xbfcaf\xe9\r\n\x00 no newline"
    (root / "CLAUDE.md").write_bytes(original)
    change = await write(claude_md, "new\n")
    assert change.kept_version is not None
    (version,) = await claude_md.versions()
    assert (version.version, version.size) == (change.kept_version, len(original))
    preview = await claude_md.restore(version.version, "me", dry_run=True)
    assert (preview.dry_run, preview.file.content) == (True, change.file.content)
    back = await claude_md.restore(version.version, "me")
    assert (root / "CLAUDE.md").read_bytes() == original
    assert back.kept_version is not None
    await claude_md.restore(back.kept_version, "me")
    assert (root / "CLAUDE.md").read_bytes().endswith(b"new\r\n")
    assert [action for _, action, _, _ in told] == ["updated", "restored", "restored"]


@pytest.mark.parametrize("version", ["nothing", "../../CLAUDE.md", "about.json", ""])
async def test_an_unknown_version_is_refused_and_the_newest_are_named(
    claude_md: ClaudeMdService, root: Path, version: str
) -> None:
    (root / "CLAUDE.md").write_text("one\n")
    kept = (await write(claude_md, "two\n")).kept_version
    with pytest.raises(DomainError) as caught:
        await claude_md.restore(version, "me")
    assert caught.value.code == "version_not_found"
    assert caught.value.details["versions"] == [kept]


async def test_crlf_and_a_byte_order_mark_outlive_a_whole_replacement(
    claude_md: ClaudeMdService, root: Path
) -> None:
    (root / "CLAUDE.md").write_bytes(b"\xef\xbb\xbf# A\r\nold\r\n")
    assert (await claude_md.read()).content == "# A\r\nold\r\n"
    assert (await write(claude_md, "# A\nold\n")).changed is False
    await write(claude_md, "# A\nnew\n")
    assert (root / "CLAUDE.md").read_bytes() == b"\xef\xbb\xbf# A\r\nnew\r\n"


async def test_a_section_is_read_by_its_path_and_written_in_place(
    claude_md: ClaudeMdService, root: Path
) -> None:
    (root / "CLAUDE.md").write_bytes(b"# A\r\n## Testing\r\nold\r\n## B")
    section = await claude_md.section("testing")
    assert (section.section, section.content) == ("A > Testing", "## Testing\r\nold\r\n")
    assert section.hash == (await claude_md.read()).hash
    await write(claude_md, "## Testing\nnew", section="testing")
    assert (root / "CLAUDE.md").read_bytes() == b"# A\r\n## Testing\r\nnew\r\n## B"
    assert await claude_md.outline() == ["A", "A > Testing", "A > B"]


async def test_a_section_that_does_not_exist_is_refused_on_read_and_write(
    claude_md: ClaudeMdService, root: Path
) -> None:
    (root / "CLAUDE.md").write_text("# A\n")
    with pytest.raises(DomainError) as on_read:
        await claude_md.section("B")
    with pytest.raises(DomainError) as on_write:
        await write(claude_md, "# B\n", section="B")
    assert on_read.value.code == on_write.value.code == "section_not_found"


async def test_a_file_that_is_not_utf8_is_shown_but_its_sections_are_not_touched(
    claude_md: ClaudeMdService, root: Path
) -> None:
    (root / "CLAUDE.md").write_bytes(b"# caf\xe9\n")
    assert (await claude_md.read()).content == "# caf\ufffd\n"
    assert await claude_md.outline() == []
    with pytest.raises(DomainError) as caught:
        await write(claude_md, "# tea\n", section="cafe")
    assert caught.value.code == "not_utf8"
    assert (root / "CLAUDE.md").read_bytes() == b"# caf\xe9\n"
