import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from claudetask_core.errors import DomainError
from claudetask_core.home import Home
from claudetask_core.services.agents import scan as agent_scan
from claudetask_core.services.agents.agents import AgentService
from claudetask_core.services.announce import Announce
from claudetask_core.services.disk.files import RootSource
from claudetask_core.services.disk.kept import KeptCopies
from tests.core.keeper.agent_fixtures import BROKEN

PutAgent = Callable[[str, str | bytes], Path]

GOOD = "---\nname: {}\ndescription: Reviews.\n---\n\nYou review.\n"


async def rules(agents: AgentService) -> list[str]:
    return [problem.rule for agent in await agents.find() for problem in agent.problems]


async def test_without_any_folder_there_are_no_agents(agents: AgentService) -> None:
    assert await agents.find() == []


async def test_an_agent_is_read_whole(agents: AgentService, put_agent: PutAgent) -> None:
    path = put_agent(
        "sub/r.md",
        "---\nname: reviewer\ndescription: >\n  Reviews\n  code.\ntools: Read, Bash(git *, ls)\n"
        "model: sonnet\nskills:\n  - pdf\nunknown: 1\n---\n\nYou review.\n",
    )
    agent = await agents.get("reviewer")
    assert (agent.id, agent.name, agent.scope) == ("reviewer", "reviewer", "project")
    assert agent.description == "Reviews code."
    assert agent.tools == ["Read", "Bash(git *, ls)"]
    assert (agent.model, agent.skills, agent.prompt) == ("sonnet", ["pdf"], "You review.")
    assert agent.path == str(path)
    assert (len(agent.hash), agent.loaded, agent.runs_with) == (64, True, ["Read", "Bash"])
    assert [problem.rule for problem in agent.problems] == ["skill_missing", "unknown_key"]


async def test_project_agents_come_before_the_users_and_each_by_name(
    agents: AgentService, put_agent: PutAgent, put_user_agent: PutAgent
) -> None:
    for name in ("b", "C", "a"):
        put_agent(f"{name}.md", GOOD.format(name))
    put_user_agent("A0.md", GOOD.format("A0"))
    found = await agents.find()
    assert [(one.scope.value, one.id) for one in found] == [
        ("project", "a"),
        ("project", "b"),
        ("project", "C"),
        ("user", "A0"),
    ]


async def test_a_project_agent_takes_the_place_of_the_users(
    agents: AgentService, put_agent: PutAgent, put_user_agent: PutAgent
) -> None:
    put_user_agent("x.md", GOOD.format("x"))
    assert (await agents.get("x")).scope == "user"
    put_agent("x.md", GOOD.format("x"))
    assert [one.scope.value for one in await agents.find()] == ["project"]


async def test_a_project_that_is_the_home_lists_its_agents_once(
    where: RootSource, root: Path, kept: KeptCopies, announce: Announce, put_agent: PutAgent
) -> None:
    put_agent("x.md", GOOD.format("x"))
    service = AgentService(root=where, home=Home(root), kept=kept, announce=announce)
    assert [one.scope.value for one in await service.find()] == ["project"]


async def test_an_unknown_agent_is_refused_and_the_known_are_named(
    agents: AgentService, put_agent: PutAgent
) -> None:
    put_agent("x.md", GOOD.format("x"))
    for name in ("y", "../x", "x.md", ""):
        with pytest.raises(DomainError) as caught:
            await agents.get(name)
        assert caught.value.code == "agent_not_found"
        assert "There are: x." in caught.value.message


async def test_where_there_are_no_agents_that_is_said(agents: AgentService) -> None:
    with pytest.raises(DomainError) as caught:
        await agents.get("y")
    assert str(caught.value).endswith(
        "There are none yet. Create it with a description and a prompt."
    )


@pytest.mark.parametrize("rule", BROKEN)
async def test_what_claude_code_trips_over_is_listed_with_its_rule_and_line(
    agents: AgentService, put_agent: PutAgent, put_user_agent: PutAgent, root: Path, rule: str
) -> None:
    fixture = BROKEN[rule]
    (root / ".mcp.json").write_text("{}")
    put_agent(fixture.file or f"{rule}.md", fixture.data)
    put_user_agent("mine.md", BROKEN["shadowed_scope"].data)
    agent = next(one for one in await agents.find() if one.scope == "project")
    assert (await agents.get(agent.id)) == agent
    assert [(problem.rule, problem.line) for problem in agent.problems] == [(rule, fixture.line)]
    assert agent.loaded is fixture.loaded


