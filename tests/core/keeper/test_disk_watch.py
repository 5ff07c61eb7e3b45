from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.clock import SystemClock
from claudetask_core.config import Settings
from claudetask_core.core import Core, open_core
from claudetask_core.schemas.agent import AgentCreate
from claudetask_core.schemas.claude_md import ClaudeMdWrite
from claudetask_core.services import disk_watch
from claudetask_core.services.disk_watch import DiskWatch

AGENT = "---\nname: {}\ndescription: Reviews.\n---\nYou review.\n"
MakeWatch = Callable[[], DiskWatch]


@pytest.fixture
async def open_board(
    project: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Core]:
    """A core with a clock that goes, whose own watch looks only when it is told to."""
    monkeypatch.setattr(disk_watch, "SECONDS", 3600)
    monkeypatch.setattr(disk_watch, "GRACE_SECONDS", 0)
    async with open_core(settings, start=project, home=None) as core:
        yield core


@pytest.fixture
def make_watch(open_board: Core, project: Path) -> MakeWatch:
    async def root() -> Path:
        return project

    return lambda: DiskWatch(root, open_board.events, SystemClock())


async def told(core: Core) -> list[tuple[str, str, str, str]]:
    return [(e.type, e.action, e.id, e.actor) for e in await core.events.since(0)]


async def test_what_an_editor_changes_is_announced_once(
    open_board: Core, make_watch: MakeWatch, project: Path
) -> None:
    """Claude Code edits CLAUDE.md with tools of its own, and nobody heard of it."""
    (project / ".claude" / "agents").mkdir(parents=True)
    file = project / ".claude" / "agents" / "file.md"
    watches = [make_watch(), make_watch()]
    for watch in watches:
        await watch.look()
    (project / "CLAUDE.md").write_text("# Rules\n")
    file.write_text(AGENT.format("reviewer"))
    for watch in watches:
        await watch.look()
    assert await told(open_board) == [
        ("claude_md", "updated", "CLAUDE.md", "disk"),
        ("agent", "created", "reviewer", "disk"),
    ]
    file.write_text(AGENT.format("reviewer") + "More.\n")
    await watches[0].look()
    file.unlink()
    await watches[0].look()
    assert [action for _, action, _, _ in await told(open_board)][2:] == ["updated", "deleted"]


async def test_what_a_server_wrote_is_not_announced_again(
    open_board: Core, make_watch: MakeWatch
) -> None:
    watch = make_watch()
    await watch.look()
    await open_board.claude_md.write(ClaudeMdWrite(content="x"), "alice", require_hash=False)
    new = AgentCreate(name="reviewer", description="Reviews.", prompt="You review.")
    await open_board.agents.create(new, "alice")
    await watch.look()
    assert {actor for *_, actor in await told(open_board)} == {"alice"}


async def test_another_project_folder_is_no_change_of_this_one(
    open_board: Core, make_project: Callable[[str], Path]
) -> None:
    folders = [make_project("one"), make_project("two")]
    (folders[1] / "CLAUDE.md").write_text("# Rules\n")

    async def root() -> Path:
        return folders[0]

    watch = DiskWatch(root, open_board.events, SystemClock())
    await watch.look()
    folders.reverse()
    await watch.look()
    assert await told(open_board) == []


async def test_an_agent_of_a_folder_above_is_watched_too(
    open_board: Core, make_watch: MakeWatch, project: Path
) -> None:
    """A project that is a package has the agents of its repository."""
    watch = make_watch()
    await watch.look()
    file = project.parent / ".claude" / "agents" / "file.md"
    file.parent.mkdir(parents=True)
    file.write_text(AGENT.format("reviewer"))
    await watch.look()
    assert await told(open_board) == [("agent", "created", "reviewer", "disk")]


async def test_what_is_written_between_a_look_and_its_end_is_not_told_of_as_the_disks(
    open_board: Core, make_watch: MakeWatch, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page showed an agent twice: made by a person, and by the disk."""
    watch = make_watch()
    await watch.look()
    tell = open_board.events.announce_unless_told
    agent = AgentCreate(name="tester", description="Tests.", prompt="You test.")

    async def telling(*said: Any, **more: Any) -> None:
        await tell(*said, **more)
        await open_board.agents.create(agent, "ann")

    monkeypatch.setattr(open_board.events, "announce_unless_told", telling)
    (project / "CLAUDE.md").write_text("# Rules\n")
    await watch.look()
    monkeypatch.undo()
    await watch.look()
    assert await told(open_board) == [
        ("claude_md", "updated", "CLAUDE.md", "disk"),
        ("agent", "created", "tester", "ann"),
    ]
