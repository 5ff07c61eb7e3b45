"""The four files, adding to sections and removing them, conflicts that say what changed."""

from pathlib import Path

import pytest

from claudetask_core.errors import DomainError
from claudetask_core.schemas.claude_md import ClaudeMdChange, ClaudeMdWrite, Place, SectionMode
from claudetask_core.services.announce import Announce
from claudetask_core.services.claude_md.claude_md import ClaudeMdService
from claudetask_core.services.disk.files import RootSource, digest
from claudetask_core.services.disk.kept import KeptCopies
from claudetask_core.services.tasks.seen import Seen

TEXT = b"# A\n\nOne.\n\n## B\n\nTwo.\n\n# C\n\nThree.\n"


@pytest.fixture
def path(root: Path) -> Path:
    path = root / "CLAUDE.md"
    path.write_bytes(TEXT)
    return path


async def change(service: ClaudeMdService, content: str = "", **values: object) -> ClaudeMdChange:
    data = ClaudeMdWrite.model_validate({"content": content, **values})
    return await service.write(data, "me", require_hash=True)


async def refused(service: ClaudeMdService, content: str = "", **values: object) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await change(service, content, **values)
    return caught.value


async def test_each_place_is_a_file_of_its_own(
    claude_md: ClaudeMdService, root: Path, home: Path, told: list[tuple[str, str, str, str]]
) -> None:
    for place in ("project", "dot-claude", "local"):
        await change(claude_md, f"# {place}\n", place=place)
    (home / ".claude").mkdir()
    (home / ".claude/CLAUDE.md").write_text("# user\n")
    assert (root / "CLAUDE.md").read_text() == "# project\n"
    assert (root / ".claude/CLAUDE.md").read_text() == "# dot-claude\n"
    assert (root / "CLAUDE.local.md").read_text() == "# local\n"
    assert [one.outline for one in await claude_md.places()] == [[place.value] for place in Place]
    for place in Place:
        assert (await claude_md.read(place)).content == f"# {place.value}\n"
        assert await claude_md.outline(place) == [place.value]
        assert (await claude_md.section(place.value, place)).section == place.value
    assert [one[2] for one in told] == ["CLAUDE.md", "CLAUDE.md", "CLAUDE.local.md"]


async def test_the_users_own_file_is_only_read(claude_md: ClaudeMdService, home: Path) -> None:
    (home / ".claude").mkdir()
    (home / ".claude/CLAUDE.md").write_bytes(TEXT)
    error = await refused(claude_md, "new", section="A", place="user")
    assert error.code == "user_claude_md_read_only"
    shown = await change(claude_md, "# A\n", section="A", place="user", dry_run=True)
    assert shown.changed
    assert (home / ".claude/CLAUDE.md").read_bytes() == TEXT


async def test_without_a_home_there_are_three_places(
    where: RootSource, kept: KeptCopies, announce: Announce
) -> None:
    service = ClaudeMdService(root=where, home=None, kept=kept, announce=announce)
    assert [one.place for one in await service.places()] == list(Place)[:3]
    with pytest.raises(DomainError) as caught:
        await service.read(Place.USER)
    assert caught.value.code == "no_home"


async def test_versions_are_those_of_the_place(claude_md: ClaudeMdService, path: Path) -> None:
    await change(claude_md, "mine\n", place="local")
    await change(claude_md, "more\n", place="local", mode="append")
    await change(claude_md, section="B", mode="delete")
    assert len(await claude_md.versions()) == len(await claude_md.versions(Place.LOCAL)) == 1
    await claude_md.restore("last", "me", place=Place.LOCAL)
    assert (path.parent / "CLAUDE.local.md").read_text() == "mine\n"
    await claude_md.restore("last", "me")
    assert path.read_bytes() == TEXT


@pytest.mark.parametrize(
    ("section", "content", "wanted"),
    [
        ("A", "More.", b"# A\n\nOne.\n\n## B\n\nTwo.\n\nMore.\n\n# C\n\nThree.\n"),
        ("B", "\n\nMore.\n\n", b"# A\n\nOne.\n\n## B\n\nTwo.\n\nMore.\n\n# C\n\nThree.\n"),
        ("C", "## D", TEXT.rstrip() + b"\n\n## D\n"),
        (None, "# D\n\nFour.\n", TEXT.rstrip() + b"\n\n# D\n\nFour.\n"),
        ("C", "", TEXT),
    ],
)
async def test_what_is_appended_stands_at_the_end_after_a_blank_line(
    claude_md: ClaudeMdService, path: Path, section: str | None, content: str, wanted: bytes
) -> None:
    await change(claude_md, content, section=section, mode="append")
    assert path.read_bytes() == wanted


async def test_an_appended_text_has_the_line_endings_of_the_file(
    claude_md: ClaudeMdService, path: Path
) -> None:
    path.write_bytes(TEXT.replace(b"\n", b"\r\n").rstrip())
    await change(claude_md, "More.\nAnd more.", section="C", mode="append")
    assert path.read_bytes().endswith(b"Three.\r\n\r\nMore.\r\nAnd more.\r\n")
    path.unlink()
    await change(claude_md, "First.", mode="append")
    assert path.read_bytes() == b"First.\n"


@pytest.mark.parametrize(
    ("content", "code"),
    [("# D", "heading_too_high"), ("## D", "heading_too_high"), ("```\nx", "section_would_spill")],
)
async def test_what_is_appended_stays_within_its_section(
    claude_md: ClaudeMdService, path: Path, content: str, code: str
) -> None:
    assert (await refused(claude_md, content, section="B", mode="append")).code == code
    assert path.read_bytes() == TEXT


async def test_a_section_is_taken_out_and_nothing_else(
    claude_md: ClaudeMdService, path: Path
) -> None:
    shown = await change(claude_md, section="B", mode=SectionMode.DELETE, dry_run=True)
    assert path.read_bytes() == TEXT
    done = await change(claude_md, section="B", mode=SectionMode.DELETE)
    assert done.diff == shown.diff
    assert path.read_bytes() == b"# A\n\nOne.\n\n# C\n\nThree.\n"


async def test_to_empty_a_file_needs_its_hash(claude_md: ClaudeMdService, path: Path) -> None:
    assert (await refused(claude_md, mode="delete")).code == "hash_required"
    now = (await claude_md.read()).hash
    await change(claude_md, mode="delete", expected_hash=now)
    assert path.read_bytes() == b""


async def test_a_conflict_says_what_an_editor_changed_since_the_reading(
    claude_md: ClaudeMdService, path: Path
) -> None:
    read = await claude_md.section("B")
    path.write_bytes(TEXT.replace(b"Three.", b"Drei."))
    error = await refused(claude_md, "## B\n", section="B", expected_hash=read.hash)
    assert error.code == "changed_underneath"
    assert "-Three.\n+Drei.\n" in error.details["diff"]
    assert "1 lines added, 1 removed, e.g. '+Drei.'" in error.message
    assert len(str(error)) <= 400
    never_read = await refused(claude_md, "## B\n", section="B", expected_hash="0" * 64)
    assert "diff" not in never_read.details


def test_only_the_newest_contents_are_remembered() -> None:
    seen = Seen(limit=2, most=10)
    for data in (b"a", b"b", b"a", b"c"):
        seen.note(data)
    seen.note(None)
    assert [seen.get(digest(data)) for data in (b"a", b"b", b"c")] == [b"a", None, b"c"]
    seen.note(b"x" * 11)
    assert seen.get(digest(b"x" * 11)) is None