async def test_two_files_of_one_name_are_each_a_problem(
    agents: AgentService, put_agent: PutAgent
) -> None:
    put_agent("a.md", GOOD.format("same"))
    put_agent("sub/b.md", GOOD.format("same"))
    found = await agents.find()
    assert [problem.rule for one in found for problem in one.problems] == ["duplicate_name"] * 2
    assert (await agents.get("same")).path.endswith("a.md")


async def test_servers_and_skills_count_wherever_they_are_configured(
    agents: AgentService, put_agent: PutAgent, root: Path, home: Path
) -> None:
    put_agent(
        "x.md",
        "---\nname: x\ndescription: d\nskills: ours, mine, cmd, nobody, plugin:x, verify\n"
        "tools: mcp__a__x, mcp__b, mcp__c_d__x, mcp__nobody__x, mcp__nobody__y\n---\n",
    )
    (root / ".mcp.json").write_text('{"mcpServers": {"a": {}}}')
    (home / ".claude.json").write_text(
        json.dumps({"mcpServers": {"b": {}}, "projects": {str(root): {"mcpServers": {"c d": {}}}}})
    )
    for folder in (root / ".claude/skills/ours", home / ".claude/skills/mine"):
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_text("---\ndescription: d\n---\n")
    (root / ".claude/commands").mkdir()
    (root / ".claude/commands/cmd.md").write_text("Do it.")
    assert await rules(agents) == ["skill_missing", "mcp_server_missing"]


async def test_a_configuration_that_cannot_be_read_makes_no_server_a_problem(
    agents: AgentService, put_agent: PutAgent, home: Path
) -> None:
    put_agent("x.md", "---\nname: x\ndescription: d\ntools: mcp__a__x\n---\n")
    assert await rules(agents) == ["mcp_server_missing"]
    for content in ("{", "[]", "[" * 100_000):
        (home / ".claude.json").write_text(content)
        assert await rules(agents) == []
    (home / ".claude.json").unlink()
    (home / ".claude.json").symlink_to("name" * 100)
    assert await rules(agents) == []
    (home / ".claude.json").unlink()
    (home / ".claude.json").write_text('{"mcpServers": [], "projects": 5}')
    assert await rules(agents) == ["mcp_server_missing"]


async def test_a_wrong_tool_name_is_corrected_where_it_is_near(
    agents: AgentService, put_agent: PutAgent
) -> None:
    put_agent("x.md", "---\nname: x\ndescription: d\ntools: read, WebFech, Zzz\n---\n")
    agent = await agents.get("x")
    assert [problem.mend for problem in agent.problems] == [
        "Write Read.",
        "Write WebFetch if that is meant.",
        "Remove it.",
    ]
    assert agent.runs_with == []


async def test_of_a_file_that_is_no_agent_and_one_that_is_the_agent_is_answered(
    agents: AgentService, put_agent: PutAgent
) -> None:
    put_agent("X.MD", GOOD.format("x"))
    put_agent("x.md", GOOD.format("x"))
    assert (await agents.get("x")).path.endswith("x.md")
    assert "duplicate_name" not in await rules(agents)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        "---\nname: x\n---\n".encode("utf-16"),
        b"---\rname: x\r---\r",
        b"---\n" + b"[" * 100_000 + b"\n---\n",
        b"---\n- a\n---\n",
        b"---\nname: [a]\ndescription: {a: b}\ntools: 5\nskills: 5\nmodel: []\n---\n",
        b"---\n? [a]\n: b\n---\n",
        b"+++\nname = 'x'\n+++\n",
    ],
)
async def test_no_file_whatever_it_holds_breaks_the_list(
    agents: AgentService, put_agent: PutAgent, data: bytes
) -> None:
    put_agent("good.md", GOOD.format("good"))
    put_agent("bad.md", data)
    found = {agent.id: agent for agent in await agents.find()}
    assert set(found) == {"bad", "good"}
    assert found["bad"].problems
    assert found["good"].problems == []


