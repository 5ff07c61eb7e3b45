"""The tools for code, agents, CLAUDE.md and the project."""

from pathlib import Path

import pytest

from claudetask_core.core import Core
from claudetask_core.schemas.search import SearchQuery, SearchResults
from tests.mcp.conftest import Connect
from tests.mcp.support import answer, refusal

SEEN = (
    "Claude Code sees it within seconds; a session that is older than .claude/agents itself, "
    "after a restart."
)


@pytest.fixture
def code(project: Path) -> Path:
    folder = project / "src"
    folder.mkdir()
    (folder / "money.py").write_text(
        '"""Money."""\n\n\ndef round_half_up(amount: float) -> int:\n'
        '    """Rounds commercially."""\n    return int(amount + 0.5)\n',
        "utf-8",
    )
    (project / "README.md").write_text("# Shop\n\nIt rounds commercially.\n", "utf-8")
    return folder


async def test_code_is_found_with_path_lines_symbol_and_text(connect: Connect, code: Path) -> None:
    async with connect() as client:
        said = await answer(client, "search_codebase", query="round half up", path="src/**")
        none = await answer(client, "search_codebase", query="round", language="rust")
    first = said.splitlines()[0]
    assert first.startswith("src/money.py:")
    assert "round_half_up (function)" in first
    assert "def round_half_up(amount: float) -> int:" in said
    assert "README" not in said
    assert none.startswith("Nothing found with language='rust'. Matches are in python")


async def test_the_arguments_of_a_search_arrive(
    connect: Connect, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[SearchQuery] = []

    async def search(query: SearchQuery) -> SearchResults:
        asked.append(query)
        return SearchResults(query=query.query, complete=1, results=[], weak=True, message=None)

    monkeypatch.setattr(core.search, "search", search)
    async with connect() as client:
        await answer(
            client,
            "search_codebase",
            query=" q ",
            top_k=3,
            path="a/**",
            language="go",
            kind="tests",
            min_score=0.5,
        )
        await answer(client, "search_codebase", query="q", path="")
    assert asked == [
        SearchQuery(query="q", top_k=3, path="a/**", language="go", kind="tests", min_score=0.5),
        SearchQuery(query="q"),
    ]


async def test_an_agent_is_made_changed_read_and_deleted(connect: Connect, project: Path) -> None:
    file = project / ".claude" / "agents" / "tester.md"
    async with connect() as client:
        made = await answer(
            client,
            "save_agent",
            name="tester",
            description="Writes tests",
            prompt="Write tests.",
            tools=["Read", "mcp__claudetask__search_codebase"],
            model="sonnet",
        )
        await answer(client, "save_agent", name="tester", description="Writes good tests")
        shown = await answer(client, "get_agent", name="tester")
        listed = await answer(client, "list_agents")
        assert "Write tests." in file.read_text("utf-8")
        gone = await answer(client, "delete_agent", name="tester")
        none = await answer(client, "list_agents")
    assert made.startswith("Created agent tester (")
    assert made.endswith(SEEN)
    assert "description: Writes good tests\ntools: Read, mcp__claudetask__search_codebase" in shown
    assert "model: sonnet" in shown
    assert shown.endswith("prompt:\n```\nWrite tests.\n```")
    assert listed == "- tester: Writes good tests\n1 agent."
    assert gone.startswith("Deleted agent tester;")
    assert gone.endswith("Claude Code notices within seconds.")
    assert not file.exists()
    assert none.startswith("No agents.")


async def test_what_is_wrong_with_an_agent_is_told_and_mended(
    connect: Connect, project: Path
) -> None:
    file = project / ".claude" / "agents" / "x.md"
    file.parent.mkdir(parents=True)
    before = "---\nname: x\ndescription: 5\ntools: read, Zzz\n---\nP.\n"
    file.write_text(before)
    async with connect() as client:
        listed = await answer(client, "list_agents")
        checked = await answer(client, "list_agents", problems=True)
        whole = await answer(client, "get_agent", name="x")
        shown = await answer(client, "save_agent", name="x", action="fix?")
        assert file.read_text() == before
        fixed = await answer(client, "save_agent", name="x", action="fix")
        ran = await answer(client, "get_agent", name="x")
        again = await answer(client, "save_agent", name="x", action="fix")
        await answer(client, "save_agent", name="x", action="restore last")
    assert listed.startswith("- x [not loaded, 3 problems]: ")
    lines = checked.splitlines()
    assert lines[0] == f"agent x ({file}, not loaded by Claude Code)"
    assert lines[1].startswith("- line 3, error, fixable: The description is no text")
    assert lines[2].endswith("the agent silently runs without it. Write Read.")
    assert lines[3].startswith("- line 4, warning: Claude Code knows no tool 'Zzz'")
    assert lines[4:] == [
        "0 agents without a problem. save_agent(name, action='fix') mends what is fixable."
    ]
    assert "\nClaude Code does not load it.\n" in whole
    assert "would mend description_not_string, tool_case" in shown
    assert '+description: "5"' in shown
    assert fixed.startswith("Fixed description_not_string, tool_case; before: version 2")
    assert fixed.endswith(SEEN)
    assert "tools: Read, Zzz\nruns with: Read\n" in ran
    assert (
        again == "Nothing that can be mended without its author; 1 problem in all, see get_agent."
    )
    assert file.read_text() == before


async def test_an_agent_is_installed_renamed_and_brought_back(
    connect: Connect, project: Path
) -> None:
    folder = project / ".claude" / "agents"
    async with connect() as client:
        made = await answer(client, "save_agent", name="reviewer", action="install")
        await answer(client, "save_agent", name="reviewer", action="rename critic")
        assert [path.name for path in folder.iterdir()] == ["critic.md"]
        await answer(client, "delete_agent", name="critic")
        back = await answer(client, "save_agent", name="critic", action="restore last")
        sound = await answer(client, "list_agents", problems=True)
    assert made.startswith("Installed agent reviewer (")
    assert back.startswith("Restored agent critic (")
    assert sound == "1 agent without a problem."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"action": "mend"}, "no action 'mend'"),
        ({"action": "rename"}, "no action 'rename'"),
        ({"action": "fix", "prompt": "p"}, "either action or prompt"),
        ({"action": "install"}, "planner, builder, reviewer, tester, documenter"),
        ({"action": "rename a b"}, "name"),
    ],
)
async def test_an_action_that_is_none_is_refused(
    connect: Connect, arguments: dict[str, str], said: str
) -> None:
    async with connect() as client:
        assert said in await refusal(client, "save_agent", {"name": "x", **arguments})


