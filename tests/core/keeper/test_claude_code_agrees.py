"""What we say of an agent file, and what the real Claude Code makes of it, are the same.

Runs where the client is installed (on PATH, or named by CLAUDE_BIN), offline, against a stand-in
for the API on loopback.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from claudetask_core.home import Home
from claudetask_core.schemas.agent import Agent
from claudetask_core.schemas.claude_md import ImportState
from claudetask_core.services.agents.rules_names import BUILT_IN_AGENTS
from claudetask_core.services.agents.scan import as_agent, scan, surroundings
from claudetask_core.services.agents.surroundings import skills_of
from claudetask_core.services.agents.templates import TEMPLATES, template
from claudetask_core.services.claude_md.agents_md import block_beside
from claudetask_core.services.claude_md.block import with_block
from claudetask_core.services.claude_md.imports import imports_of
from tests.core.keeper.agent_fixtures import AT_MARGIN, BROKEN, FINE, Version
from tests.core.keeper.fake_api import fake_api

CLIENT = os.environ.get("CLAUDE_BIN") or shutil.which("claude")
SECONDS = 120
PLACEHOLDER = "DeferredToolPlaceholder"
"""What newer versions send in the place of tools that ToolSearch finds; calls to it fail."""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CLIENT is None, reason="Claude Code is not installed"),
]


@dataclass(frozen=True)
class Run:
    """What one session said: the agents of its first event, its debug log, each agent's tools."""

    agents: frozenset[str]
    log: str
    given: dict[str, tuple[str, ...]]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A project of all fixtures, and a home with an agent of its own."""
    project, home = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("home")
    for rule, fixture in BROKEN.items():
        _put(project, fixture.file or f"{rule}.md", fixture.data)
    for name, content in FINE.items():
        _put(project, f"{name}.md", content.encode() if isinstance(content, str) else content)
    for name, (content, _) in AT_MARGIN.items():
        _put(project, f"{name}.md", content.encode())
    for name in TEMPLATES:
        _put(project, f"{name}.md", template(name))
    _put(home, "mine.md", BROKEN["shadowed_scope"].data.replace(b": d", b": the user's"))
    return project, home


def _put(base: Path, name: str, data: bytes) -> None:
    path = base / ".claude" / "agents" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@pytest.fixture(scope="module")
def ours(folders: tuple[Path, Path]) -> dict[str, Agent]:
    project, home = folders[0], Home(folders[1])
    around = surroundings(project, home)
    found = [as_agent(one, around) for one in scan(project, home)]
    return {Path(agent.path).stem: agent for agent in found}


@pytest.fixture(scope="module")
def theirs(folders: tuple[Path, Path]) -> Run:
    project, home = folders
    limited = [rule for rule, fixture in BROKEN.items() if fixture.runs_with is not None]
    with fake_api([*limited, "commas", "flow_list"]) as api:
        output = _claude(project, home, api.url, ["--debug-file", str(home / "debug.log")])
        events = [json.loads(line) for line in output.splitlines() if line.strip()]
    init = next(event for event in events if event.get("subtype") == "init")
    return Run(frozenset(init["agents"]), (home / "debug.log").read_text(), api.given)


def _claude(
    project: Path, home: Path, url: str, more: Sequence[str], config: Path | None = None
) -> str:
    assert CLIENT is not None
    (home / "tmp").mkdir(exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CLAUDE_CONFIG_DIR": str(config or home / ".claude"),
        "TMPDIR": str(home / "tmp"),
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "sk-ant-test",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_MAX_RETRIES": "0",
        "DISABLE_AUTOUPDATER": "1",
    }
    done = subprocess.run(
        [
            CLIENT,
            "-p",
            "go",
            "--output-format",
            "stream-json",
            "--verbose",
            "--max-turns",
            "40",
            *more,
        ],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def version() -> Version:
    assert CLIENT is not None
    said = subprocess.run(
        [CLIENT, "--version"], capture_output=True, text=True, timeout=SECONDS, check=True
    )
    return tuple(int(part) for part in said.stdout.split()[0].split("."))


def test_an_agent_is_loaded_where_we_say_so(
    ours: dict[str, Agent], theirs: Run, version: Version
) -> None:
    names = {agent.name for agent in ours.values() if agent.loaded}
    names |= {rule for rule, one in BROKEN.items() if not one.loaded and one.is_loaded_by(version)}
    assert {name.strip() for name in theirs.agents} == names | BUILT_IN_AGENTS


@pytest.mark.parametrize("rule", BROKEN)
def test_the_debug_log_says_of_a_file_what_we_expect(
    theirs: Run, ours: dict[str, Agent], version: Version, rule: str
) -> None:
    fixture = BROKEN[rule]
    assert [problem.rule for problem in ours[rule].problems] == [rule]
    path = f"/.claude/agents/{fixture.file or rule + '.md'}"
    said = [line for line in theirs.log.splitlines() if path in line]
    if wanted := fixture.said_by(version):
        assert any(wanted in line for line in said)
    else:
        assert said == []


@pytest.mark.parametrize("rule", [r for r, one in BROKEN.items() if one.runs_with is not None])
def test_an_agent_is_given_the_tools_that_we_say(theirs: Run, rule: str) -> None:
    assert set(theirs.given[rule]) - {PLACEHOLDER} == set(BROKEN[rule].runs_with or ())


def test_tools_are_split_where_we_split_them(theirs: Run, ours: dict[str, Agent]) -> None:
    for name in ("commas", "flow_list"):
        assert set(theirs.given[name]) == set(ours[name].runs_with or ())


FILES = {
    "CLAUDE.md": """MARK-PROJECT
