"""AGENTS.md beside a CLAUDE.md: Claude Code reads it only where that says nothing."""

from pathlib import Path

import pytest

from claudetask_core.schemas.claude_md import ClaudeMdWrite, Place
from claudetask_core.services.claude_md.claude_md import ClaudeMdService


@pytest.fixture
def agents_md(root: Path) -> Path:
    path = root / "AGENTS.md"
    path.write_text("Run `make test`.\n", "utf-8")
    return path


async def hints(claude_md: ClaudeMdService, place: Place = Place.PROJECT) -> list[str]:
    return [hint.message for hint in (await claude_md.overview(place)).hints]


async def write(claude_md: ClaudeMdService, content: str, *, dry_run: bool = False) -> list[str]:
    data = ClaudeMdWrite(content=content, dry_run=dry_run)
    change = await claude_md.write(data, "me", require_hash=False)
    return [hint.rule for hint in change.hints]


@pytest.mark.usefixtures("agents_md")
@pytest.mark.parametrize("dry_run", [True, False])
async def test_whoever_begins_a_claude_md_is_told_that_it_hides_agents_md(
    claude_md: ClaudeMdService, *, dry_run: bool
) -> None:
    assert await write(claude_md, "# App\n", dry_run=dry_run) == ["agents_md_unread"]


@pytest.mark.usefixtures("agents_md")
async def test_it_is_told_once_and_stays_a_hint(claude_md: ClaudeMdService) -> None:
    assert await write(claude_md, "\n") == []
    assert await hints(claude_md) == []
    assert await write(claude_md, "# App\n") == ["agents_md_unread"]
    assert await write(claude_md, "# Other\n") == []
    assert "A line @AGENTS.md has it read." in (await hints(claude_md))[0]
    assert await write(claude_md, "# Other\n\n@AGENTS.md\n") == []
    assert await hints(claude_md) == []


async def test_no_agents_md_and_one_that_is_the_same_file_are_not_hidden(
    claude_md: ClaudeMdService, root: Path
) -> None:
    assert await write(claude_md, "# App\n") == []
    (root / "AGENTS.md").write_text("\n", "utf-8")
    assert await hints(claude_md) == []
    (root / "AGENTS.md").unlink()
    (root / "AGENTS.md").symlink_to("CLAUDE.md")
    assert await hints(claude_md) == []


async def test_a_block_that_begins_a_claude_md_imports_agents_md(
    claude_md: ClaudeMdService, root: Path, agents_md: Path
) -> None:
    """It was hidden by `init --block`, with all that it says."""
    path = root / "CLAUDE.md"
    for _ in range(3):
        await claude_md.set_block(present=True, actor="me")
    block = path.read_text("utf-8")
    assert block.count("\n\n@AGENTS.md\n<!-- claudetask:end -->\n") == 1
    assert await hints(claude_md) == []
    path.write_text(f"# App\n\n{block}", "utf-8")
    await claude_md.set_block(present=True, actor="me")
    assert path.read_text("utf-8") == f"# App\n\n{block}"
    path.write_text(f"# App\n\n@AGENTS.md\n\n{block}", "utf-8")
    await claude_md.set_block(present=True, actor="me")
    assert path.read_text("utf-8").count("@AGENTS.md") == 1
    agents_md.unlink()
    path.write_text(block, "utf-8")
    await claude_md.set_block(present=True, actor="me")
    assert "@AGENTS.md" not in path.read_text("utf-8")
    await claude_md.set_block(present=False, actor="me")
    assert not path.exists()


@pytest.mark.usefixtures("agents_md")
async def test_a_block_beside_what_says_something_already_imports_nothing(
    claude_md: ClaudeMdService, root: Path
) -> None:
    (root / "CLAUDE.local.md").write_text("Mine.\n", "utf-8")
    await claude_md.set_block(present=True, actor="me")
    assert "@AGENTS.md" not in (root / "CLAUDE.md").read_text("utf-8")
    (root / "CLAUDE.local.md").unlink()
    (root / "CLAUDE.md").write_text("# App\n", "utf-8")
    await claude_md.set_block(present=True, actor="me")
    assert "@AGENTS.md" not in (root / "CLAUDE.md").read_text("utf-8")


@pytest.mark.usefixtures("agents_md")
async def test_an_import_from_another_folder_says_the_way(
    claude_md: ClaudeMdService, root: Path
) -> None:
    await claude_md.set_block(present=True, actor="me", place=Place.DOT_CLAUDE)
    assert "\n@../AGENTS.md\n" in (root / ".claude" / "CLAUDE.md").read_text("utf-8")
    assert await hints(claude_md, Place.DOT_CLAUDE) == []