async def test_a_new_agent_needs_description_and_prompt(connect: Connect) -> None:
    async with connect() as client:
        said = await refusal(client, "save_agent", {"name": "tester", "tools": ["Read"]})
    assert said.startswith(
        "The project has no agent 'tester' yet, and a new one needs description and prompt."
    )


@pytest.mark.parametrize("arguments", [{}, {"description": None, "model": None}])
async def test_an_agent_that_is_given_nothing_to_change_is_not_said_to_be_updated(
    connect: Connect, arguments: dict[str, None]
) -> None:
    async with connect() as client:
        await answer(client, "save_agent", name="a", description="d", prompt="p")
        said = await refusal(client, "save_agent", {"name": "a", **arguments})
    assert said.startswith("save_agent was given nothing to change. Give description, prompt,")


async def test_an_agent_changed_underneath_is_refused(connect: Connect) -> None:
    async with connect() as client:
        await answer(client, "save_agent", name="a", description="d", prompt="p")
        said = await refusal(
            client, "save_agent", {"name": "a", "prompt": "q", "expected_hash": "0" * 64}
        )
        assert await answer(client, "get_agent", name="a")
    assert "changed" in said or "hash" in said


async def test_an_agent_of_the_user_may_be_overridden_by_the_project(
    connect: Connect, own_home: Path, project: Path
) -> None:
    folder = own_home / ".claude" / "agents"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "mine.md"
    file.write_text("---\nname: mine\ndescription: d\n---\np\n", "utf-8")
    try:
        async with connect() as client:
            assert "mine (user): d" in await answer(client, "list_agents")
            await answer(client, "save_agent", name="mine", description="ours", prompt="q")
    finally:
        file.unlink()
    assert (project / ".claude" / "agents" / "mine.md").exists()