@docs/a.md @gone.md @~/h.md @folder
`@code.md` me@mail.md (@paren.md) [x](@link.md) **@bold.md**
> @quote.md

- @list.md

```
@fenced.md
```

<!-- @comment.md -->

@docs/with\\ space.md @frag.md#part @../out.md @a.md
""",
    ".claude/CLAUDE.md": "MARK-DOT\n@dot.md\n",
    "CLAUDE.local.md": "MARK-LOCAL\n",
    "docs/a.md": "MARK-A\n@b.md\n@../docs/a.md\n",
    "docs/b.md": "MARK-B\n@c.md\n",
    "docs/c.md": "MARK-C\n@d.md\n",
    "docs/d.md": "MARK-D\n@e.md\n",
    "docs/e.md": "MARK-E\n",
    "folder/x.md": "MARK-X\n",
    **{
        f"{name}.md": f"MARK-{name.upper()}\n"
        for name in ("code", "mail", "paren", "link", "bold", "quote", "list", "fenced")
    },
    **{f"{name}.md": f"MARK-{name.upper()}\n" for name in ("comment", "frag", "../out", "a")},
    ".claude/dot.md": "MARK-DOTTED\n",
    "docs/with space.md": "MARK-SPACE\n",
}


def test_what_we_say_is_imported_is_what_claude_code_sends(tmp_path: Path) -> None:
    project, home = tmp_path / "project", tmp_path / "home"
    for name, content in FILES.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (home / ".claude").mkdir(parents=True)
    (home / ".claude" / "CLAUDE.md").write_text("MARK-USER\n@own.md\n")
    (home / ".claude" / "own.md").write_text("MARK-OWN\n")
    (home / "h.md").write_text("MARK-HOME\n")
    said = {"MARK-PROJECT", "MARK-DOT", "MARK-LOCAL", "MARK-USER"}
    for base, path in (
        (project, project / "CLAUDE.md"),
        (project, project / ".claude" / "CLAUDE.md"),
        (home / ".claude", home / ".claude" / "CLAUDE.md"),
    ):
        for one in imports_of(base, home, path, path.read_bytes()):
            if one.state is ImportState.LOADED:
                said.add(Path(one.path).read_text().partition("\n")[0])
    with fake_api([]) as api:
        _claude(project, home, api.url, [])
    assert said == set(re.findall(r"MARK-\w+", api.asked[0]))
    assert {"MARK-D", "MARK-SPACE", "MARK-BOLD", "MARK-OWN"} <= said


def test_it_reads_agents_md_beside_our_block(tmp_path: Path) -> None:
    project, home = tmp_path / "project", tmp_path / "home"
    for folder in (project, home):
        folder.mkdir()
    (project / "AGENTS.md").write_text("MARK-AGENTS\n")
    path = project / "CLAUDE.md"
    path.write_bytes(with_block(None, block_beside(project, path, None, [])))
    with fake_api([]) as api:
        _claude(project, home, api.url, [])
    assert "MARK-AGENTS" in api.asked[0]
    assert "This project keeps its tasks on a board" in api.asked[0]


@pytest.mark.parametrize("whole", [True, False])
def test_it_follows_the_links_that_lead_out_as_we_say(tmp_path: Path, *, whole: bool) -> None:
    project, home = tmp_path / "project", tmp_path / "home"
    outside, folder = tmp_path / "dotfiles", project / ".claude" / "agents"
    for path in (outside, home, folder.parent):
        path.mkdir(parents=True)
    (outside / "far.md").write_text("---\nname: far\ndescription: not here\n---\nx\n")
    if not whole:
        folder.mkdir()
        (folder / "none.md").symlink_to(outside / "none.md")
    (folder if whole else folder / "far.md").symlink_to(outside if whole else outside / "far.md")
    with fake_api([]) as api:
        output = _claude(project, home, api.url, [])
    events = [json.loads(line) for line in output.splitlines() if line.strip()]
    theirs = next(event for event in events if event.get("subtype") == "init")["agents"]
    assert set(theirs) - BUILT_IN_AGENTS == {"far"}
    around = surroundings(project, Home(home))
    ours = {one.id: as_agent(one, around).loaded for one in scan(project, Home(home))}
    assert ours == ({"agents": True} if whole else {"far": True, "none": False})


def test_in_a_package_it_takes_the_agents_of_the_folders_above_that_we_say(tmp_path: Path) -> None:
    repository, home = tmp_path / "above" / "repository", tmp_path / "home"
    package = repository / "packages" / "one"
    for folder in (repository.parent, repository, package.parent, package, package / "sub", home):
        for name in (folder.name, "same"):
            text = f"---\nname: {name}\ndescription: of {folder.name}\n---\nx\n"
            _put(folder, f"{name}.md", text.encode())
    subprocess.run(["git", "init", "-q", repository], check=True, timeout=SECONDS)
    with fake_api([]) as api:
        output = _claude(package, home, api.url, [])
    events = [json.loads(line) for line in output.splitlines() if line.strip()]
    theirs = next(event for event in events if event.get("subtype") == "init")["agents"]
    around = surroundings(package, Home(home))
    ours = [as_agent(one, around) for one in scan(package, Home(home))]
    assert {agent.name for agent in ours if agent.loaded} | BUILT_IN_AGENTS == set(theirs)
    assert re.findall(r"same: (of \w+)", api.asked[0]) == [
        agent.description for agent in ours if agent.name == "same"
    ]


def test_in_a_folder_elsewhere_it_finds_what_is_the_users_where_we_do(tmp_path: Path) -> None:
    project, home, moved = (tmp_path / name for name in ("project", "home", "moved"))
    project.mkdir()
    for folder, name in ((home / ".claude", "old"), (moved, "new")):
        for path, text in (
            (f"agents/{name}.md", f"---\nname: {name}\ndescription: d\n---\nx\n"),
            (f"skills/skill-{name}/SKILL.md", "---\ndescription: d\n---\nx\n"),
            ("CLAUDE.md", f"MARK-TEXT-{name}\n"),
            (f"rules/{name}.md", f"MARK-RULE-{name}\n"),
        ):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    with fake_api([]) as api:
        output = _claude(project, home, api.url, [], moved)
    events = [json.loads(line) for line in output.splitlines() if line.strip()]
    init = next(event for event in events if event.get("subtype") == "init")
    user = Home(home, moved)
    assert set(init["agents"]) - BUILT_IN_AGENTS == {one.id for one in scan(project, user)}
    skills = skills_of(project, user)
    assert skills is not None
    assert {name for name in init["skills"] if name.startswith("skill-")} == {
        name for name in skills if name.startswith("skill-")
    }
    asked = "".join(api.asked)
    assert set(re.findall(r"MARK-\w+-\w+", asked)) == {"MARK-TEXT-new", "MARK-RULE-new"}
    assert user.state.exists()
    assert not Home(home).state.exists()
