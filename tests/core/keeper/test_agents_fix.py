"""Mending a file, moving it, undoing, and installing what comes with the program."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from claudetask_core.errors import DomainError
from claudetask_core.schemas.agent import AgentUpdate
from claudetask_core.services.agents.agents import AgentService
from claudetask_core.services.agents.templates import TEMPLATES, template, templates
from claudetask_mcp.tools.catalogue import CATALOGUE
from tests.core.keeper.agent_fixtures import BROKEN, text

PutAgent = Callable[[str, str | bytes], Path]
Told = list[tuple[str, str, str, str]]


async def test_a_fix_shows_its_difference_first_and_then_makes_it(
    agents: AgentService, put_agent: PutAgent, told: Told
) -> None:
    path = put_agent("x.md", text("x", "tools: read\n"))
    shown = await agents.fix("x", "me", dry_run=True)
    assert (shown.fixed, shown.dry_run, shown.kept_version) == (["tool_case"], True, None)
    assert "-tools: read\n+tools: Read\n" in shown.diff
    assert (path.read_text(), told) == (text("x", "tools: read\n"), [])

    done = await agents.fix("x", "me")
    assert (done.diff, done.agent.problems) == (shown.diff, [])
    assert path.read_text() == text("x", "tools: Read\n")
    assert told == [("agent", "updated", "x", "me")]
    assert done.kept_version
    await agents.restore("x", done.kept_version, "me")
    assert path.read_text() == text("x", "tools: read\n")


async def test_where_nothing_can_be_mended_nothing_is_written_or_told(
    agents: AgentService, put_agent: PutAgent, told: Told
) -> None:
    put_agent("x.md", text("x", "tools: Zzz\n"))
    done = await agents.fix("x", "me")
    assert (done.fixed, done.diff, done.kept_version, told) == ([], "", None, [])
    assert await agents.versions("x") == []


async def test_a_file_with_a_wrong_ending_is_moved_to_the_right_one(
    agents: AgentService, put_agent: PutAgent
) -> None:
    path = put_agent("sub/x.MD", BROKEN["tool_case"].data.replace(b"tool_case", b"x"))
    shown = await agents.fix("x", "me", dry_run=True)
    assert shown.diff.startswith("rename from x.MD\nrename to x.md\n--- ")
    done = await agents.fix("x", "me")
    assert done.fixed == ["extension_case", "tool_case"]
    assert done.agent.path == str(path.with_suffix(".md"))
    assert not path.exists()
    assert done.agent.loaded


async def test_a_wrong_ending_stays_where_the_right_one_is_taken(
    agents: AgentService, put_agent: PutAgent
) -> None:
    put_agent("x.MD", text("y"))
    put_agent("x.md", text("x"))
    assert (await agents.fix("y", "me")).fixed == []


async def test_a_fix_that_would_make_two_of_a_name_is_refused(
    agents: AgentService, put_agent: PutAgent
) -> None:
    path = put_agent("wide.md", text("x").encode("utf-16"))
    put_agent("x.md", text("x"))
    before = path.read_bytes()
    with pytest.raises(DomainError) as caught:
        await agents.fix("wide", "me")
    assert caught.value.code == "agent_exists"
    assert path.read_bytes() == before


async def test_a_fix_that_gives_another_name_can_be_undone_under_either(
    agents: AgentService, put_agent: PutAgent
) -> None:
    path = put_agent("wide.md", text("x").encode("utf-16"))
    assert (await agents.fix("wide", "me")).agent.id == "x"
    assert len(await agents.versions("wide")) == len(await agents.versions("x")) == 1
    await agents.restore("x", "last", "me")
    assert path.read_bytes() == text("x").encode("utf-16")


async def test_a_fix_with_an_old_hash_is_refused(agents: AgentService, put_agent: PutAgent) -> None:
    put_agent("x.md", text("x", "tools: read\n"))
    for dry_run in (True, False):
        with pytest.raises(DomainError) as caught:
            await agents.fix("x", "me", expected_hash="0" * 64, dry_run=dry_run)
        assert caught.value.code == "changed_underneath"


async def test_a_users_agent_is_not_fixed(agents: AgentService, put_user_agent: PutAgent) -> None:
    put_user_agent("x.md", text("x", "tools: read\n"))
    with pytest.raises(DomainError) as caught:
        await agents.fix("x", "me")
    assert caught.value.code == "user_scope_read_only"


async def test_last_is_the_newest_copy_that_differs(
    agents: AgentService, put_agent: PutAgent
) -> None:
    path = put_agent("x.md", text("x", description="one"))
    await agents.update("x", AgentUpdate(description="two"), "me")
    await agents.restore("x", "last", "me")
    assert path.read_text() == text("x", description="one")
    await agents.restore("x", "last", "me")
    assert path.read_text() == text("x", description="two")
    await agents.delete("x", "me")
    restored = await agents.restore("x", "last", "me")
    assert (restored.description, path.exists()) == ("two", True)
    with pytest.raises(DomainError) as caught:
        await agents.restore("nobody", "last", "me")
    assert caught.value.code == "version_not_found"


@pytest.mark.parametrize("name", TEMPLATES)
async def test_a_template_is_installed_as_a_file_without_a_problem(
    agents: AgentService, root: Path, told: Told, name: str
) -> None:
    agent = await agents.install(name, "me")
    assert (agent.name, agent.problems, agent.loaded) == (name, [], True)
    assert agent.runs_with == agent.tools
    assert (root / ".claude/agents" / f"{name}.md").read_bytes() == template(name)
    assert told == [("agent", "created", name, "me")]
    with pytest.raises(DomainError) as caught:
        await agents.install(name, "me")
    assert caught.value.code == "agent_exists"


async def test_an_unknown_template_is_refused_and_the_known_are_named(
    agents: AgentService,
) -> None:
    with pytest.raises(DomainError) as caught:
        await agents.install("../x", "me")
    assert caught.value.code == "template_not_found"
    assert all(name in str(caught.value) for name in TEMPLATES)


def test_two_builders_that_work_at_once_are_told_to_go_by_names_of_their_own() -> None:
    told = template("builder").decode()
    assert 'agent="builder"' not in told
    assert "`builder-` and the number of the task" in told


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_names_no_tool_of_ours_that_is_not_there_or_not_given_to_it(name: str) -> None:
    (one,) = [shown for shown in templates() if shown.name == name]
    ours = {spec.name for spec in CATALOGUE}
    given = {tool.removeprefix("mcp__claudetask__") for tool in one.tools if tool[0] == "m"}
    assert len(given) >= 5
    assert given <= ours
    told = set(re.findall(r"`(\w+)`", template(name).decode())) & ours
    assert told == given