async def test_an_agent_of_a_folder_above_is_marked(connect: Connect, project: Path) -> None:
    path = project.parent / ".claude" / "agents" / "shared.md"
    path.parent.mkdir(parents=True)
    path.write_text("---\nname: shared\ndescription: d\n---\nx\n")
    async with connect() as client:
        assert "shared (parent): d" in await answer(client, "list_agents")
        assert "shared (parent) " in await answer(client, "get_agent", name="shared")


async def test_a_section_is_replaced_and_the_rest_stays(connect: Connect, project: Path) -> None:
    file = project / "CLAUDE.md"
    file.write_text("# Commands\n\n## Testing\n\npytest\n\n## Build\n\nmake\n", "utf-8")
    async with connect() as client:
        before = await answer(client, "read_claude_md", section="Commands > Testing")
        dry = await answer(
            client,
            "update_claude_md",
            section="Commands > Testing",
            content="## Testing\n\nuv run pytest\n\n",
            dry_run=True,
        )
        assert "uv run" not in file.read_text("utf-8")
        done = await answer(
            client,
            "update_claude_md",
            section="Commands > Testing",
            content="## Testing\n\nuv run pytest\n\n",
        )
        same = await answer(
            client,
            "update_claude_md",
            section="Commands > Testing",
            content="## Testing\n\nuv run pytest\n\n",
        )
    assert "\n\n```markdown\n## Testing\n\npytest" in before
    assert "+uv run pytest" in dry
    assert dry.startswith("Nothing was written.")
    assert done.startswith("Wrote section Commands > Testing. Hash now ")
    assert same.startswith("section Commands > Testing reads like that already")
    assert file.read_text("utf-8") == (
        "# Commands\n\n## Testing\n\nuv run pytest\n\n## Build\n\nmake\n"
    )


async def test_a_whole_file_needs_the_hash_of_what_was_read(
    connect: Connect, project: Path
) -> None:
    async with connect() as client:
        none = await answer(client, "read_claude_md")
        await answer(client, "update_claude_md", content="# One\n")
        refused = await refusal(client, "update_claude_md", {"content": "# Two\n"})
        shown = await answer(client, "read_claude_md")
        present = shown.split("hash ")[1].split()[0]
        done = await answer(client, "update_claude_md", content="# Two\n", expected_hash=present)
        version = done.split("version ")[1].split(" ")[0]
        back = await answer(client, "update_claude_md", restore=version)
    assert none.startswith("There is no CLAUDE.md yet.")
    assert "hash" in refused
    assert shown.endswith("\n\n```markdown\n# One\n```")
    assert back.startswith(f"Wrote version {version}.")
    assert (project / "CLAUDE.md").read_text("utf-8") == "# One\n"


async def test_a_long_claude_md_is_cut_with_its_outline(connect: Connect, project: Path) -> None:
    chapters = "".join(f"# Chapter {n}\n\n{'word ' * 200}\n\n" for n in range(50))
    (project / "CLAUDE.md").write_text(chapters, "utf-8")
    async with connect() as client:
        said = await answer(client, "read_claude_md")
    assert len(said) <= 32_000
    assert "Sections:\n- Chapter 0\n" in said
    assert "- Chapter 49" in said


async def test_the_project_says_where_it_stands(connect: Connect, project: Path) -> None:
    async with connect() as client:
        await answer(client, "create_task", title="Work")
        said = await answer(client, "project_status")
    assert f"project {project}" in said
    assert "tasks 1: Backlog 1" in said
    assert "CLAUDE.md missing or empty" in said
    assert "jobs none running" in said
    assert "\nindex " in said


async def test_sections_are_added_to_removed_and_brought_back(
    connect: Connect, project: Path
) -> None:
    file = project / "CLAUDE.md"
    file.write_text("# A\n\nOne.\n\n# B\n")
    async with connect() as client:
        said = await answer(client, "update_claude_md", section="A", content="Two.", append=True)
        assert file.read_text() == "# A\n\nOne.\n\nTwo.\n\n# B\n"
        await answer(client, "update_claude_md", section="A", content="")
        assert file.read_text() == "# B\n"
        await answer(client, "update_claude_md", restore="last")
    assert said.startswith("Wrote section A. Hash now ")
    assert file.read_text() == "# A\n\nOne.\n\nTwo.\n\n# B\n"