async def test_what_cannot_be_read_is_listed_and_refused_by_name(
    agents: AgentService, root: Path, put_agent: PutAgent
) -> None:
    folder = put_agent("good.md", GOOD.format("good")).parent
    secret = root.parent / "secret.md"
    secret.write_text(GOOD.format("secret"))
    (folder / "out.md").symlink_to(secret)
    (folder / "outdir").symlink_to(root.parent)
    (folder / "broken.md").symlink_to("nothing.md")
    (folder / "loop.md").symlink_to("loop.md")
    (folder / "long.md").symlink_to("name" * 100)
    (folder / "far.md").symlink_to(root.parent / ("name" * 100))
    os.mkfifo(folder / "pipe.md")
    (folder / "large.md").write_bytes(b"x" * 1_100_000)
    found = {agent.id: agent for agent in await agents.find()}
    wanted = {
        "out": "outside_project",
        "outdir": "outside_project",
        "broken": "link_broken",
        "loop": "not_readable",
        "long": "not_readable",
        "far": "outside_project",
        "pipe": "not_a_file",
        "large": "file_too_large",
    }
    assert {i: a.problems[0].rule for i, a in found.items() if a.problems} == wanted
    assert {name for name, agent in found.items() if agent.loaded} == {"good", "out", "outdir"}
    followed = found["out"].problems[0]
    assert (followed.severity, found["broken"].problems[0].severity) == ("warning", "error")
    assert followed.message.endswith("and is left alone. Claude Code follows it.")
    for name, code in wanted.items():
        with pytest.raises(DomainError) as caught:
            await agents.get(name)
        assert caught.value.code == code


async def test_links_and_loops_inside_the_project_are_followed_once(
    agents: AgentService, root: Path, put_agent: PutAgent
) -> None:
    folder = put_agent("a.md", GOOD.format("a")).parent
    shared = root / "shared"
    shared.mkdir()
    (shared / "b.md").write_text(GOOD.format("b"))
    (folder / "linked").symlink_to(shared)
    (folder / "self").symlink_to(folder)
    assert [agent.id for agent in await agents.find()] == ["a", "b"]


async def test_an_agents_folder_that_leads_out_is_told_and_not_entered(
    agents: AgentService, root: Path
) -> None:
    outside = root.parent / "dotfiles"
    outside.mkdir()
    (outside / "x.md").write_text(GOOD.format("x"))
    (root / ".claude").mkdir()
    (root / ".claude" / "agents").symlink_to(outside)
    (only,) = await agents.find()
    assert (only.id, only.problems[0].rule) == ("agents", "outside_project")


async def test_a_bounded_number_of_files_is_listed_and_the_log_says_so(
    agents: AgentService,
    put_agent: PutAgent,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(agent_scan, "MAX_FILES", 3)
    for number in range(5):
        put_agent(f"{number}.md", GOOD.format(number))
    assert len(await agents.find()) == 3
    assert "more than 3" in caplog.text


async def test_a_refusal_among_many_agents_stays_short(
    agents: AgentService, put_agent: PutAgent
) -> None:
    for number in range(40):
        put_agent(f"agent-{number}.md", GOOD.format(f"agent-{number}"))
    with pytest.raises(DomainError) as caught:
        await agents.get("nobody")
    assert len(str(caught.value)) <= 400


async def test_where_the_folder_is_a_file_there_are_no_agents(
    agents: AgentService, root: Path
) -> None:
    (root / ".claude").mkdir()
    (root / ".claude" / "agents").write_text("")
    assert await agents.find() == []


async def test_names_and_texts_that_are_no_utf8_can_still_be_sent(
    agents: AgentService, put_agent: PutAgent
) -> None:
    """One file whose name was not UTF-8 made the whole list an internal error."""
    good = put_agent("good.md", GOOD.format("good"))
    good.with_name(os.fsdecode(b"bad\xff.md")).write_text("---\ndescription: x\n---\n")
    put_agent("half.md", '---\nname: half\ndescription: "a \\ud800 b"\n---\n')
    found = await agents.find()
    assert {agent.id for agent in found} == {"bad\ufffd", "good", "half"}
    for agent in found:
        assert agent.model_dump_json()
        assert (await agents.get(agent.id)).path == agent.path
    with pytest.raises(DomainError) as refusal:
        await agents.get("nobody")
    assert str(refusal.value).encode()
