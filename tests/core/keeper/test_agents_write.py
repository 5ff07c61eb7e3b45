import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from claudetask_core.errors import DomainError
from claudetask_core.schemas.agent import AgentCreate, AgentUpdate
from claudetask_core.services.agents.agents import AgentService
from claudetask_core.services.disk import replace

PutAgent = Callable[[str, str | bytes], Path]
Told = list[tuple[str, str, str, str]]

GOOD = "---\nname: {}\ndescription: Reviews.\n---\n\nYou review.\n"


def new(name: str = "reviewer", **values: Any) -> AgentCreate:
    return AgentCreate(name=name, description="Reviews.", prompt="You review.", **values)


async def refused(agents: AgentService, agent_id: str, /, **values: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await agents.update(agent_id, AgentUpdate(**values), "me")
    return caught.value


async def test_a_created_agent_is_a_file_that_claude_code_reads(
    agents: AgentService, root: Path, told: Told
) -> None:
    agent = await agents.create(new(tools=["Read", "Grep"], model="opus", skills=["pdf"]), "me")
    path = root / ".claude" / "agents" / "reviewer.md"
    assert path.read_text() == (
        "---\nname: reviewer\ndescription: Reviews.\ntools: Read, Grep\nmodel: opus\n"
        "skills:\n  - pdf\n---\n\nYou review.\n"
    )
    assert agent == await agents.get("reviewer")
    assert agent.tools == agent.runs_with == ["Read", "Grep"]
    assert [problem.rule for problem in agent.problems] == ["skill_missing"]
    assert told == [("agent", "created", "reviewer", "me")]


async def test_a_name_that_is_taken_is_refused(
    agents: AgentService, put_agent: PutAgent, told: Told
) -> None:
    put_agent("other.md", GOOD.format("reviewer"))
    put_agent("free.md", GOOD.format("someone"))
    for name in ("reviewer", "free"):
        with pytest.raises(DomainError) as caught:
            await agents.create(new(name), "me")
        assert caught.value.code == "agent_exists"
    assert told == []


async def test_a_name_of_the_users_is_free_in_the_project(
    agents: AgentService, put_user_agent: PutAgent
) -> None:
    put_user_agent("reviewer.md", GOOD.format("reviewer"))
    assert (await agents.create(new(), "me")).scope == "project"


async def test_an_update_changes_what_it_names_and_keeps_what_was_there(
    agents: AgentService, put_agent: PutAgent, told: Told
) -> None:
    text = "---\nname: x # mine\ndescription: Old.\nodd: [1]\nmodel: opus\n---\nBody\n"
    path = put_agent("x.md", text)
    path.chmod(0o640)
    agent = await agents.update("x", AgentUpdate(description="New.", model=None), "me")
    assert path.read_text() == text.replace("Old.", "New.").replace("model: opus\n", "")
    assert path.stat().st_mode & 0o777 == 0o640
    assert (agent.description, agent.model) == ("New.", None)
    (version,) = await agents.versions("x")
    await agents.restore("x", version.version, "me")
    assert path.read_text() == text
    assert [action for _, action, _, _ in told] == ["updated", "restored"]


async def test_an_update_that_changes_nothing_writes_and_tells_nothing(
    agents: AgentService, put_agent: PutAgent, told: Told
) -> None:
    path = put_agent("x.md", GOOD.format("x"))
    before = path.stat()
    whole = await agents.get("x")
    same = AgentUpdate(name="x", description=whole.description, prompt=whole.prompt, tools=None)
    assert await agents.update("x", same, "me") == whole
    assert (path.stat().st_ino, await agents.versions("x"), told) == (before.st_ino, [], [])


async def test_a_stale_hash_is_refused_and_names_the_current_one(
    agents: AgentService, put_agent: PutAgent
) -> None:
    path = put_agent("x.md", GOOD.format("x"))
    old = (await agents.get("x")).hash
    await agents.update("x", AgentUpdate(prompt="Two."), "me", expected_hash=old)
    for call in (
        agents.update("x", AgentUpdate(prompt="Three."), "me", expected_hash=old),
        agents.delete("x", "me", expected_hash=old),
    ):
        with pytest.raises(DomainError) as caught:
            await call
        assert caught.value.code == "changed_underneath"
        assert caught.value.details["current_hash"] == (await agents.get("x")).hash
        assert "+Two." in caught.value.details["diff"]
    assert "Two." in path.read_text()


async def test_a_new_name_moves_a_file_that_is_named_after_it(
    agents: AgentService, put_agent: PutAgent
) -> None:
    path = put_agent("sub/x.md", GOOD.format("x"))
    agent = await agents.update("x", AgentUpdate(name="better"), "me")
    moved = path.with_name("better.md")
    assert (agent.id, agent.path) == ("better", str(moved))
    assert (path.exists(), moved.read_text()) == (False, GOOD.format("better"))
    assert len(await agents.versions("better")) == 1
    (version,) = await agents.versions("x")
    await agents.restore("x", version.version, "me")
    assert path.read_text() == GOOD.format("x")


async def test_a_new_name_leaves_a_file_that_is_named_otherwise(
    agents: AgentService, put_agent: PutAgent
) -> None:
    path = put_agent("team.md", GOOD.format("x"))
    assert (await agents.update("x", AgentUpdate(name="better"), "me")).path == str(path)


async def test_a_name_is_added_where_there_was_none(
    agents: AgentService, put_agent: PutAgent
) -> None:
    path = put_agent("x.md", "---\ndescription: d\n---\nB\n")
    await agents.update("x", AgentUpdate(name="named"), "me")
    assert path.with_name("named.md").read_text() == "---\ndescription: d\nname: named\n---\nB\n"


async def test_a_taken_new_name_is_refused_and_both_files_stay(
    agents: AgentService, put_agent: PutAgent
) -> None:
    path = put_agent("x.md", GOOD.format("x"))
    put_agent("y.md", GOOD.format("z"))
    for name in ("y", "z"):
        assert (await refused(agents, "x", name=name)).code == "agent_exists"
    assert path.read_text() == GOOD.format("x")


async def test_a_move_that_the_system_refuses_leaves_the_agent_as_it_was(
    agents: AgentService, put_agent: PutAgent, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    path = put_agent("x.md", GOOD.format("x"))

    def refuse(self: Path, target: Path) -> None:
        del self, target
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    assert (await refused(agents, "x", name="better")).code == "not_writable"
    assert (path.read_text(), told) == (GOOD.format("x"), [])


async def test_a_deleted_agent_comes_back_where_it_was(
    agents: AgentService, put_agent: PutAgent, told: Told
) -> None:
    path = put_agent("sub/r.md", GOOD.format("x"))
    await agents.delete("x", "me")
    assert not path.exists()
    path.parent.rmdir()
    (version,) = await agents.versions("x")
    agent = await agents.restore("x", version.version, "me")
    assert path.read_text() == GOOD.format("x")
    assert (agent.id, agent.path) == ("x", str(path))
    assert (await agents.restore("x", version.version, "me")) == agent
    assert [action for _, action, _, _ in told] == ["deleted", "restored"]


async def test_a_deleted_agent_does_not_come_back_over_another(
    agents: AgentService, put_agent: PutAgent
) -> None:
    path = put_agent("x.md", GOOD.format("x"))
    await agents.delete("x", "me")
    put_agent("x.md", GOOD.format("other"))
    (version,) = await agents.versions("x")
    with pytest.raises(DomainError) as caught:
        await agents.restore("x", version.version, "me")
    assert caught.value.code == "agent_exists"
    assert path.read_text() == GOOD.format("other")


async def test_versions_of_an_agent_that_never_was_are_refused(agents: AgentService) -> None:
    for call in (agents.versions("x"), agents.delete("x", "me")):
        with pytest.raises(DomainError) as caught:
            await call
        assert caught.value.code == "agent_not_found"
    with pytest.raises(DomainError) as caught:
        await agents.restore("x", "nothing", "me")
    assert caught.value.code == "version_not_found"


async def test_the_users_agents_are_read_only(
    agents: AgentService, put_user_agent: PutAgent
) -> None:
    path = put_user_agent("x.md", GOOD.format("x"))
    assert (await refused(agents, "x", prompt="mine")).code == "user_scope_read_only"
    with pytest.raises(DomainError) as caught:
        await agents.delete("x", "me")
    assert caught.value.code == "user_scope_read_only"
    assert path.read_text() == GOOD.format("x")


async def test_a_linked_agent_is_written_at_its_target_and_the_link_alone_deleted(
    agents: AgentService, root: Path, put_agent: PutAgent
) -> None:
    target = root / "shared.md"
    target.write_text(GOOD.format("x"))
    link = put_agent("other.md", GOOD.format("other")).with_name("x.md")
    link.symlink_to(target)
    await agents.update("x", AgentUpdate(name="twin", prompt="New."), "me")
    link = link.with_name("twin.md")
    assert link.is_symlink()
    assert target.read_text() == GOOD.format("twin").replace("You review.", "New.")
    await agents.delete("twin", "me")
    assert (link.is_symlink(), target.exists()) == (False, True)


async def test_nothing_is_written_through_a_link_that_leads_out(
    agents: AgentService, root: Path, put_agent: PutAgent
) -> None:
    outside = root.parent / "secret.md"
    outside.write_text(GOOD.format("x"))
    link = put_agent("other.md", GOOD.format("other")).with_name("x.md")
    link.symlink_to(outside)
    assert (await refused(agents, "x", prompt="mine")).code == "outside_project"
    with pytest.raises(DomainError) as caught:
        await agents.delete("x", "me")
    assert caught.value.code == "outside_project"
    assert (link.is_symlink(), outside.read_text()) == (True, GOOD.format("x"))


async def test_no_agent_is_created_in_a_folder_that_leads_out(
    agents: AgentService, root: Path
) -> None:
    outside = root.parent / "dotfiles"
    outside.mkdir()
    (root / ".claude").symlink_to(outside)
    with pytest.raises(DomainError) as caught:
        await agents.create(new(), "me")
    assert caught.value.code == "outside_project"
    assert list(outside.iterdir()) == []


async def test_an_agent_may_not_grow_until_it_cannot_be_read(
    agents: AgentService, put_agent: PutAgent
) -> None:
    put_agent("x.md", "---\nname: x\nodd: |\n" + "  y\n" * 10_000 + "---\n" + "z" * 1_007_000)
    assert (await refused(agents, "x", description="d" * 8000)).code == "file_too_large"


async def test_a_folder_that_takes_no_files_is_told_and_nothing_is_lost(
    agents: AgentService, root: Path, put_agent: PutAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put_agent("x.md", GOOD.format("x"))
    write_beside = replace.write_beside

    def read_only(target: Path, data: bytes, *, mode: int) -> Path:
        if "agents" in target.parts:
            raise PermissionError(13, "Permission denied", str(target))
        return write_beside(target, data, mode=mode)

    monkeypatch.setattr(replace, "write_beside", read_only)
    error = await refused(agents, "x", prompt="New.")
    assert error.code == "not_writable"
    assert "Permission denied" in error.message
    assert path.read_text() == GOOD.format("x")
    assert not list(root.rglob("*.tmp"))


async def test_settings_and_neighbours_are_never_touched(
    agents: AgentService, root: Path, put_agent: PutAgent
) -> None:
    own = put_agent("own.md", GOOD.format("own"))
    settings = root / ".claude" / "settings.json"
    settings.write_text('{"permissions": {"deny": ["Bash"]}}')
    before = [(path.read_bytes(), path.stat()) for path in (own, settings)]
    await agents.create(new(), "me")
    await agents.update("reviewer", AgentUpdate(prompt="New."), "me")
    await agents.delete("reviewer", "me")
    assert [(path.read_bytes(), path.stat()) for path in (own, settings)] == before


async def test_a_file_whose_name_is_no_utf8_is_kept_changed_and_restored(
    agents: AgentService, put_agent: PutAgent
) -> None:
    path = put_agent("good.md", GOOD).with_name(os.fsdecode(b"bad\xff.md"))
    path.write_text("---\ndescription: x\n---\n")
    changed = await agents.update("bad\ufffd", AgentUpdate(model="opus"), "alice")
    assert changed.model == "opus"
    (version,) = await agents.versions("bad\ufffd")
    await agents.restore("bad\ufffd", version.version, "alice")
    assert path.read_text() == "---\ndescription: x\n---\n"