async def test_each_place_is_read_and_written_and_an_overview_shows_all(
    connect: Connect, project: Path
) -> None:
    (project / "CLAUDE.md").write_text("# A\n\n@docs/a.md @gone.md\n")
    (project / "docs").mkdir()
    (project / "docs" / "a.md").write_text("@../CLAUDE.md\n")
    async with connect() as client:
        none = await answer(client, "read_claude_md", place="local")
        wrote = await answer(client, "update_claude_md", content="# Mine\n", place="local")
        mine = await answer(client, "read_claude_md", section="Mine", place="local")
        shown = await answer(client, "read_claude_md", section="*")
        user = await refusal(client, "update_claude_md", {"content": "x", "place": "user"})
    assert none.startswith("There is no CLAUDE.local.md yet.")
    assert wrote.startswith("Wrote CLAUDE.local.md.")
    assert mine.endswith("# Mine\n```")
    assert shown.startswith(f"project: {project}/CLAUDE.md · 25 bytes · hash ")
    for line in (
        "Sections:\n- A\nImports:\n- line 3: @docs/a.md loaded",
        f"- line 1: @../CLAUDE.md loop (by {project}/docs/a.md)",
        "- line 3: @gone.md missing",
        "Hints:\n- line 1: @../CLAUDE.md (in ",
        "local: ",
        "dot-claude: ",
        "user: ",
    ):
        assert line in shown
    assert "only read here" in user


async def test_the_overview_names_what_else_is_loaded_and_when_and_each_is_read_by_path(
    connect: Connect, project: Path
) -> None:
    rules = project / ".claude" / "rules"
    rules.mkdir(parents=True)
    (rules / "a.md").write_text("# Always\n")
    (rules / "b.md").write_text('---\npaths: "src/**/*.py, lib/*.ts"\n---\n# At times\n')
    (rules / "c.md").symlink_to("/etc/passwd")
    (project / "src").mkdir()
    (project / "src" / "CLAUDE.md").write_text("# There\n")
    (project / "src" / "a.py").write_text("")
    async with connect() as client:
        shown = await answer(client, "read_claude_md", section="*")
        read = await answer(client, "read_claude_md", path="src/CLAUDE.md")
        none = await refusal(client, "read_claude_md", {"path": "src/CLAUDE.local.md"})
        other = await refusal(client, "read_claude_md", {"path": "src/a.py"})
        outside = await refusal(client, "read_claude_md", {"path": ".claude/rules/c.md"})
    assert shown.endswith(
        "\n\nAlso loaded by Claude Code:\n"
        "- .claude/rules/a.md · 9 bytes · at the start\n"
        "- .claude/rules/b.md · 50 bytes · with the first file that matches src/**/*.py, lib/*.ts\n"
        "- .claude/rules/c.md · a link that leads out, left alone here\n"
        "- src/CLAUDE.md · 8 bytes · with the first file that is read in src"
    )
    assert read.startswith(f"{project}/src/CLAUDE.md · hash ")
    assert read.endswith(" · only read here\n\n```markdown\n# There\n```")
    assert none.startswith("There is no src/CLAUDE.local.md. read_claude_md(section='*') names")
    assert other.startswith("src/a.py is no file that Claude Code loads by itself.")
    assert "leads out of the folder" in outside


async def test_a_conflict_says_what_was_changed(connect: Connect, project: Path) -> None:
    file = project / "CLAUDE.md"
    file.write_text("# A\n\nOne.\n")
    async with connect() as client:
        read = (await answer(client, "read_claude_md")).split("hash ")[1].split()[0]
        file.write_text("# A\n\nBy an editor.\n")
        said = await refusal(
            client, "update_claude_md", {"section": "A", "content": "# A", "expected_hash": read}
        )
    assert "1 lines added, 1 removed, e.g. '+By an editor.'" in said
    assert len(said) <= 400
